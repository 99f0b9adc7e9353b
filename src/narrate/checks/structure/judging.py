"""When a clip is refused by its measurements, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from narrate.checks.structure.measures import SILENT_PEAK, SILENT_SHARE, Measures
from narrate.engines.base import StopReason
from narrate.sound.pace import bounds, breaks
from narrate.thresholds import DEFAULT, Thresholds

HEARD_SECONDS = 0.05
"""A recording that is shorter is a click."""

STEADY_SPREAD = 2.0
"""dB. A sound whose level changes less is a test signal: nothing in it can be looked at closely."""

NEAR = 0.12
"""How far from its punctuation a pause may be, as a share of the text, beside NEAR_SECONDS."""

NEAR_SECONDS = 0.6

SHORT_SECONDS = 0.6
"""In shorter speech, no frame may be quiet, as in "A."; and its end may fall by SHORT_FALL more."""

SHORT_FALL = 6.0
"""dB."""

AGAIN = re.compile(
    r"\b(\w+(?:\W+\w+){0,3})\W+\1\b|\b(\w{4,})\W+\w+\W+\2\b|(\w\w)\3{2}", re.IGNORECASE
)
"""One to four words and the same again, as in "no, no"; a word, another one and the same again, as
in "again and again"; or syllables, as in "1111 1111".
"""

Finding = tuple[bool, str]
"""Whether a check failed, and what it then says."""


def judge(measures: Measures, text: str, thresholds: Thresholds = DEFAULT) -> tuple[str, ...]:
    """The reasons for refusing a clip with this text, in words; empty if it passes."""
    shortest, longest = bounds(text)
    runaway = measures.stop == StopReason.LENGTH
    whole = _reasons(
        (
            (runaway, "the engine ran into its length limit (a runaway)"),
            *_sound(measures, thresholds),
            (
                measures.seconds < shortest,
                f"{measures.seconds:.2f} s is too short for its text (at least {shortest:.2f} s)",
            ),
            (
                measures.seconds > longest,
                f"{measures.seconds:.1f} s is too long for its text (at most {longest:.1f} s)",
            ),
        )
    )
    if not measures.spoken or measures.spread < STEADY_SPREAD or _is_silent(measures):
        return whole
    return whole + _reasons(_closely(measures, text, thresholds))


def judge_recording(
    measures: Measures, text: str, thresholds: Thresholds = DEFAULT
) -> tuple[str, ...]:
    """The same for a recording and the text that goes with it, if any.

    It may be as long as it likes, and hold what it likes, as music and pauses are.
    """
    shortest, click = bounds(text)[0], measures.seconds < HEARD_SECONDS
    return _reasons(
        (
            (measures.cancels, "its channels cancel each other out when they are mixed"),
            *_sound(measures, thresholds),
            (
                click,
                f"{1000 * measures.seconds:.1f} ms is too short to be heard"
                f" (at least {1000 * HEARD_SECONDS:.0f} ms)",
            ),
            (
                not click and measures.seconds < shortest,
                f"{measures.seconds:.2f} s is too short for its text (at least {shortest:.2f} s)",
            ),
        )
    )


def _sound(measures: Measures, thresholds: Thresholds) -> tuple[Finding, ...]:
    """The checks that need no text and no speech."""
    return (
        (measures.peak < SILENT_PEAK, f"it is silent (peak {measures.peak:.4f})"),
        (
            measures.peak >= SILENT_PEAK and measures.silent > SILENT_SHARE,
            f"{measures.silent:.0%} of it is silence",
        ),
        (
            measures.clipped > thresholds.clipped,
            f"{measures.clipped:.1%} of its samples are clipped",
        ),
        (
            abs(measures.offset) > thresholds.offset and measures.seconds >= HEARD_SECONDS,
            f"its samples are not centred on zero (they are {measures.offset:+.2f} on average)",
        ),
    )


def _closely(measures: Measures, text: str, most: Thresholds) -> Iterator[Finding]:
    """The checks of speech."""
    silence = max(measures.lead, measures.tail)
    short = measures.spoken < SHORT_SECONDS
    noisy = most.noise / 2 if short else most.noise
    fallen = most.fall + SHORT_FALL if short else most.fall
    again = _repeats_itself(text)
    yield measures.level < most.quiet, f"it is too quiet ({measures.level:.0f} dBFS)"
    yield measures.floor > noisy, f"its noise is only {-measures.floor:.0f} dB below the speech"
    yield silence > most.silence, f"it begins or ends with {silence:.1f} s of silence"
    yield from _holes(measures, text, most)
    yield measures.dropout > most.dropout, "its sound breaks off inside for a moment"
    yield (
        measures.decay < most.decay or measures.ending > most.ending or measures.fall > fallen,
        "it is cut off: its end does not fade",
    )
    yield measures.start > most.start, "it is cut off: it begins in the middle of a sound"
    yield measures.jump > most.jump, f"its level jumps by {measures.jump:.0f} dB"
    yield measures.skew < most.skew, "its sounds rise slowly and stop suddenly, as in reverse"
    yield measures.steady > most.steady, f"{measures.steady:.1f} s of it are one steady sound"
    yield (
        measures.repeated > most.repeated and not again,
        f"{measures.repeated:.1f} s of it come again exactly as they are",
    )


def _holes(measures: Measures, text: str, most: Thresholds) -> Iterator[Finding]:
    """Pauses that the punctuation nearby does not explain."""
    allowed = breaks(text)
    near = NEAR + NEAR_SECONDS / measures.spoken
    for place, length in measures.gaps:
        kinds = [kind for at, kind in allowed if abs(at - place / 1000) <= near]
        limit = most.pauses[max(kinds, default=0)]
        what = f"it holds {length / 1000:.1f} s of silence that its text does not explain"
        yield length / 1000 > limit, what


def _repeats_itself(text: str) -> bool:
    """Whether a text says a word twice, as "no, no" does; an engine may then say it twice alike."""
    return bool(AGAIN.search(text))


def _is_silent(measures: Measures) -> bool:
    return measures.silent > SILENT_SHARE


def _reasons(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(reason for failed, reason in findings if failed)
