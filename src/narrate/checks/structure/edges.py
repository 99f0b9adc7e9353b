"""How levels change: at the beginning and the end of a clip, in its sounds, from part to part."""

from __future__ import annotations

from narrate.checks.structure.frames import QUIET_DB, STEP, Frames, decibels

LOUD_DB = -15.0
"""The level of a vowel, against the loud frames of its clip."""

CLOSE_SECONDS = 0.02
"""Before the last sound: the loudest there is how loud the speech ends."""

START_SECONDS = 0.01

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


def beginning(frames: Frames) -> float:
    """The level in dB of the first 10 ms."""
    return float(frames.relative[: round(START_SECONDS / STEP)].max())


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
