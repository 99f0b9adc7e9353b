"""A piece of speech, and what the words around it must know about it."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace


class Level(IntEnum):
    """How loosely a phrase holds together: what binds less needs more care beside other words."""

    ATOM = 0
    TERM = 1
    PRODUCT = 2
    FRACTION = 3
    SUM = 4
    RELATION = 5
    LIST = 6


class Phrase(Struct, frozen=True):
    """Words; `open` says that words put right after them would be heard as a part of them.

    "The square root of x" is open: "plus one" needs a pause before it.
    """

    words: str
    level: Level = Level.ATOM
    open: bool = False

    def then(self, words: str) -> str:
        """The words of both, with a pause where the first is open."""
        return joined(self.words, words, pause=self.open)

    def at(self, level: Level) -> Phrase:
        """The same words, binding no more tightly than this."""
        return replace(self, level=max(self.level, level))


def joined(*pieces: str, pause: bool = False) -> str:
    """The pieces that are not empty, side by side or with pauses between them."""
    return (", " if pause else " ").join(piece for piece in pieces if piece)


def listed(pieces: list[str], last: str = "and") -> str:
    """A list as it is said: "x", "x and y", "x, y and z"."""
    if len(pieces) < 2:
        return "".join(pieces)
    return f"{', '.join(pieces[:-1])} {last} {pieces[-1]}"
