"""What is stored of clips, in the words and units of a page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from narrate.checks import provenance
from narrate.checks.provenance import Provenance
from narrate.planning.planner import PlannedUtterance
from narrate.review.ballot import Side
from narrate.review.model import Rendering
from narrate.store.entry import Clip

Spoken = Sequence[tuple[PlannedUtterance, Clip]]
"""The utterances of a segment, each with a clip of it."""


def of(spoken: Spoken, reasons: Iterable[str]) -> Rendering:
    """A segment's sound without the sound itself: its numbers, and the reasons for refusing it."""
    made = [provenance.of(clip.origin) for _, clip in spoken]
    return Rendering(
        attempt=max(each.attempt for each in made),
        numbers=tuple(_numbers(spoken, made)),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def side(name: str, spoken: Sequence[Spoken]) -> Side:
    """The figures of all that one side of a comparison says."""
    lines = [line for each in spoken for line in each]
    seconds = sum(clip.seconds for _, clip in lines)
    work = sum(provenance.of(clip.origin).seconds for _, clip in lines)
    return Side(
        name=name,
        seconds=round(seconds, 1),
        pace=round(sum(len(utterance.text) for utterance, _ in lines) / seconds, 2),
        speed=round(seconds / work, 2) if work else None,
    )


def _numbers(spoken: Spoken, made: Sequence[Provenance]) -> Iterator[tuple[str, str]]:
    seconds = sum(clip.seconds for _, clip in spoken)
    chars = sum(len(utterance.text) for utterance, _ in spoken)
    if chars and seconds:
        yield "pace", f"{chars / seconds:.1f} characters/s"
    peaks = [each.measures.peak for each in made if each.measures and each.measures.peak > 0]
    if peaks:
        yield "peak", f"{20 * math.log10(max(peaks)):.1f} dBFS"
    if (attempt := max(each.attempt for each in made)) > 1:
        yield "attempt", str(attempt)
    if engines := dict.fromkeys(each.engine for each in made if each.engine):
        yield "engine", ", ".join(engines)
