"""What is stored of clips, in the words and units of a page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from narrate.checks import provenance
from narrate.checks.provenance import Provenance
from narrate.review.ballot import Side
from narrate.review.model import Rendering
from narrate.review.sounds import heard
from narrate.review.sounds.spoken import Spoken


def of(spoken: Spoken, reasons: Iterable[str]) -> Rendering:
    """A segment's sound without the sound itself: its numbers, and the reasons for refusing it."""
    made = [provenance.of(clip.origin) for _, clip in spoken]
    return Rendering(
        attempt=max(each.attempt for each in made),
        words=tuple(heard.words(spoken)),
        different=tuple(heard.differences(spoken)),
        numbers=(("pace", f"{_pace(spoken):.1f} characters/s"), *_words(spoken), *_numbers(made)),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def side(name: str, spoken: Sequence[Spoken]) -> Side:
    """The figures of all that one side of a comparison says."""
    lines = [line for each in spoken for line in each]
    made = [provenance.of(clip.origin) for _, clip in lines]
    seconds, work = sum(clip.seconds for _, clip in lines), sum(each.seconds for each in made)
    alike, (differ, checked) = list(_alike(made)), heard.wrong(lines)
    return Side(
        name=name,
        seconds=round(seconds, 1),
        pace=round(_pace(lines), 2),
        speed=round(seconds / work, 2) if work else None,
        wrong=round(differ / checked, 4) if checked else None,
        similarity=round(median(alike), 3) if alike else None,
    )


def _pace(spoken: Spoken) -> float:
    """Characters a second."""
    seconds = sum(clip.seconds for _, clip in spoken)
    return sum(len(utterance.text) for utterance, _ in spoken) / seconds if seconds else 0.0


def _words(spoken: Spoken) -> Iterator[tuple[str, str]]:
    """The worst that the check of words found."""
    found = [words for _, clip in spoken if (words := heard.words_of(clip)) and words.checked]
    if found:
        yield "evidence of other words", f"{max(each.ratio for each in found):.0f} nats"
    if burst := max((each.burst for each in found), default=0.0):
        yield "heard otherwise", f"{burst:.1f} phonemes"


def _numbers(made: Sequence[Provenance]) -> Iterator[tuple[str, str]]:
    """What the checks measured, the worst of several utterances each, and how it was made."""
    measures = [each.measures for each in made if each.measures]
    if peak := max((each.peak for each in measures), default=0.0):
        yield "peak", f"{20 * math.log10(peak):.1f} dBFS"
    if floors := [each.floor for each in measures if each.spoken]:
        yield "noise", f"{max(floors):.0f} dB against speech"
    if alike := list(_alike(made)):
        yield "like the reference", f"{min(alike):.2f}"
    likenesses = [each.findings.likeness for each in made if each.findings.likeness]
    if usual := [each.usual for each in likenesses if each.usual is not None]:
        yield "like its other lines", f"{min(usual):.2f}"
    if rated := [each.findings.quality for each in made if each.findings.quality]:
        yield "quality", f"{min(each.overall for each in rated):.1f} of 5 (DNSMOS)"
    missing = {name: why for each in made for name, why in each.findings.missing.items()}
    yield from (("not checked in full", f"{name} ({why})") for name, why in missing.items())
    if (attempt := max(each.attempt for each in made)) > 1:
        yield "attempt", str(attempt)
    if engines := dict.fromkeys(each.engine for each in made if each.engine):
        yield "engine", ", ".join(engines)


def _alike(made: Iterable[Provenance]) -> Iterator[float]:
    """How like their reference clips are, as cosines."""
    for each in made:
        if each.findings.likeness and each.findings.likeness.reference is not None:
            yield each.findings.likeness.reference
