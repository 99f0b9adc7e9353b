"""Why a segment would be spoken, or not: its requests of today beside those of the last build."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from narrate.cache import Store
from narrate.output.record import LastRun, canonical_requests, transcripts
from narrate.planning.plan import Plan, PlannedSegment, PlannedUtterance

State = Literal["same", "cached", "speak"]

NAMES = {
    "behaviour": "the engine's behaviour",
    "recording": "the recording",
    "voice.ref": "the reference recording",
    "voice.transcript": "the reference transcript",
    "voice.speaker": "speaker",
    "voice.instruct": "instruct",
    "voice.design": "design",
}
"""Fields of a request as people call them, where that is not their own name."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What is different from the last build: a field with its old and new value, or a fact without
    any.
    """

    what: str
    old: str | None = None
    new: str | None = None

    def __str__(self) -> str:
        if self.old is None and self.new is None:
            return self.what
        return f"{self.what}: {_shown(self.old)} → {_shown(self.new)}"


@dataclass(frozen=True, slots=True)
class Why:
    """A segment: `same` as in the last build, `cached` though it is not, or to `speak`; and why."""

    planned: PlannedSegment
    state: State
    reasons: tuple[Reason, ...]


def explain(plan: Plan, last: LastRun, store: Store) -> list[Why]:
    """Compare every segment of a plan with the last build."""
    return [_segment(plan, planned, last, store) for planned in plan.segments]


def _segment(plan: Plan, planned: PlannedSegment, last: LastRun, store: Store) -> Why:
    then = canonical_requests(last, planned.segment.id)
    now = [utterance.canonical for utterance in planned.utterances]
    state: State = "speak" if not planned.cached else "same" if now == then else "cached"
    reasons = list(_changes(plan, now, then, last)) if then else [_new(plan, now, last)]
    for utterance in planned.utterances:
        if reason := _absence(utterance, then, store):
            reasons.append(reason)
    return Why(planned, state, tuple(dict.fromkeys(reasons)))


def _new(plan: Plan, now: list[bytes], last: LastRun) -> Reason:
    """Why a segment is new: it was renamed if an id that is gone had its requests."""
    known = {each.segment.id for each in plan.segments}
    for id in last.requests:
        if id not in known and canonical_requests(last, id) == now:
            return Reason(f"renamed: it was {id}")
    return Reason("a new segment")


def _changes(plan: Plan, now: list[bytes], then: list[bytes], last: LastRun) -> Iterator[Reason]:
    """What became of the utterances that are not there any more: the first became the first new
    one, and so on.
    """
    gone = [form for form in then if form not in now]
    come = [form for form in now if form not in then]
    known = last.transcripts | transcripts(plan)
    for old, new in zip(gone, come, strict=False):
        yield from _fields(_flat(json.loads(old)), _flat(json.loads(new)), known)
    for old in gone[len(come) :]:
        yield Reason("an utterance is gone", _text(old), "")
    for new in come[len(gone) :]:
        yield Reason("an utterance is new", "", _text(new))
    if not gone and not come and now != then:
        yield Reason("its utterances are in another order")


def _fields(
    old: Mapping[str, str], new: Mapping[str, str], transcripts: Mapping[str, str]
) -> Iterator[Reason]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before != after:
            known = transcripts if name == "voice.transcript" else {}
            yield Reason(
                NAMES.get(name, name),
                known.get(before or "", before),
                known.get(after or "", after),
            )


def _absence(utterance: PlannedUtterance, then: list[bytes], store: Store) -> Reason | None:
    """Why the clip of a line that was there in the last build is not to be used."""
    if utterance.clip is not None:
        return None
    if utterance.replace:
        return Reason(
            f"its clip fails the checks: {'; '.join(utterance.flags)}"
            if utterance.flags
            else "asked for by --force"
        )
    if store.was_damaged(utterance.canonical):
        return Reason("not in the cache: its entry was damaged, and set aside")
    if utterance.canonical in then:
        return Reason(f"not in the cache {store.root}: pruned, or made with another cache")
    return None


def _flat(request: Mapping[str, Any]) -> dict[str, str]:
    """A request as fields and their values in words; what is in a table is named table.field."""
    flat: dict[str, str] = {}
    for name, value in request.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": str(each) for inner, each in value.items()}
        else:
            flat[name] = str(value)
    return flat


def _text(form: bytes) -> str:
    return str(json.loads(form).get("text", "a recording"))


def _shown(value: str | None) -> str:
    return "none" if value is None else f"“{value}”" if " " in value else value or "nothing"
