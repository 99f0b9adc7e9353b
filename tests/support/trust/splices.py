"""Sounds that are cut and joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.trust.clips import Clip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

FADE_SECONDS = 0.005


def seconds(clip: Clip, seconds: float) -> int:
    """How many samples last so long."""
    return int(seconds * clip.rate)


def decibels(gain: float) -> float:
    """A factor for a gain in dB."""
    return float(10 ** (gain / 20))


def level(samples: Samples) -> float:
    """The root mean square of the louder half, which is speech."""
    import numpy as np

    power = np.sort(samples.astype(np.float64) ** 2)
    return float(np.mean(power[power.size // 2 :]) ** 0.5)


def quiet(length: int) -> Samples:
    """So many samples of silence."""
    import numpy as np

    return np.zeros(length, np.float32)


def joined(clip: Clip, first: Samples, *others: Samples) -> Samples:
    """Parts in a row, with crossfades."""
    import numpy as np

    length = seconds(clip, FADE_SECONDS)
    rise = np.linspace(0, 1, length, dtype=np.float32)
    made = first
    for part in others:
        if len(made) < length or len(part) < length:
            made = np.concatenate([made, part])
            continue
        blend = made[-length:] * (1 - rise) + part[:length] * rise
        made = np.concatenate([made[:-length], blend, part[length:]])
    return made.astype(np.float32)


def without(clip: Clip, start: int, end: int) -> Samples:
    """A clip with silence in place of some samples."""
    gap = quiet(end - start + 2 * seconds(clip, FADE_SECONDS))
    return joined(clip, clip.samples[:start], gap, clip.samples[end:])


def part(clip: Clip, first: int, last: int) -> Samples:
    """The words of a clip from one to another."""
    start, end = clip.bounds(first, last)
    return clip.samples[start:end]
