"""Letters, digits and signs in other shapes: full-width, bold, circled, Arabic digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from narrate.reading.rules import symbols
from narrate.reading.words import Reading

NAME = "letters"

_SHAPES = ("<font>", "<wide>", "<narrow>", "<circle>", "<square>")
_WORD = re.compile(r"\w+")


class _Plain(dict[int, int]):
    """What `str.translate` puts in the place of each character, found when it is first met."""

    def __missing__(self, point: int) -> int:
        self[point] = ord(_plain(chr(point)))
        return self[point]


_PLAIN = _Plain()


def plain(text: str) -> str:
    """The text with ordinary letters, digits and signs, as long as it was, so that all rules know
    them.
    """
    return text if text.isascii() else text.translate(_PLAIN)


def digits(text: str) -> str:
    """The text with ordinary digits and percent signs, as long as it was."""
    return "".join(c if c.isascii() or not _is_number(c) else _plain(c) for c in text)


def find(written: str, free: str) -> Iterator[Reading]:
    """The words that are left in a plain text, and are written in another shape."""
    if written.isascii():
        return
    for match in _WORD.finditer(free):
        if match[0] != written[slice(*match.span())]:
            yield Reading(*match.span(), match[0], NAME)


def _is_number(character: str) -> bool:
    return character == "％" or character.isdecimal()


def _plain(character: str) -> str:
    if character in symbols.WORDS or character in symbols.GREEK:
        return character
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    if not unicodedata.decomposition(character).startswith(_SHAPES):
        return character
    made = unicodedata.normalize("NFKC", character)
    is_known = made in symbols.WORDS or made in symbols.GREEK or made.isascii() and made.isalnum()
    return made if len(made) == 1 and is_known else character
