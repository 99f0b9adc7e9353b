"""What a run would do: utterances with their clips, segments, and what is missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from narrate.checks import provenance
from narrate.errors import EnvironmentProblem
from narrate.planning.casting import Choice
from narrate.reading.utterances import Mark, Utterance
from narrate.reading.words import Reading
from narrate.request import Request, key
from narrate.script import Script, Segment
from narrate.sound.pace import CHARS_PER_SECOND
from narrate.store.entry import Clip
from narrate.takes.lock import Approved
from narrate.voices.voice import LoadedVoice


@dataclass(frozen=True, slots=True)
class PlannedUtterance:
    """One utterance, or one recording: what is asked for, in canonical form, and its clip if the
    store has one.

    `pause_before` is the silence before it in seconds. `choice` says which engine would speak it.
    `flags` are the reasons why a strict run would refuse the clip. With `replace` a clip that is
    already in the store is replaced. With `stand_in` it is spoken in another voice than the script
    says, as the engine of that voice is missing. `said` is the part of the text that it says;
    `transcript` is what the script says that a recording says. `approved` is the take that a person
    approved, and `sound` the digest of what its clip holds.
    """

    canonical: bytes
    pause_before: float
    clip: Clip | None
    request: Request | None = None
    choice: Choice | None = None
    flags: tuple[str, ...] = ()
    recording: Path | None = None
    replace: bool = False
    stand_in: bool = False
    said: Utterance | None = None
    transcript: str = ""
    approved: Approved | None = None
    sound: str = ""

    @property
    def as_approved(self) -> bool:
        """Whether its clip is the very sound that a person approved."""
        return self.approved is not None and self.sound == self.approved.sound

    @property
    def asked(self) -> str:
        """The key of what the script asks for, whatever take of it was approved."""
        return self.approved.request if self.approved else self.key

    @property
    def key(self) -> str:
        """The key under which its clip is, or will be, stored."""
        return key(self.canonical)

    @property
    def text(self) -> str:
        """What is said, without the engine's own spelling; empty for a recording."""
        if self.said:
            return self.said.text
        return self.request.text if self.request else ""


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """A segment with its utterances in the order in which they are heard, and the pause after it
    in seconds. The places of `readings` are in the written text without its markup.
    """

    segment: Segment
    display: str
    utterances: tuple[PlannedUtterance, ...]
    pause_after: float
    marks: tuple[Mark, ...] = ()
    readings: tuple[Reading, ...] = ()

    @property
    def cached(self) -> bool:
        """Whether every utterance of it has a clip."""
        return all(utterance.clip for utterance in self.utterances)

    @property
    def approved(self) -> bool:
        """Whether a person approved a take of any utterance of it."""
        return any(utterance.approved for utterance in self.utterances)

    @property
    def take(self) -> tuple[int, int | None]:
        """The number of the take that is heard, and its seed."""
        first = self.utterances[0].request
        return (first.take, first.seed) if first else (self.segment.take, self.segment.seed)

    @property
    def stand_in(self) -> str | None:
        """The engine that stands in for that of the voice, if one does."""
        named = (each.choice.name for each in self.utterances if each.choice and each.stand_in)
        return next(named, None)


@dataclass(frozen=True, slots=True)
class Miss:
    """An utterance that has no clip yet, and the first segment that needs it."""

    segment: Segment
    utterance: PlannedUtterance


@dataclass(frozen=True)
class Plan:
    """What a run would do; `choices` are the engines that speak it, with their models."""

    script: Script
    language: str
    choices: tuple[Choice, ...]
    voices: Mapping[str, LoadedVoice]
    segments: tuple[PlannedSegment, ...]
    missing: tuple[EnvironmentProblem, ...] = ()
    """What is missing for the engines for which another one stands in."""

    def utterances(self) -> Iterator[PlannedUtterance]:
        """Every utterance, in the order of the script."""
        for planned in self.segments:
            yield from planned.utterances

    @property
    def clips(self) -> dict[bytes, Clip]:
        """The clips that the store has, by canonical form."""
        return {each.canonical: each.clip for each in self.utterances() if each.clip}

    @property
    def misses(self) -> list[Miss]:
        """The utterances to be made, each distinct one once, in the order of the script."""
        misses: dict[bytes, Miss] = {}
        for planned in self.segments:
            for utterance in planned.utterances:
                if utterance.clip is None:
                    misses.setdefault(utterance.canonical, Miss(planned.segment, utterance))
        return list(misses.values())

    @property
    def pending(self) -> int:
        """How many distinct utterances are to be spoken, by their own engine or by a stand-in that
        has a clip already.
        """
        return len(self.misses) + len(
            {each.canonical for each in self.utterances() if each.stand_in and each.clip}
        )

    @property
    def stand_ins(self) -> list[PlannedSegment]:
        """The segments that are not, or not only, spoken in the voice that the script says."""
        return [planned for planned in self.segments if planned.stand_in]

    @cached_property
    def pace(self) -> float:
        """Characters per second, measured on this script's own clips if it has any."""
        chars, seconds = 0, 0.0
        for utterance in self.utterances():
            if utterance.clip and utterance.text:
                chars += len(utterance.text)
                seconds += utterance.clip.seconds
        return chars / seconds if seconds else CHARS_PER_SECOND

    def seconds(self, planned: PlannedSegment) -> float:
        """How long a segment is, or is predicted to be, with the silences inside it."""
        return sum(
            utterance.pause_before
            + (utterance.clip.seconds if utterance.clip else len(utterance.text) / self.pace)
            for utterance in planned.utterances
        )

    @property
    def eta(self) -> float:
        """Seconds of work for one worker, predicted from how long this script's clips took."""
        hits = [each.clip for each in self.utterances() if each.clip and each.request]
        worked = sum(provenance.of(clip.origin).seconds for clip in hits)
        guesses = [choice.capabilities.rtf for choice in self.choices]
        rtf = worked / sum(clip.seconds for clip in hits) if hits else max(guesses, default=0.0)
        return rtf * sum(len(miss.utterance.text) for miss in self.misses) / self.pace


def engines_of(misses: Iterable[Miss]) -> tuple[Choice, ...]:
    """The engines that misses need, each once."""
    found = (miss.utterance.choice for miss in misses)
    return tuple(dict.fromkeys(choice for choice in found if choice))


def union(plans: Sequence[Plan]) -> Plan:
    """One plan of all that several would do, in which each distinct utterance is missed once.

    Each of its segments says which script it is of.
    """
    if len(plans) == 1:
        return plans[0]
    voices = {
        f"{number}:{name}": voice
        for number, plan in enumerate(plans)
        for name, voice in plan.voices.items()
    }
    choices = dict.fromkeys(choice for plan in plans for choice in plan.choices)
    segments = [_of_script(each, plan.script.named) for plan in plans for each in plan.segments]
    missing = [problem for plan in plans for problem in plan.missing]
    return replace(
        plans[0],
        choices=tuple(choices),
        voices=voices,
        segments=tuple(segments),
        missing=tuple(missing),
    )


def _of_script(planned: PlannedSegment, script: str) -> PlannedSegment:
    return replace(planned, segment=replace(planned.segment, script=script))
