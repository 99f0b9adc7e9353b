"""How long it takes to say a text. Standard library only: workers import this file."""

from __future__ import annotations

import math
import re
import unicodedata

CHARS_PER_SECOND = 15.0
"""Ordinary narration: 150 to 160 words a minute."""

FASTEST_CHARS_PER_SECOND = 30
"""Twice the pace of ordinary narration; a faster clip has lost words."""

SLOWEST_SECONDS_PER_CHAR = 0.3
"""A fifth of the pace of ordinary narration, and half that of the slowest dictation (60 words a
minute).
"""

SLACK_SECONDS = 5.0
"""Allowed on top, for short texts above all: breath, hesitation, silence around the words."""


def bounds(text: str) -> tuple[float, float]:
    """The shortest and the longest time in seconds in which somebody could say the text."""
    shortest = sum(map(_letters, text)) / FASTEST_CHARS_PER_SECOND
    return shortest, SLACK_SECONDS + SLOWEST_SECONDS_PER_CHAR * weight(text)


def weight(text: str) -> int:
    """How long a text sounds, in letters of English text."""
    return sum(map(_weight, text))


def frame_cap(text: str, frames_per_second: float) -> int:
    """The number of codec frames after which speech is a runaway; no correct reading of the text
    takes so many.
    """
    return math.ceil(bounds(text)[1] * frames_per_second)


def _letters(char: str) -> int:
    """The fewest letters of English text that a character sounds as long as.

    Mandarin has 5 syllables a second, one a character, and Japanese and Korean have 7 to 8
    (Pellegrino et al., Language 87:3, 2011). At twice that pace, a Chinese character takes 0.1 s, a
    kana or a Korean syllable 0.067 s. In other scripts, marks on letters are not counted.
    """
    if "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char >= "\U00020000":
        return 3 if char.isalpha() else 0
    if "\u3041" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7a3":
        return 2 if char.isalpha() else 0
    return int(char.isalpha())


def _weight(char: str) -> int:
    """A digit or a symbol may be a word, and a CJK character two syllables."""
    if char.isdigit() or unicodedata.category(char).startswith("S"):
        return 8
    return 4 if unicodedata.east_asian_width(char) in "WF" else 1


_BREAKS = {",": 1, "、": 1, "，": 1, ";": 1, ":": 2, "…": 2, "—": 2, "–": 2}
_ENDS = ".!?。！？\n"


def breaks(text: str) -> list[tuple[float, int]]:
    """Where punctuation asks for a pause: the share of the text before it, and how strongly, from
    1 (a comma) over 2 (a dash, a colon) to 3 (the end of a sentence).
    """
    whole, before, found = max(weight(text), 1), 0, []
    for number, char in enumerate(text):
        before += _weight(char)
        strength = 3 if char in _ENDS else _BREAKS.get(char, 0)
        if strength and number + 1 < len(text):
            found.append((before / whole, strength))
    return found


LETTER, SYLLABLE, LETTER_NAME, DIGIT, STOP = 0.047, 0.05, 0.2, 0.39, 0.09
"""Seconds without pauses, as hibari takes them: least squares over 251 lines, half of them
technical. Residuals are 7.5 % (standard deviation); with the same weights, those of piper's joe and
Kokoro's am_michael are 9 %.
"""

_NAMES = re.compile(r"\b[A-Z]{2,}\b|\b[B-HJ-Zb-hj-z]\b")
_VOWELS = re.compile(r"[aeiouyà-öø-ÿ]+", re.IGNORECASE)


def articulation(text: str) -> float:
    """The seconds that a text takes to say without its pauses, at an ordinary pace: letter names,
    digits and syllables take longer than letters.
    """
    names = sum(len(found[0]) for found in _NAMES.finditer(text))
    words = _NAMES.sub("", text)
    letters = sum(_weight(char) for char in words if char.isalpha())
    digits = sum(_weight(char) == 8 for char in words)
    return (
        LETTER * letters
        + SYLLABLE * len(_VOWELS.findall(words))
        + LETTER_NAME * names
        + DIGIT * digits
        + STOP * len(breaks(text))
    )
