"""What the checks that are wanted have not listened to, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from narrate.base.text import counted, some
from narrate.checks import provenance
from narrate.config import Settings
from narrate.planning.plan import Plan, PlannedUtterance
from narrate.planning.verdicts import judge
from narrate.store.entry import Clip

Heard = tuple[str, PlannedUtterance, Clip]
"""The id of a segment, an utterance of it, and its clip."""


@dataclass(slots=True)
class Coverage:
    """How much of a narration a check has heard.

    `segments` are those that it should hear, and `unheard` those of which it could not judge every
    utterance, with the reasons; `missing` those to which nothing here could listen.
    """

    segments: set[str] = field(default_factory=set)
    unheard: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        """Whether it is complete."""
        if not self.unheard:
            return "checked"
        return "partly checked" if self.unheard.keys() < self.segments else "not checked"


def look(heard: Iterable[Heard], settings: Settings) -> dict[str, Coverage]:
    """For each check that is wanted, what it has heard of some clips."""
    found: dict[str, Coverage] = {}
    for id, utterance, clip in heard:
        if utterance.choice is None:
            continue
        asked = judge(utterance.choice, settings)
        findings = provenance.of(clip.origin).findings
        for name in asked.checks:
            coverage = found.setdefault(name, Coverage())
            coverage.segments.add(id)
            if why := findings.unchecked(name):
                coverage.unheard.setdefault(id, why)
            if why := findings.lacking(name):
                coverage.missing.setdefault(id, why)
    return found


def of_plan(plan: Plan, clips: Mapping[bytes, Clip]) -> Iterator[Heard]:
    """The clips of a plan, and those that came since it was made."""
    for planned in plan.segments:
        for utterance in planned.utterances:
            if clip := clips.get(utterance.canonical) or utterance.clip:
                yield planned.segment.id, utterance, clip


def in_words(found: Mapping[str, Coverage]) -> list[str]:
    """Lines for people on the checks to which something is missing, one for all that lack the same
    in the same segments.
    """
    alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for name, each in found.items():
        if each.missing:
            why = "; ".join(dict.fromkeys(each.missing.values()))
            alike.setdefault((tuple(each.missing), why), []).append(name)
    return [
        f"{', '.join(names)} not checked, or not fully, in {counted(len(ids), 'segment')}"
        f" ({some(list(ids))}): {why}"
        for (ids, why), names in alike.items()
    ]
