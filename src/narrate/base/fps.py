"""Video frame rates, exactly."""

from __future__ import annotations

import re
from fractions import Fraction

HINT = 'write 30, 23.976 or "30000/1001"'
FASTEST = 1000

_SPELLING = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,20}|/[0-9]{1,9})?")
"""Exponents and long numbers are refused: Fraction would compute with them for ever."""


def frame_rate(fps: int | float | str) -> Fraction:
    """Frames per second as an exact fraction, from 30, 29.97 or "30000/1001". Raises ValueError."""
    spelled = str(fps)
    try:
        rate = Fraction(spelled if _SPELLING.fullmatch(spelled) else 0)
    except ZeroDivisionError:
        rate = Fraction(0)
    if not 0 < rate <= FASTEST:
        raise ValueError(f"{spelled[:24]!r} is not a frame rate above 0 and up to {FASTEST}")
    return rate
