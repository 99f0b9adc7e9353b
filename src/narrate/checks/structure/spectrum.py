"""What a voice sounds like: its spectrum, its pitch, and where it does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from narrate.checks.structure.frames import Frames, decibels, runs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW, HOP = 0.04, 0.02
"""Seconds."""

BANDS = 36
LOWEST, HIGHEST = 100.0, 12_000.0
"""Hz, between which the bands lie, a fifth of an octave each."""

NO_BAND = -99
"""The level of a band above half the rate."""

SMOOTH = 3
"""Windows that are averaged before they are compared: 60 ms."""

STEADY_SECONDS = 0.84
STEADY_DB = 3.0
"""Over STEADY_SECONDS, the bands of speech change by more than 6 dB (standard deviation, the median
band; "la la la" 3.5), those of noise, buzz and tones by less than 2.
"""

FAINT_DB = -40.0

PITCHES = (60.0, 400.0)
"""Hz, of voices."""

VOICED = 0.6
"""The correlation of a period with the next."""

EARLY = 0.88
"""The first peak that reaches so much of the highest is the period; the highest may be two."""


def bands(frames: Frames) -> NDArray[np.float64]:
    """The level of each band in dB, window by window."""
    import numpy as np

    size, hop = round(frames.rate * WINDOW), round(frames.rate * HOP)
    length = 1 << (size - 1).bit_length()
    samples = np.pad(frames.centred, (0, max(0, size - frames.centred.size)))
    windows = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    spectra = np.abs(np.fft.rfft(windows * np.hanning(size).astype(np.float32), length)) ** 2
    edges = np.geomspace(LOWEST, HIGHEST, BANDS + 1) * length / frames.rate
    inside = edges[1:] < length / 2
    lines = np.rint(edges).astype(int)[: int(inside.sum()) + 1]
    sums = np.add.reduceat(spectra[:, : lines[-1]], lines[:-1], axis=1)
    return decibels(sums / np.maximum(np.diff(lines), 1))


def shape(windows: NDArray[np.float64]) -> list[int]:
    """The average spectrum of the loud windows: the level of each band in dB against the mean of
    those that there are below 5 kHz; NO_BAND for those that there are not.
    """
    import numpy as np

    total = windows.max(1)
    power = np.mean(10 ** (windows[total > total.max() - 30] / 10), 0)
    found = decibels(power)
    found -= found[:25].mean()
    return [round(level) for level in found] + [NO_BAND] * (BANDS - found.size)


def steady(frames: Frames, windows: NDArray[np.float64]) -> float:
    """The longest time in seconds in which a sound that is not silence does not change."""
    import numpy as np

    whole = windows[: len(windows) // SMOOTH * SMOOTH].reshape(-1, SMOOTH, windows.shape[1])
    smooth = decibels(np.mean(10 ** (whole / 10), 1))
    size = round(STEADY_SECONDS / HOP / SMOOTH)
    level = frames.levels(round(frames.rate * HOP) * SMOOTH)[: len(smooth)] - frames.loud
    smooth = smooth[: level.size]
    if len(smooth) < size:
        return 0.0
    view = np.lib.stride_tricks.sliding_window_view
    change = np.median(view(smooth, size, axis=0).std(2), 1)
    heard = view(level, size).min(1) > FAINT_DB
    longest = max((end - begin for begin, end in runs((change < STEADY_DB) & heard)), default=0)
    return round((longest + size - 1) * SMOOTH * HOP, 2) if longest else 0.0


def pitch(frames: Frames) -> float:
    """The median pitch of the voiced parts in Hz, by autocorrelation; 0 if there are too few."""
    import numpy as np

    factor = max(1, round(frames.rate / 8000))
    whole = frames.centred[: frames.centred.size // factor * factor].reshape(-1, factor).mean(1)
    rate = frames.rate / factor
    size = round(rate * 0.05)
    if whole.size < size:
        return 0.0
    parts = np.lib.stride_tricks.sliding_window_view(whole, size)[:: round(rate * HOP)]
    parts = parts - parts.mean(1, keepdims=True)
    power = np.mean(parts**2, 1)
    periods = _periods(parts[power > 0.02 * np.percentile(power, 95)], rate)
    return round(float(rate / np.median(periods)), 1) if periods.size >= 5 else 0.0


def _periods(parts: NDArray[np.float32], rate: float) -> NDArray[np.float64]:
    """The period of each voiced part in samples, to a fraction."""
    import numpy as np

    same = _correlation(parts)
    least, most = int(rate / PITCHES[1]), int(rate / PITCHES[0])
    inside = same[:, least:most]
    highest = inside.max(1, initial=0)
    early = (inside >= EARLY * highest[:, None]).argmax(1)
    near = np.minimum(early[:, None] + np.arange(6), inside.shape[1] - 1)
    lag = np.take_along_axis(near, np.take_along_axis(inside, near, 1).argmax(1)[:, None], 1)[:, 0]
    voiced = highest > VOICED
    lag, same = lag[voiced] + least, same[voiced]
    row = np.arange(lag.size)
    before, at, after = same[row, lag - 1], same[row, lag], same[row, lag + 1]
    bend = np.minimum(before - 2 * at + after, -1e-9)
    found: NDArray[np.float64] = lag + np.clip((before - after) / bend / 2, -0.5, 0.5)
    return found


def _correlation(parts: NDArray[np.float32]) -> NDArray[np.float64]:
    """The autocorrelation of each part by lag, corrected for its window, 1 at lag 0."""
    import numpy as np

    size = parts.shape[1]
    length = 1 << (2 * size - 1).bit_length()
    window = np.hanning(size)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, length)) ** 2)[:size]
    same = np.fft.irfft(np.abs(np.fft.rfft(parts * window, length)) ** 2)[:, :size]
    found: NDArray[np.float64] = same / (same[:, :1] + 1e-12) / (own / own[0] + 1e-3)
    return found
