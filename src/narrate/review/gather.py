"""A script with its clips -> the lines of the review page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import xxhash

from narrate.cache import Store
from narrate.output.record import LastRun, canonical_requests
from narrate.output.why import Why, explain
from narrate.planning.plan import Plan, PlannedSegment
from narrate.planning.verdicts import verdict
from narrate.review.folder import Folder
from narrate.review.model import Line, Rendering, State
from narrate.review.sounds import files
from narrate.review.sounds.spoken import Spoken
from narrate.session import Session
from narrate.tools import retakes
from narrate.tools.retakes import Take

WORSE = "another attempt was better"
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
        before, takes = self.before(), retakes.of(self.session, self.plan)
        for why in explain(self.plan, self.last, self.session.store):
            line = self.line(why.planned, takes.get(why.planned.segment.id, ()))
            yield msgspec.structs.replace(line, changed=self.changed(why, line, before))

    def before(self) -> Mapping[str, str]:
        """The digests of the lines of the build before the one that is shown."""
        shown = self.folder.last
        return shown.before if shown.build == self.last.started else shown.lines

    def changed(self, why: Why, line: Line, before: Mapping[str, str]) -> str:
        """What is not as in the last build, or that the sound is not as on the page before it."""
        then = canonical_requests(self.last, line.id)
        if self.last.requests and then != [each.canonical for each in why.planned.utterances]:
            # What is pruned has not changed, and the page holds no path of this machine.
            root = str(self.session.store.root)
            return "; ".join(each for each in map(str, why.reasons) if root not in each)
        return NEW if before and before.get(line.id) != line.of else ""

    def line(self, planned: PlannedSegment, takes: Sequence[Take]) -> Line:
        refused = tuple(self.refused(planned))
        said = " ".join(each.text for each in planned.utterances)
        flags = [flag for each in planned.utterances for flag in each.flags]
        return Line(
            id=planned.segment.id,
            of=digest(planned, self.session.store),
            text=planned.display,
            said="" if said == planned.display else said,
            voice=planned.segment.voice or "",
            state=_state(planned, bool(flags), bool(refused)),
            why="" if planned.cached else "; ".join(dict.fromkeys(flags)),
            sample=planned.segment.id in self.sample,
            recording=planned.segment.audio is not None,
            takes=tuple(self.takes(planned, takes)),
            refused=refused,
        )

    def takes(self, planned: PlannedSegment, takes: Sequence[Take]) -> Iterator[Rendering]:
        """The takes of a segment that can be heard; a recording has only itself."""
        store = self.session.store
        if planned.segment.audio is not None and (spoken := heard(planned, store)):
            made = files.rendering(spoken, planned.utterances[0].flags, self.folder, store)
            yield msgspec.structs.replace(made, take=1, current=planned.cached)
        for take in takes:
            if take.is_complete:
                made = files.rendering(_of_take(planned, take), take.flags, self.folder, store)
                yield msgspec.structs.replace(
                    made,
                    take=take.number,
                    current=take.is_current and planned.cached,
                    approved=take.is_approved,
                )

    def refused(self, planned: PlannedSegment) -> Iterator[Rendering]:
        """The attempts that the checks refused, utterance by utterance."""
        store, settings = self.session.store, self.session.settings
        for each in {each.canonical: each for each in planned.utterances}.values():
            for clip in store.refused(each.canonical):
                alone = replace(each, pause_before=0.0)
                reasons = verdict(clip, each.text, each.choice, settings) or (WORSE,)
                yield files.rendering([(alone, clip)], reasons, self.folder, store)


def heard(planned: PlannedSegment, store: Store) -> Spoken:
    """The utterances of a segment with their clips, those that the checks refuse included; empty
    if one has no clip.
    """
    found = [(each, each.clip or store.find(each.canonical)) for each in planned.utterances]
    spoken = [(each, clip) for each, clip in found if clip]
    return spoken if len(spoken) == len(found) else []


def _of_take(planned: PlannedSegment, take: Take) -> Spoken:
    """The utterances of a segment with the clips of a take, which has one for each distinct one."""
    forms = dict.fromkeys(each.canonical for each in planned.utterances if each.request)
    clips = dict(zip(forms, take.clips, strict=True))
    return [(each, clips[each.canonical]) for each in planned.utterances]


def _state(planned: PlannedSegment, flagged: bool, refused: bool) -> State:
    if planned.cached:
        return "flagged" if flagged else "ok"
    return "failed" if flagged or refused else "missing"


def digest(planned: PlannedSegment, store: Store) -> str:
    """What a verdict on a segment is about: what is asked for, and what is heard."""
    made, spoken = xxhash.xxh3_64(), heard(planned, store)
    for each in planned.utterances:
        made.update(each.canonical)
    made.update(files.digest(spoken, store).encode() if spoken else b"")
    return made.hexdigest()
