"""How levels change: at the beginning and the end of a clip, in its sounds, from part to part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from narrate.checks.structure.frames import QUIET_DB, STEP, Frames, decibels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOUD_DB = -15.0
"""The level of a vowel, against the loud frames of its clip."""

CLOSE_SECONDS = 0.02
"""Before the last sound: the loudest there is how loud the speech ends."""

FINE = 0.002
"""Seconds: no more than a part of a period."""

BEFORE, LAST = 5, 400
"""In 2 ms: what is looked at before a fall, and how far from the end falls are searched."""

NOTHING_DB = -70.0
FIRST_DB = -55.0
"""dB against the loud frames, where nothing is heard, and where sound begins."""

FAINT_DB = -40.0
"""Levels below are the noise of the room, and do not count as a change."""

SECOND = 200
"""Frames in a second."""

LEAST_FRAMES = 80
"""Of speech, on either side of a change of level; in 0.4 s there are loud and quiet sounds."""


def ending(frames: Frames) -> tuple[int, float]:
    """The milliseconds in which the sound falls from LOUD_DB to QUIET_DB for the last time, and the
    level in dB of the last 20 ms of sound.
    """
    import numpy as np

    heard = np.flatnonzero(frames.relative > QUIET_DB)
    loud = np.flatnonzero(frames.relative > LOUD_DB)
    last = int(heard[-1])
    close = frames.relative[max(0, last - round(CLOSE_SECONDS / STEP) + 1) : last + 1]
    return round(1000 * STEP) * (last - int(loud[-1])), float(close.max())


def fall(frames: Frames) -> float:
    """The greatest fall in dB within 4 ms, near the end, of sound that is not heard again: from the
    loudest of the 10 ms before to the loudest of what follows, which counts as noise at least.
    """
    import numpy as np

    fine = _fine(frames)
    following = np.append(np.maximum.accumulate(fine[::-1])[::-1], NOTHING_DB)
    noise = max(frames.floor, NOTHING_DB)
    found = [
        before - max(following[min(place + 1, fine.size)], noise)
        for place in range(max(BEFORE, fine.size - LAST), fine.size + 1)
        if (before := fine[place - BEFORE : place].max()) > QUIET_DB
    ]
    return float(max(found, default=0.0))


def rise(frames: Frames) -> float:
    """The level in dB that the sound reaches in its first 6 ms."""
    import numpy as np

    fine = _fine(frames)
    first = int(np.argmax(fine > FIRST_DB))
    return float(fine[first : first + 3].max())


def _fine(frames: Frames) -> NDArray[np.float64]:
    """The level of every 2 ms against the loud frames."""
    return frames.levels(round(frames.rate * FINE)) - frames.loud


def skew(frames: Frames) -> float:
    """The skewness of the change of level in 20 ms: sounds of speech begin faster than they end,
    so it is above 0, and below 0 in reversed speech.
    """
    import numpy as np

    power = np.convolve(10 ** (frames.relative / 10), np.ones(4) / 4, "same")
    smooth = np.maximum(decibels(power), FAINT_DB)
    change = smooth[4:] - smooth[:-4]
    spread = float(np.mean(change**2))
    return float(np.mean(change**3)) / spread**1.5 if spread > 0 else 0.0


def jump(frames: Frames) -> float:
    """The greatest change in dB of the mean power of speech from one second to the next."""
    import numpy as np

    power = np.where(frames.active, 10 ** (frames.relative / 10), 0)
    energy = np.concatenate([[0.0], np.cumsum(power)])
    count = np.concatenate([[0], np.cumsum(frames.active)])
    places = np.arange(LEAST_FRAMES, power.size - LEAST_FRAMES, 20)
    before, after = np.maximum(places - SECOND, 0), np.minimum(places + SECOND, power.size)
    left, right = count[places] - count[before], count[after] - count[places]
    enough = (left >= LEAST_FRAMES) & (right >= LEAST_FRAMES)
    change = decibels((energy[after] - energy[places]) / np.maximum(right, 1)) - decibels(
        (energy[places] - energy[before]) / np.maximum(left, 1)
    )
    return float(np.abs(change[enough]).max(initial=0))
