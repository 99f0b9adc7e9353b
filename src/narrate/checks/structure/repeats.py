"""Sound that says itself again, wave by wave: an engine that is caught in a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 2000
"""Hz, to which sound is brought: the first formant is there, and it is twelve times faster."""

PIECE, HOP = 0.2, 0.1
"""Seconds of sound that are looked for in what follows, and from one such piece to the next."""

LAGS = (0.3, 3.0)
"""Seconds after which a piece may come again. Shorter ones are periods and long vowels."""

SAME = 0.9
"""The correlation of pieces that are the same. Speech that repeats a word is below, as nobody says
a word twice in the same way.
"""

FAINT = 0.01
"""The share of the power of the loudest piece below which one is silence."""


def repeated(samples: NDArray[np.float32], rate: int) -> float:
    """The seconds of sound that come again within 3 s as they are, by the same lag in at least two
    pieces that follow each other.
    """
    import numpy as np

    sound, speed = _lowered(samples, rate)
    piece, hop, most = (round(speed * part) for part in (PIECE, HOP, LAGS[1]))
    count = (sound.size - piece) // hop
    if count < 2:
        return 0.0
    padded, least = np.pad(sound, (0, piece + most)), round(speed * LAGS[0])
    starts = np.arange(count) * hop
    # A look at every other piece is enough to see that nothing comes again.
    if not (_matches(padded, starts[::2], piece, most, least)[0] > SAME).any():
        return 0.0
    best, lags = _matches(padded, starts, piece, most, least)
    same = best > SAME
    beside = same[1:] & same[:-1] & (np.abs(np.diff(lags)) <= 2)
    return round(HOP * float(np.count_nonzero(beside)), 2)


def _lowered(samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], float]:
    """Sound at about RATE, without its lowest frequencies, which correlate by themselves."""
    import numpy as np

    factor = max(1, round(rate / RATE))
    whole = samples[: samples.size // factor * factor].reshape(-1, factor).mean(1)
    return np.diff(whole, prepend=whole[:1]), rate / factor


def _matches(
    sound: NDArray[np.float32], starts: NDArray[np.int64], piece: int, most: int, least: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each piece that is not faint: its best correlation with what follows, after which lag."""
    import numpy as np

    best, lags = np.zeros(starts.size), np.zeros(starts.size, np.int64)
    total = np.concatenate([[0.0], np.cumsum(sound.astype(np.float64) ** 2)])
    size = 1 << (piece + most - 1).bit_length()
    power = total[starts + piece] - total[starts]
    for number in np.nonzero(power > FAINT * power.max())[0].tolist():
        start = int(starts[number])
        one = np.fft.rfft(sound[start : start + piece], size)
        following = np.fft.rfft(sound[start : start + piece + most], size)
        product = np.fft.irfft(np.conj(one) * following, size)[least:most]
        places = start + np.arange(least, most)
        other = np.maximum(total[places + piece] - total[places], FAINT * power[number])
        norm = np.sqrt(power[number] * other) + 1e-9
        lag = int((product / norm).argmax())
        best[number], lags[number] = product[lag] / norm[lag], lag
    return best, lags
