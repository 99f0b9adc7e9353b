"""A script with its clips -> the lines of the review page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
import xxhash

from narrate.output.record import LastRun
from narrate.output.why import Why, explain
from narrate.planning.planner import Plan, PlannedSegment
from narrate.review import sounds
from narrate.review.folder import Folder
from narrate.review.measured import Spoken
from narrate.review.model import Line, Rendering, State
from narrate.session import Session

NEW = "its sound is not the one of the build before"


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Makes the lines of one script's page; `last` is the last build, `sample` the ids of the
    sample.
    """

    session: Session
    plan: Plan
    folder: Folder
    last: LastRun
    sample: frozenset[str]

    def lines(self) -> Iterator[Line]:
        """A line for each segment, in the order of the script."""
        before = self.before()
        for why in explain(self.plan, self.last, self.session.store):
            line = self.line(why.planned)
            yield msgspec.structs.replace(line, changed=self.changed(why, line, before))

    def before(self) -> Mapping[str, str]:
        """The digests of the lines of the build before the one that is shown."""
        shown = self.folder.last
        return shown.before if shown.build == self.last.started else shown.lines

    def changed(self, why: Why, line: Line, before: Mapping[str, str]) -> str:
        """What is not as in the last build, or that the sound is not as on the page before it."""
        if not self.last.requests:
            return ""
        if why.state != "same":
            return "; ".join(map(str, why.reasons))
        return NEW if before and before.get(line.id) != line.of else ""

    def line(self, planned: PlannedSegment) -> Line:
        spoken = self.spoken(planned)
        takes = self.takes(planned, spoken)
        refused = self.refused(planned)
        said = " ".join(each.text for each in planned.utterances)
        flags = [flag for each in planned.utterances for flag in each.flags]
        return Line(
            id=planned.segment.id,
            of=_digest(planned, spoken),
            text=planned.display,
            said="" if said == planned.display else said,
            voice=planned.segment.voice or "",
            state=_state(planned, bool(flags), bool(refused)),
            why="" if planned.cached else "; ".join(dict.fromkeys(flags)),
            sample=planned.segment.id in self.sample,
            takes=takes,
            refused=refused,
        )

    def spoken(self, planned: PlannedSegment) -> Spoken:
        """The utterances with their clips, those that the checks refuse included; empty if one has
        no clip.
        """
        store = self.session.store
        found = [(each, each.clip or store.find(each.canonical)) for each in planned.utterances]
        spoken = [(each, clip) for each, clip in found if clip]
        return spoken if len(spoken) == len(found) else []

    def takes(self, planned: PlannedSegment, spoken: Spoken) -> tuple[Rendering, ...]:
        if not spoken:
            return ()
        made = sounds.rendering(spoken, self.folder, self.session.store)
        take = planned.segment.take
        return (msgspec.structs.replace(made, take=take, current=planned.cached),)

    def refused(self, planned: PlannedSegment) -> tuple[Rendering, ...]:
        """The attempts that the checks refused, utterance by utterance."""
        return ()


def _state(planned: PlannedSegment, flagged: bool, refused: bool) -> State:
    if planned.cached:
        return "flagged" if flagged else "ok"
    return "failed" if flagged or refused else "missing"


def _digest(planned: PlannedSegment, spoken: Spoken) -> str:
    """Of what is asked for, and of what is heard."""
    digest = xxhash.xxh3_64()
    for each in planned.utterances:
        digest.update(each.canonical)
    digest.update(sounds.digest(spoken).encode() if spoken else b"")
    return digest.hexdigest()
