"""How long speech takes for its text. Standard library only: workers import this file."""

from __future__ import annotations

import math
import unicodedata

CHARS_PER_SECOND = 15.0
"""Ordinary narration: 150 to 160 words a minute."""

FASTEST_CHARS_PER_SECOND = 30
"""Twice ordinary narration; less time than this means lost words."""

SLOWEST_SECONDS_PER_CHAR = 0.3
"""Five times slower than ordinary narration, twice slower than the slowest dictation (60 words a
minute).
"""

SLACK_SECONDS = 5.0
"""Short texts may take this much more: breath, hesitation, silence around the words."""


def bounds(text: str) -> tuple[float, float]:
    """The shortest and the longest time in seconds in which somebody could say the text."""
    letters = sum(char.isalpha() for char in text)
    return letters / FASTEST_CHARS_PER_SECOND, SLACK_SECONDS + SLOWEST_SECONDS_PER_CHAR * weight(
        text
    )


def weight(text: str) -> int:
    """The length of a text in letters of English, by what its characters sound like."""
    return sum(map(_weight, text))


def frame_cap(text: str, frames_per_second: float) -> int:
    """How many codec frames a text may take before it is a runaway; no honest reading of it reaches
    that.
    """
    return math.ceil(bounds(text)[1] * frames_per_second)


def _weight(char: str) -> int:
    """A digit or a sign may be a word, a CJK character two syllables."""
    if char.isdigit() or unicodedata.category(char).startswith("S"):
        return 8
    return 4 if unicodedata.east_asian_width(char) in "WF" else 1
