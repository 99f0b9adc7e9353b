"""Mel spectra of 16 kHz samples, for the checks that listen to more than levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz, of all samples here."""

KNEE_HZ = 1000.0
KNEE_MEL = 15.0
LOG_STEP = 0.06875177742094912
"""The mel scale of Slaney's Auditory Toolbox: linear up to 1000 Hz at 15 mel, then logarithmic, a
factor of 6.4 in 27 mel.
"""


def filterbank(bands: int, size: int) -> NDArray[np.float32]:
    """Triangular filters over the bins of a real FFT of `size` samples, in rows of equal area."""
    import numpy as np

    edges = _hertz(np.linspace(0, _mel(RATE / 2), bands + 2))
    bins = np.fft.rfftfreq(size, 1 / RATE)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise, fall = (bins - low) / (middle - low), (high - bins) / (high - middle)
    filters = np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low)
    return filters.astype(np.float32)


def frames(samples: NDArray[np.float32], size: int, hop: int) -> NDArray[np.float32]:
    """Windows of `size` samples every `hop`; samples that are too few are padded to one."""
    import numpy as np

    padded = np.pad(samples, (0, max(0, size - samples.size)))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]


def power(windows: NDArray[np.float32], bands: NDArray[np.float32]) -> NDArray[np.float32]:
    """The energy of each window in each band."""
    import numpy as np

    spectrum = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    return (spectrum @ bands.T).astype(np.float32)


def _mel(hertz: float) -> float:
    import math

    return KNEE_MEL + math.log(hertz / KNEE_HZ) / LOG_STEP


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    linear = mel * KNEE_HZ / KNEE_MEL
    return np.where(mel < KNEE_MEL, linear, KNEE_HZ * np.exp(LOG_STEP * (mel - KNEE_MEL)))
