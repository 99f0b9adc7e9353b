"""What a voice sounds like, in 13 numbers that need no model: its pitch and 12 cepstra.

Only voiced frames count: windows of 40 ms, every 10 ms, that are within 30 dB of the loud ones and
whose autocorrelation has a peak above 0.5 between 60 and 400 Hz.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from narrate.checks.mel import RATE, filterbank, frames, power

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOP = RATE // 100
WINDOW = RATE // 25
FFT = 2048
"""Twice the window and more, so that the autocorrelation does not wrap around."""

SHORTEST, LONGEST = RATE // 400, RATE // 60
"""Periods in samples: the pitch of a voice is between 60 and 400 Hz."""

PERIODIC = 0.5
"""The autocorrelation at one period, relative to that at zero, from which a frame is voiced."""

OCTAVE_GUARD = 0.85
"""The shortest period whose peak is this near to the highest one: two periods fit as well as one.
"""

BANDS = 26
CEPSTRA = 12
"""The usual numbers in speech recognition. The cepstrum of order 0 is the level and is left out."""

FLOOR = 1e-6
"""-60 dB: what is softer than the loud bands by more is the noise of the recording."""


def voiceprint(samples: NDArray[np.float32]) -> tuple[float, NDArray[np.float64]]:
    """How many seconds of mono samples at 16 kHz are voiced, and their 13 numbers.

    These are the median pitch in semitones above 1 Hz and the mean of each cepstrum. They are zero
    where nothing is voiced.
    """
    import numpy as np

    windows = frames(samples, WINDOW, HOP)
    periods, voiced = _periods(windows)
    if not voiced.any():
        return 0.0, np.zeros(1 + CEPSTRA)
    pitch = 12 * np.log2(RATE / np.median(periods[voiced]))
    return float(voiced.sum() * HOP / RATE), np.append(pitch, _cepstra(windows[voiced]))


def _periods(windows: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The period of each window in samples, and whether the window is voiced."""
    import numpy as np

    likeness = _autocorrelation(windows)
    inner = likeness[:, 1:-1]
    peak = (inner >= likeness[:, :-2]) & (inner >= likeness[:, 2:])
    height = np.where(peak, inner, 0.0)[:, SHORTEST - 1 :]
    highest = height.max(axis=1, keepdims=True)
    periods = SHORTEST + np.argmax(height >= OCTAVE_GUARD * highest, axis=1)
    energy = (windows**2).mean(axis=1)
    loud = energy > np.percentile(energy, 95) / 1000
    return periods, loud & (highest[:, 0] > PERIODIC)


def _autocorrelation(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The autocorrelation of each window up to the longest period, relative to that at zero."""
    import numpy as np

    shape = np.hanning(WINDOW)
    centred = windows - windows.mean(axis=1, keepdims=True)
    signal, window = (
        np.fft.irfft(np.abs(np.fft.rfft(part, FFT)) ** 2)[..., : LONGEST + 2]
        for part in (centred * shape, shape)
    )
    # A window fades, so the autocorrelation of the window itself is divided out.
    likeness: NDArray[np.float64] = signal / (signal[:, :1] + 1e-9) / (window / window[0])
    return likeness


def _cepstra(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean of each cepstrum over the windows."""
    import numpy as np

    shape = np.hamming(WINDOW).astype(np.float32)
    energy = power(windows * shape, filterbank(BANDS, WINDOW))
    bands = np.log(energy + FLOOR * energy.mean())
    order, band = np.arange(1, 1 + CEPSTRA), np.arange(BANDS) + 0.5
    cosines = np.cos(np.pi * np.outer(order, band) / BANDS) * np.sqrt(2 / BANDS)
    mean: NDArray[np.float64] = cosines @ bands.mean(axis=0)
    return mean
