"""The takes of a segment: which there are, new ones, and which one a person approves."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from narrate import build, speech
from narrate.base.events import Emit
from narrate.base.text import did_you_mean, quoted
from narrate.cache import Gone, Store
from narrate.errors import EnvironmentProblem, UsageError
from narrate.planning.plan import Plan, PlannedSegment, PlannedUtterance
from narrate.planning.verdicts import verdict
from narrate.request import Request, canonical_json, key
from narrate.session import Session, opened
from narrate.store.entry import Clip
from narrate.takes.lock import Approved, Lock

TAKES_APART = 1_000
"""Seeds between two takes of a segment that has a seed, as `engines.base.Job` keeps takes apart."""


@dataclass(frozen=True, slots=True)
class Take:
    """A take of a segment, with the clips of its utterances that are in the cache.

    `is_current` says that a run would use it, `is_approved` that narrate.lock holds it as it
    sounds. `flags` are the reasons why a strict run would refuse it.
    """

    number: int
    seed: int | None
    clips: tuple[Clip, ...]
    is_complete: bool
    is_current: bool
    is_approved: bool
    flags: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """The length of its clips together."""
        return sum(clip.seconds for clip in self.clips)

    @property
    def paths(self) -> list[Path]:
        """Sounds that anybody can play, one for each utterance."""
        return [clip.path for clip in self.clips]


Takes = dict[str, list[Take]]
"""The takes of segments by id, in the order of their numbers."""

_Found = dict[int, Clip]
"""The clips of an utterance by the number of the take."""


def listed(source: str | Path, ids: Sequence[str], flags: Mapping[str, Any], emit: Emit) -> Takes:
    """The takes of segments, of all if no id is given; nothing is spoken. Raises UsageError for an
    id that there is not, and for a recording.
    """
    with _planned(source, flags, emit) as (session, plan):
        return _takes(session, _chosen(plan, ids))


def of(session: Session, plan: Plan) -> Takes:
    """The takes of every segment of a plan that is spoken."""
    return _takes(session, _chosen(plan, ()))


def speak(
    source: str | Path,
    ids: Sequence[str],
    number: int,
    seed: int | None,
    flags: Mapping[str, Any],
    emit: Emit,
) -> Takes:
    """Speak more takes of segments, into the cache only, and return all takes of them.

    They are numbered from the highest take that there is, and have the seeds `seed`, `seed` + 1, …
    if one is given. Raises what a run raises; takes that were finished by then are kept.
    """
    with _planned(source, flags, emit) as (session, plan):
        chosen = _chosen(plan, ids)
        found = _found(session.store, chosen)
        new = [
            _retake(planned, first + more, None if seed is None else (seed + more) % 2**32)
            for planned in chosen
            for first in [_highest(planned, found) + 1]
            for more in range(number)
        ]
        asked = replace(plan, segments=tuple(new))
        session.store.hold()
        outcome = speech.speak(
            [asked], session.settings, session.store, session.emit, keep_going=True
        )
        speech.check(asked, outcome, None)
        return _takes(session, chosen)


def pick(
    source: str | Path, choice: Mapping[str, int], flags: Mapping[str, Any], emit: Emit
) -> Takes:
    """Approve a take of each segment, by its number, in narrate.lock; return all takes of them.

    Raises UsageError for a take that is not in the cache, before anything is written.
    """
    with _planned(source, flags, emit) as (session, plan):
        chosen = _chosen(plan, list(choice))
        found = _found(session.store, chosen)
        new = {
            planned.segment.id: tuple(_picked(planned, choice[planned.segment.id], found, session))
            for planned in chosen
        }
        session.change_lock(lambda now: Lock({**now.segments, **new}))
    with _planned(source, flags, emit) as (session, plan):
        return _takes(session, _chosen(plan, list(choice)))


def approve(source: str | Path, flags: Mapping[str, Any], emit: Emit) -> tuple[int, int]:
    """Approve what a run would use now, for every segment of a script; return how many segments
    were approved anew, and how many in all. Recordings need no approval.

    Raises PendingError if something is not in the cache.
    """
    with _planned(source, flags, emit) as (session, plan):
        if plan.misses:
            hint = f"run: narrate run {shlex.quote(str(source))}, listen, then approve again"
            raise speech.pending(plan, plan.misses, "not in the cache", hint)
        new = {
            planned.segment.id: tuple(
                _approved(each, each.clip, session) for each in spoken if each.clip
            )
            for planned in plan.segments
            if (spoken := _once(planned))
        }
        before = plan.script.lock.segments
        session.change_lock(lambda now: Lock(new))
        return sum(before.get(id) != several for id, several in new.items()), len(new)


@contextmanager
def _planned(
    source: str | Path, flags: Mapping[str, Any], emit: Emit
) -> Iterator[tuple[Session, Plan]]:
    """A script and its plan, in its own voices. Raises UsageError for standard input."""
    script, configuration = build.prepare(source, flags, emit)
    if script.path is None:
        hint = "write the script to a file"
        raise UsageError("standard input has no takes to choose from", where="-", hint=hint)
    with opened([(script, configuration)], emit) as sessions:
        session = sessions[0].without_stand_in()
        yield session, session.plan()


def _chosen(plan: Plan, ids: Collection[str]) -> list[PlannedSegment]:
    """The segments with these ids, or all that are spoken if there are none. Raises UsageError."""
    spoken = {each.segment.id: each for each in plan.segments if each.segment.audio is None}
    for id in ids:
        if id not in spoken:
            recorded = any(each.segment.id == id for each in plan.segments)
            what = "is a recording, which has no takes" if recorded else "does not exist"
            hint = did_you_mean(id, spoken, "see `narrate plan` for the ids")
            raise UsageError(f"the segment {quoted(id)} {what}", where=plan.script.name, hint=hint)
    return [each for id, each in spoken.items() if not ids or id in ids]


def _once(planned: PlannedSegment) -> list[PlannedUtterance]:
    """The utterances of a segment that an engine speaks, each distinct one once."""
    return list({each.canonical: each for each in planned.utterances if each.request}.values())


def _base(request: Mapping[str, object]) -> bytes:
    """What all takes of a request have in common."""
    return canonical_json({k: v for k, v in request.items() if k not in ("take", "seed")})


def _base_of(utterance: PlannedUtterance) -> bytes:
    assert utterance.request
    return _base(utterance.request.to_json())


def _found(store: Store, chosen: Sequence[PlannedSegment]) -> dict[bytes, _Found]:
    """The takes in the cache of every utterance of segments, by what they have in common.

    All of the cache is looked through, as a take may have any seed. Of two takes with one number,
    the one that is used now counts.
    """
    used = {each.canonical: each for planned in chosen for each in _once(planned)}
    found: dict[bytes, _Found] = {_base_of(each): {} for each in used.values()}
    for clip in store.entries():
        base, take = _base(clip.request), clip.request.get("take")
        if base in found and isinstance(take, int):
            if clip.canonical in used:
                found[base][take] = clip
            else:
                found[base].setdefault(take, clip)
    return found


def _takes(session: Session, chosen: Sequence[PlannedSegment]) -> Takes:
    found = _found(session.store, chosen)
    return {
        planned.segment.id: [
            _take(planned, number, found, session) for number in _numbers(planned, found)
        ]
        for planned in chosen
    }


def _numbers(planned: PlannedSegment, found: Mapping[bytes, _Found]) -> list[int]:
    """The takes of a segment that are in the cache, and those that are used now."""
    numbers = {each.request.take for each in _once(planned) if each.request}
    return sorted(numbers.union(*(found[_base_of(each)] for each in _once(planned))))


def _highest(planned: PlannedSegment, found: Mapping[bytes, _Found]) -> int:
    return max(_numbers(planned, found))


def _take(
    planned: PlannedSegment, number: int, found: Mapping[bytes, _Found], session: Session
) -> Take:
    utterances = _once(planned)
    pairs = [(each, found[_base_of(each)].get(number)) for each in utterances]
    there = [(each, clip) for each, clip in pairs if clip]
    current = all(each.request and each.request.take == number for each in utterances)
    return Take(
        number=number,
        seed=next((_seed(clip) for _, clip in there), planned.take[1] if current else None),
        clips=tuple(clip for _, clip in there),
        is_complete=len(there) == len(pairs),
        is_current=current,
        is_approved=current and all(each.as_approved for each in utterances),
        flags=tuple(dict.fromkeys(_flags(there, session))),
    )


def _flags(there: Iterable[tuple[PlannedUtterance, Clip]], session: Session) -> Iterator[str]:
    for each, clip in there:
        yield from verdict(clip, each.text, each.choice, session.settings)


def _seed(clip: Clip) -> int | None:
    seed = clip.request.get("seed")
    return seed if isinstance(seed, int) else None


def _retake(planned: PlannedSegment, take: int, seed: int | None) -> PlannedSegment:
    """A segment as another take of it, of which nothing is in the cache."""
    new = (_respoken(each, take, seed) for each in planned.utterances)
    return replace(planned, utterances=tuple(new))


def _respoken(utterance: PlannedUtterance, take: int, seed: int | None) -> PlannedUtterance:
    assert utterance.request
    own = utterance.request.seed
    if seed is None and own is not None:
        # With the same seed, an engine may repeat itself.
        seed = (own + (take - utterance.request.take) * TAKES_APART) % 2**32
    request = replace(utterance.request, take=take, seed=seed)
    return replace(
        utterance,
        canonical=request.canonical(),
        request=request,
        clip=None,
        flags=(),
        replace=False,
        approved=None,
        sound="",
    )


def _picked(
    planned: PlannedSegment, number: int, found: Mapping[bytes, _Found], session: Session
) -> Iterator[Approved]:
    """A take of every utterance of a segment, approved. Raises UsageError."""
    for each in _once(planned):
        takes = found[_base_of(each)]
        if number not in takes:
            hint = f"speak more with `narrate retake {shlex.quote(planned.segment.id)}`"
            raise UsageError(
                f"take {number} of {quoted(planned.segment.id)} is not in the cache"
                f" ({_in_cache(sorted(takes))})",
                where=planned.segment.where,
                hint=hint,
            )
        yield _approved(each, takes[number], session)


def _in_cache(takes: Sequence[int]) -> str:
    if not takes:
        return "none is"
    return f"{', '.join(map(str, takes))} {'is' if len(takes) == 1 else 'are'}"


def _approved(utterance: PlannedUtterance, clip: Clip, session: Session) -> Approved:
    """The approval of a take. Raises EnvironmentProblem if its clip is damaged."""
    request = Request.from_json(clip.request)
    try:
        sound = session.store.sound(clip)
    except Gone as gone:
        hint = "run narrate again, which speaks it anew, listen, and approve then"
        raise EnvironmentProblem("a clip was damaged", where=str(gone), hint=hint) from gone
    return Approved(
        text=utterance.text,
        take=request.take,
        request=utterance.asked,
        clip=key(clip.canonical),
        sound=sound,
        seed=request.seed,
    )
