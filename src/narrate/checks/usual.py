"""What is usual for a voice, and how far a clip is from it.

The comparison is made once, when a clip is accepted, and stored with it, so a clip that is kept
never turns bad because other clips were made. It costs nothing beside the structural measurements.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from narrate.checks.structure import Measures, measure
from narrate.engines.base import Synthesis
from narrate.sound.pace import articulation
from narrate.thresholds import DEFAULT, Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1

LEAST_CLIPS = 5
"""A median of fewer clips follows what they say more than who says it."""

LEAST_SECONDS = 1.0
"""Of speech in a clip, for it to count."""

LEAST_TEXT = 0.5
"""Seconds of articulation, from which on a text has a pace."""

SURE_SECONDS = 2.0
"""Clips that are shorter have less to compare, and may differ by more in proportion."""

NO_BAND = -60
"""The level of a band in dB, below which it is empty."""

BAND = math.log(120) / 36
"""The width of a band, as the logarithm of a ratio: 36 bands make 100 Hz to 12 kHz."""

PACE_SPREAD, PITCH_SPREAD, SHIFT_SPREAD = 0.1, 0.06, 0.05
"""Standard deviations, as logarithms, of pace, pitch and shift of the spectrum over good clips of a
voice, rounded up.
"""


class Usual(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is usual for a voice: medians over `clips` clips, or from one reference recording.

    `rate` is in Hz. `pace` is the time that speech takes against `pace.articulation`. `pitch` is in
    Hz. `level` in dBFS and `floor` in dB against it are as in Measures, and so is `shape`.
    """

    rate: int
    pace: float
    pitch: float
    level: float
    floor: float
    skew: float
    shape: tuple[float, ...]
    clips: int = 0
    reference: bool = False


class Relative(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a clip differs from what is usual for its voice.

    `pace`, `pitch` and `speed` are natural logarithms: pace is above 0 for a clip that is slower
    than its text explains; speed, above 0 for one that is played too fast, weighs pace, pitch and
    the shift of the spectrum together. `level`, `floor` and `distance` (of the spectrum, a mean
    over its bands) are in dB, and so is `dull`, by which the highest bands are weaker. `rate` is
    that of the clip against the usual one. `seconds` is how much speech was compared, `clips` with
    how many; 0 is the reference.
    """

    version: int
    seconds: float
    clips: int = 0
    rate: float = 1.0
    pace: float = 0.0
    pitch: float = 0.0
    speed: float = 0.0
    level: float = 0.0
    floor: float = 0.0
    distance: float = 0.0
    dull: float = 0.0
    skew: float = 0.0


def usual_of(clips: Iterable[tuple[Measures, str]]) -> Usual | None:
    """What is usual, from the measurements of clips and their texts; None if they are too few."""
    fit = [(measures, text) for measures, text in clips if _fits(measures, text)]
    return _usual(fit) if len(fit) >= LEAST_CLIPS else None


def usual_of_reference(samples: NDArray[np.float32], rate: int, transcript: str) -> Usual | None:
    """What is usual for a cloned voice, from its reference recording; None if that is too short. Of
    a clone, level and pace are its own, so only the rest is compared.
    """
    measures = measure(Synthesis(samples, rate))
    if not _fits(measures, transcript):
        return None
    found = _usual([(measures, transcript)])
    return msgspec.structs.replace(found, clips=0, reference=True)


def compare(measures: Measures, text: str, usual: Usual) -> Relative:
    """How a clip differs from what is usual; nothing differs in a clip too short to tell."""
    seconds = measures.spoken
    if measures.version < 2 or not seconds or not articulation(text):
        return Relative(VERSION, 0.0)
    pace = math.log(seconds / articulation(text) / usual.pace) if _has_pace(text) else 0.0
    pitch = math.log(measures.pitch / usual.pitch) if measures.pitch and usual.pitch else 0.0
    shift, distance = _shift(measures.shape, usual.shape)
    return Relative(
        VERSION,
        seconds=round(seconds, 2),
        clips=usual.clips,
        rate=round(measures.rate / usual.rate, 4),
        pace=round(pace, 3),
        pitch=round(pitch, 3),
        speed=round(_speed(pace, pitch, shift), 3),
        level=round(measures.level - usual.level, 1),
        floor=round(measures.floor - usual.floor, 1),
        distance=round(distance, 2),
        dull=round(_dull(measures.shape, usual.shape), 1),
        skew=round(measures.skew - usual.skew, 2),
    )


def judge(relative: Relative, thresholds: Thresholds = DEFAULT) -> tuple[str, ...]:
    """The reasons for refusing a clip that differs from what is usual for its voice, in words."""
    if not relative.seconds:
        return ()
    most, room = thresholds, max(1.0, SURE_SECONDS / relative.seconds)
    own = relative.clips >= LEAST_CLIPS
    findings = (
        (
            own and relative.rate != 1,
            f"its sample rate is {relative.rate:.2f} times that of the voice's other clips",
        ),
        (
            own and abs(relative.pace) > most.pace * room,
            f"it takes {math.exp(relative.pace):.2f} times as long as this voice needs for its"
            " text",
        ),
        (
            own and abs(relative.speed) > most.speed * room,
            f"it plays at {math.exp(relative.speed):.2f} times the speed of this voice",
        ),
        (
            own and relative.dull > most.dull * room,
            f"its highest sounds are {relative.dull:.0f} dB weaker than this voice's",
        ),
        (
            own and abs(relative.level) > most.level,
            f"its level differs by {relative.level:+.0f} dB from that of this voice",
        ),
        (
            own and relative.distance > most.distance * room,
            f"its spectrum is {relative.distance:.1f} dB away from that of this voice",
        ),
    )
    return tuple(reason for failed, reason in findings if failed)


def _has_pace(text: str) -> bool:
    """Whether it can be told how long a text takes: digits have several readings, and a text such
    as "Shh." may be drawn out.
    """
    return articulation(text) >= LEAST_TEXT and not any(char.isdigit() for char in text)


def _fits(measures: Measures, text: str) -> bool:
    return measures.version >= 2 and measures.spoken >= LEAST_SECONDS and articulation(text) > 0


def _usual(clips: Sequence[tuple[Measures, str]]) -> Usual:
    found = [measures for measures, _ in clips]
    return Usual(
        rate=found[0].rate,
        pace=round(median(one.spoken / articulation(text) for one, text in clips), 4),
        pitch=round(median([one.pitch for one in found if one.pitch] or [0.0]), 1),
        level=round(median(one.level for one in found), 1),
        floor=round(median(one.floor for one in found), 1),
        skew=round(median(one.skew for one in found), 2),
        shape=tuple(
            float(median(band)) for band in zip(*(one.shape for one in found), strict=True)
        ),
        clips=len(clips),
    )


def _speed(pace: float, pitch: float, shift: float) -> float:
    """The logarithm of the factor by which a clip is played too fast, from three signs of it, each
    weighed by how sure it is. What is far off for one is left to the others.
    """
    signs = (
        (max(-0.8, min(0.8, -pace)), PACE_SPREAD),
        (max(-0.8, min(0.8, pitch)), PITCH_SPREAD),
        (shift, SHIFT_SPREAD),
    )
    return sum(sign / spread**2 for sign, spread in signs) / sum(
        1 / spread**2 for _, spread in signs
    )


def _shift(shape: Sequence[int], usual: Sequence[float]) -> tuple[float, float]:
    """By which logarithm of a ratio the frequencies of a spectrum are higher than usual, and how
    far it is from the usual one in dB, as it is.
    """
    import numpy as np

    place = np.arange(len(usual))
    steps = np.arange(-80, 81) / 10
    moved = np.array([np.interp(place - step, place, usual) for step in steps])
    apart = np.maximum(moved, NO_BAND) - np.maximum(np.array(shape, float), NO_BAND)
    apart -= np.median(apart, 1)[:, None]
    distance = np.abs(apart).mean(1)
    return float(steps[distance.argmin()]) * BAND, float(distance[steps.size // 2])


def _dull(shape: Sequence[int], usual: Sequence[float]) -> float:
    """By how many dB the two highest bands of a voice are weaker than usual."""
    bands = [band for band, level in enumerate(usual) if level > NO_BAND][-2:]
    return max((usual[band] - max(shape[band], NO_BAND) for band in bands), default=0.0)
