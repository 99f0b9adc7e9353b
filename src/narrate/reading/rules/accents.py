"""A single letter with a mark above it, as in mathematics: `x̄` is x bar, `ŷ` is y hat."""

from __future__ import annotations

import re
from unicodedata import normalize

from narrate.reading.rules.form import LETTERS, Form
from narrate.reading.rules.symbols import GREEK

NAME = "accents"

MARKS = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
    "\u0308": "double dot",
    "\u20d7": "vector",
}
_BASES = sorted([*LETTERS, *GREEK])
_MADE = {normalize("NFC", base + mark) for base in _BASES for mark in MARKS}
_COMPOSED = {letter for letter in _MADE if len(letter) == 1} - {*"äëïöüÄËÏÖÜ"}
"""Letters with their mark; of these, vowels with two dots are words in some languages."""

_ABOVE = f"[{''.join(MARKS)}]"
_PATTERN = (
    rf"(?:(?<!\w)(?:[{''.join(sorted(_COMPOSED))}]|[A-Za-z]{_ABOVE})"
    rf"|(?<![\u0370-\u03ff])[{''.join(GREEK)}]{_ABOVE})(?![\w'’])"
)


def _say(match: re.Match[str]) -> str:
    letter, mark = [*normalize("NFD", match[0])]
    return f"{'A' if letter == 'a' else GREEK.get(letter, letter)} {MARKS[mark]}"


FORMS = (Form(frozenset(_COMPOSED | MARKS.keys()), _PATTERN, _say),)
