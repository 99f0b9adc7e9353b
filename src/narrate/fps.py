"""Video frame rates, exactly."""

from __future__ import annotations

from fractions import Fraction

HINT = 'write 30, 23.976 or "30000/1001"'
FASTEST = 1000


def frame_rate(fps: int | float | str) -> Fraction:
    """Frames per second as an exact fraction, from 30, 29.97 or "30000/1001". Raises ValueError."""
    # A long numeral would take long to read, and no rate needs one.
    spelled = str(fps) if len(str(fps)) <= 24 else ""
    try:
        rate = Fraction(spelled)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= FASTEST:
        raise ValueError(f"{str(fps)[:24]!r} is not a frame rate of at most {FASTEST}")
    return rate
