"""What is measured of a recording that may be cloned: levels, noise, silence, pauses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME_SECONDS = 0.02
"""Shorter than any speech sound, longer than a period of the deepest voice."""

NOTHING_DB = -96.0
"""Quieter than the last of 16 bits: a frame that was never recorded, which says nothing about the
noise.
"""

QUIETEST_PERCENTILE = 5
"""Frames at or below this hold noise alone even in speech without a pause, as the closures of its
stops do.

Reading noise off the distribution of frame energies: Picone's signal-to-noise tool (ISIP), there at
15 to 20 %, which would need pauses.
"""

LOUD_PERCENTILE = 95
ABOVE_NOISE_DB, BELOW_LOUD_DB = 6.0, 35.0
"""A frame is voice if it is twice the noise, and not 35 dB below the loud ones, where only breath
is left.
"""

PAUSE_SECONDS = 0.25
"""What is shorter belongs to articulation, not to phrasing (Goldman-Eisler 1968)."""

EDGE_SECONDS = 0.15
"""Silence kept before and after the voice: enough for the onset of any sound, too little to be
imitated as a pause.
"""

EDGE_LIMIT = 0.2
"""Less silence than this at an edge is left alone."""

LEVEL_DB = (-30.0, -14.0)
"""RMS of the voice. Audiobooks are asked for -23 to -18 dBFS (ACX); this is about twice as far to
either side.
"""

TARGET_DB, PEAK_DB = -20.0, -3.0
"""Where a voice outside LEVEL_DB is brought to: the middle of what ACX asks for, with its highest
peak.
"""


class Measures(msgspec.Struct, frozen=True):
    """What was measured: seconds, Hz, dBFS, dB, and the share of samples at the highest level.

    `lead` and `tail` are the silences before and after the voice, `spoken` the time between them
    without pauses. `channels` is 0 where they are not known. `channel_difference` is how loud what
    differs between them is against what they share, and -96 for mono.
    """

    seconds: float
    rate: int
    channels: int
    channel_difference: float = msgspec.field(name="apart")
    level: float
    peak: float
    clipped: float
    noise: float
    lead: float
    tail: float
    spoken: float

    @property
    def kept(self) -> float:
        """The seconds that are left when the silence at the edges is cut."""
        return self.seconds - sum(
            edge - EDGE_SECONDS for edge in (self.lead, self.tail) if edge > EDGE_LIMIT
        )

    @property
    def gain(self) -> float:
        """The dB by which the level is corrected."""
        if LEVEL_DB[0] <= self.level <= LEVEL_DB[1]:
            return 0.0
        return min(TARGET_DB - self.level, PEAK_DB - self.peak)


@dataclass(frozen=True, slots=True)
class Frames:
    """A recording in frames of FRAME_SECONDS: the level of each in dBFS, and if it is voice."""

    levels: NDArray[np.float64]
    voiced: NDArray[np.bool_]

    def pauses(self) -> list[tuple[float, float]]:
        """Where pauses begin and end in seconds: first the silence before the voice, last that
        after it.
        """
        import numpy as np

        turns = np.flatnonzero(np.diff(np.concatenate([[True], self.voiced, [True]]).astype(int)))
        spans: list[tuple[int, int]] = list(
            zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True)
        )
        last = self.voiced.size
        lead = spans.pop(0) if spans and spans[0][0] == 0 else (0, 0)
        tail = spans.pop() if spans and spans[-1][1] == last else (last, last)
        inner = [span for span in spans if (span[1] - span[0]) * FRAME_SECONDS >= PAUSE_SECONDS]
        return [(first * FRAME_SECONDS, end * FRAME_SECONDS) for first, end in (lead, *inner, tail)]


def frames(samples: NDArray[np.float32], rate: int) -> Frames:
    """Cut a recording of at least one sample into frames, and tell voice from noise."""
    import numpy as np

    size = min(round(rate * FRAME_SECONDS), samples.size)
    whole = samples[: samples.size // size * size].astype(np.float64).reshape(-1, size)
    levels = decibels(np.sqrt(np.mean(whole**2, axis=1)))
    noise, loud = _noise_and_loud(levels)
    threshold = max(min(noise + ABOVE_NOISE_DB, loud - ABOVE_NOISE_DB), loud - BELOW_LOUD_DB)
    voiced = levels > max(threshold, NOTHING_DB)
    # A frame of voice on its own is a click.
    beside = np.concatenate([[False], voiced[:-1]]) | np.concatenate([voiced[1:], [False]])
    return Frames(levels, voiced & beside)


def measure(
    samples: NDArray[np.float32],
    rate: int,
    channels: int = 1,
    channel_difference: float = NOTHING_DB,
) -> Measures:
    """Measure a mono recording of at least one finite sample."""
    import numpy as np

    cut = frames(samples, rate)
    level = np.abs(samples)
    pauses = cut.pauses()
    voice = cut.levels[cut.voiced]
    power = float(np.mean(10 ** (voice / 10))) if voice.size else 0.0
    noise = 10 ** (_noise_and_loud(cut.levels)[0] / 10)
    return Measures(
        seconds=round(samples.size / rate, 3),
        rate=rate,
        channels=channels,
        channel_difference=round(channel_difference, 1),
        level=_rounded(10 * math.log10(power) if power else NOTHING_DB),
        peak=_rounded(float(decibels(level.max()))),
        clipped=round(_clipped(level), 6),
        noise=round(10 * math.log10(max(power / noise - 1, 0.1)), 1),
        lead=round(pauses[0][1] - pauses[0][0], 2),
        tail=round(pauses[-1][1] - pauses[-1][0], 2),
        spoken=round(
            pauses[-1][0] - pauses[0][1] - sum(end - start for start, end in pauses[1:-1]), 2
        ),
    )


def decibels(amplitude: NDArray[np.float64] | np.floating | float) -> NDArray[np.float64]:
    """Amplitudes as dB of full scale, digital silence far below NOTHING_DB."""
    import numpy as np

    decibel: NDArray[np.float64] = 20 * np.log10(np.maximum(amplitude, 1e-9))
    return decibel


def _noise_and_loud(levels: NDArray[np.float64]) -> tuple[float, float]:
    import numpy as np

    recorded = levels[levels > NOTHING_DB]
    if not recorded.size:
        return NOTHING_DB, NOTHING_DB
    return float(np.percentile(recorded, QUIETEST_PERCENTILE)), float(
        np.percentile(recorded, LOUD_PERCENTILE)
    )


def _clipped(level: NDArray[np.float32]) -> float:
    """The share of samples within a thousandth of the highest: flat tops, wherever the level was
    put afterwards.
    """
    import numpy as np

    return float(np.mean(level >= level.max() * 0.999)) if level.max() else 0.0


def _rounded(decibel: float) -> float:
    return round(max(decibel, NOTHING_DB), 1)
