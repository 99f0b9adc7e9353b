"""Whether what is heard is what a person approved, and what a lock should hold after a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from narrate.base.text import some
from narrate.cache import Store
from narrate.errors import PendingError
from narrate.planning.plan import Plan, PlannedSegment
from narrate.planning.planner import sound_of
from narrate.store.entry import Clip
from narrate.takes import lockfile
from narrate.takes.lock import Approved, Lock


@dataclass(frozen=True, slots=True)
class Departures:
    """Ids of segments whose approved take is not what is heard, by the reason.

    `changed` have another text now, so that their approval is dropped. `asked_otherwise` have the
    same text, of another engine, voice, take or seed, and their approval waits for the day when it
    is asked for again. `missing` are to be spoken again, and `different` were, with another sound.
    """

    changed: tuple[str, ...] = ()
    asked_otherwise: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """A line for people for each reason."""
        if self.changed:
            yield f"no longer approved, as the text has changed: {some(self.changed)}"
        if self.asked_otherwise:
            yield (
                "the approved take is not used, as the script or the settings ask for another"
                f" engine, voice, take or seed: {some(self.asked_otherwise)};"
                " `narrate lock` approves what is used now"
            )
        if self.missing:
            yield (
                "the approved take is not in the cache, and may sound different when it is spoken"
                f" again: {some(self.missing)}; `narrate cache import` brings it from another cache"
            )
        if self.different:
            yield (
                "the approved take sounds different, as it was spoken again:"
                f" {some(self.different)}; bring the approved one with `narrate cache import`,"
                " or listen and run `narrate lock`"
            )


def departures(plan: Plan, store: Store, clips: Mapping[bytes, Clip] | None = None) -> Departures:
    """Where a plan departs from the lock of its script. `clips` are those that were made since."""
    texts = _texts(plan)
    # A line that is said by itself has no path, and is all that is known of its script.
    unused = _unused(plan) if plan.script.path else []
    missing, different = list[str](), list[str]()
    for planned in plan.segments:
        for each in planned.utterances:
            clip = (clips or {}).get(each.canonical) or each.clip
            if each.approved and clip is None:
                missing.append(planned.segment.id)
            elif each.approved and clip and sound_of(clip, store) != each.approved.sound:
                different.append(planned.segment.id)
    return Departures(
        _once(id for id, approved in unused if approved.text not in texts),
        _once(id for id, approved in unused if approved.text in texts),
        _once(missing),
        _once(different),
    )


def settled(plan: Plan) -> Lock:
    """The lock of a script without what no longer holds: each approved take stands under the id of
    the segment that uses it, or, if none does, where it was while its text is said.
    """
    segments = {each.segment.id: _in_use(each) for each in plan.segments}
    texts = _texts(plan)
    for id, approved in _unused(plan):
        if approved.text in texts:
            segments[id] = (*segments.get(id, ()), approved)
    return Lock({id: several for id, several in segments.items() if several})


def require(plan: Plan, found: Departures) -> None:
    """Raise PendingError if an approved take is not what is heard; what is missing may still turn
    out to be it.
    """
    found = replace(found, missing=())
    lines = list(found.lines())
    if lines:
        raise PendingError(
            f"--locked forbids departing from {lockfile.NAME}: {'; '.join(lines)}",
            where=plan.script.name,
            hint=f"run without --locked, and commit {lockfile.NAME} if it has changed",
        )


def _unused(plan: Plan) -> list[tuple[str, Approved]]:
    """The approved takes of requests that the plan does not have, each with its segment id."""
    asked = {each.asked for each in plan.utterances()}
    return [(id, approved) for id, approved in plan.script.lock if approved.request not in asked]


def _texts(plan: Plan) -> frozenset[str]:
    return frozenset(each.text for each in plan.utterances())


def _in_use(planned: PlannedSegment) -> tuple[Approved, ...]:
    return tuple(dict.fromkeys(each.approved for each in planned.utterances if each.approved))


def _once(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
