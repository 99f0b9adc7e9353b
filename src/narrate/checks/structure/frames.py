"""A clip in frames of 5 ms: how loud each is, and where the speech begins, pauses and ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP = 0.005
"""Seconds in a frame: about one period of a voice."""

NOTHING_DB = -96.0
"""Quieter than the last of 16 bits: a frame of digital silence, which says nothing of the noise."""

QUIET_DB = -45.0
"""Quieter than speech, against its loud frames: the ends of words are above, breath is below."""

ABOVE_NOISE_DB = 6.0
"""Where there is more noise than that, speech is what has twice its amplitude."""

LOUDEST_NOISE_DB = -25.0
"""What is louder is taken as speech, however noisy a clip is."""


@dataclass(frozen=True)
class Frames:
    """`samples` at `rate` Hz; all levels are in dB, those of `relative` against the loud frames."""

    samples: NDArray[np.float32]
    rate: int

    @property
    def size(self) -> int:
        """The samples in a frame."""
        return max(1, round(self.rate * STEP))

    @property
    def step(self) -> float:
        """The seconds in a frame: STEP, to a sample."""
        return self.size / self.rate

    @cached_property
    def centred(self) -> NDArray[np.float32]:
        """The samples around zero."""
        import numpy as np

        return self.samples - np.float32(self.samples.mean(dtype=np.float64))

    def levels(self, size: int) -> NDArray[np.float64]:
        """The level of each `size` samples in dBFS. In sound that is off zero, silence may be at
        zero or where the sound is, so it is looked for in both places.
        """
        import numpy as np

        return np.minimum(levels(self.samples, size), levels(self.centred, size))

    @cached_property
    def _levels(self) -> NDArray[np.float64]:
        """The level of each frame in dBFS."""
        return self.levels(self.size)

    @cached_property
    def _coarse(self) -> NDArray[np.float64]:
        """The level of each four frames in dBFS."""
        return self.levels(4 * self.size)

    @cached_property
    def relative(self) -> NDArray[np.float64]:
        """The level of each frame against `loud`."""
        return self._levels - self.loud

    @cached_property
    def loud(self) -> float:
        """The level of the loud frames, in dBFS: the 95th percentile."""
        import numpy as np

        return float(np.percentile(self._levels, 95))

    @cached_property
    def floor(self) -> float:
        """The level of the noise against `loud`: what the quietest 5 % of 20 ms do not exceed."""
        import numpy as np

        heard = self._coarse[self._coarse > NOTHING_DB]
        return float(np.percentile(heard, 5)) - self.loud if heard.size else NOTHING_DB

    @cached_property
    def spread(self) -> float:
        """How far the quietest and the loudest 20 ms are apart; 0 dB for a steady tone."""
        import numpy as np

        low, high = np.percentile(self._coarse, [5, 95])
        return float(high - low)

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """Which frames are speech."""
        return self.relative > max(QUIET_DB, min(self.floor + ABOVE_NOISE_DB, LOUDEST_NOISE_DB))

    @cached_property
    def span(self) -> tuple[int, int]:
        """The frames from the first to the last that is speech, without the one that follows."""
        import numpy as np

        speech = np.flatnonzero(self.active)
        return (int(speech[0]), int(speech[-1]) + 1) if speech.size else (0, 0)


def levels(samples: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """The RMS level of each `size` samples in dBFS; the rest of a clip that fills no frame is not
    counted, but in a clip shorter than one frame.
    """
    import numpy as np

    size = max(1, min(size, samples.size))
    whole = samples[: samples.size // size * size].reshape(-1, size).astype(np.float64)
    return decibels(np.einsum("ij,ij->i", whole, whole) / size)


def decibels(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Powers in dB, digital silence as -120."""
    import numpy as np

    found: NDArray[np.float64] = 10 * np.log10(power + 1e-12)
    return found


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where a mask is true: the first place of each run, and the one after its last."""
    import numpy as np

    turns = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True))
