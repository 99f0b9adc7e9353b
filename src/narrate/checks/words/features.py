"""Samples -> what the acoustic model compares: cepstra, their speed and their acceleration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz, of the samples."""

FRAME_SAMPLES = 160
"""A frame is 10 ms, the step of the model."""

WINDOW_SAMPLES = 410
"""25.6 ms, as the model was trained; so are the numbers below (feat.params beside the model)."""

CEPSTRA = 13
FILTERS = 25
LOWEST_HZ, HIGHEST_HZ = 130.0, 6800.0
LIFTER = 22
PRE_EMPHASIS = 0.97
FFT = 512

QUIET_DB = 45.0
"""A frame that is so far below the 95th percentile is silence, whatever the model says: a voice
that ends in digital zeros is unlike any silence that it was trained on.
"""

LOUD = 0.1
"""Clips are brought to this level (RMS of their loud frames), so that a quiet one is heard the same
way.
"""

NOISE = 1e-4
"""RMS of the noise that is supposed under every clip, so that digital zeros have a spectrum."""


@dataclass(frozen=True, slots=True)
class Features:
    """One row a frame: `vectors` has 3 × 13 numbers, and `quiet` says where nothing sounds."""

    vectors: NDArray[np.float32]
    quiet: NDArray[np.bool_]


def features(samples: NDArray[np.float32]) -> Features:
    """The features of mono samples at 16 kHz; of at least one frame."""
    import numpy as np

    padded = np.pad(samples, (0, max(0, WINDOW_SAMPLES - samples.size)))
    emphasised = np.append(padded[:1], padded[1:] - np.float32(PRE_EMPHASIS) * padded[:-1])
    windows = np.lib.stride_tricks.sliding_window_view(emphasised, WINDOW_SAMPLES)
    spectra = np.abs(np.fft.rfft(windows[::FRAME_SAMPLES] * np.hamming(WINDOW_SAMPLES), FFT)) ** 2
    power = spectra.mean(axis=1)
    loud = float(np.percentile(power, 95)) + 1e-12
    # A window's spectrum holds its energy times the energy of the Hamming window, which is 0.4.
    unit = 0.4 * WINDOW_SAMPLES
    level = spectra * (unit * LOUD**2 / loud) + unit * NOISE**2
    return Features(_with_speed(_cepstra(level)), power < loud * 10 ** (-QUIET_DB / 10))


def _cepstra(spectra: NDArray[np.float64]) -> NDArray[np.float32]:
    """The cepstra of each frame, less their mean."""
    import numpy as np

    filters, cosines = _tables()
    cepstra = np.log(spectra @ filters) @ cosines
    centred: NDArray[np.float32] = (cepstra - cepstra.mean(axis=0)).astype(np.float32)
    return centred


def _with_speed(cepstra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cepstra, how they change within 4 frames, and how that changes within 2."""
    import numpy as np

    count = len(cepstra)
    padded = np.pad(cepstra, ((3, 3), (0, 0)), "edge")
    shifted = [padded[start : start + count] for start in range(7)]
    speed = shifted[5] - shifted[1]
    acceleration = shifted[6] - shifted[2] - shifted[4] + shifted[0]
    return np.concatenate([cepstra, speed, acceleration], axis=1)


@lru_cache(1)
def _tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The filters of the mel scale, and the cosines with the lifter in them."""
    import numpy as np

    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    low, high = 2595 * np.log10(1 + np.array([LOWEST_HZ, HIGHEST_HZ]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, FILTERS + 2) / 2595) - 1)
    left, centre, right = (np.round(edges * FFT / RATE) * RATE / FFT)[
        np.arange(3)[:, None] + np.arange(FILTERS)
    ]
    rise, fall = (
        (bins[:, None] - left) / (centre - left),
        (right - bins[:, None]) / (right - centre),
    )
    filters = np.maximum(0, np.minimum(rise, fall)) * 2 / (right - left)
    order = np.arange(CEPSTRA)
    cosines = np.cos(np.pi * order * (np.arange(FILTERS)[:, None] + 0.5) / FILTERS)
    scale = np.sqrt(np.where(order == 0, 1, 2) / FILTERS)
    lifter = 1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)
    return filters, cosines * scale * lifter
