"""What every part of the verbaliser is given: the style, and how to say the nodes below."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from narrate.reading.mathematics.phrase import Level, Phrase
from narrate.reading.mathematics.tree import Name, Node
from narrate.reading.words import Unreadable


class Speaker(Struct, frozen=True):
    """How a formula is said here; `replace` it to say a part in another way.

    In the exact style each bracket and each end is said; a teacher's pauses do that otherwise.
    """

    exact: bool
    tell: Callable[[Speaker, Node], Phrase]
    fail: Callable[[str, str], Unreadable]
    marks: Mapping[Name, str] = {}
    # What a bar between two parts means here: "divides", "given" or "such that".
    bar: str = "divides"
    # Whether relations are said after a noun: "for all x in R", not "x is in R".
    noun: bool = False
    # What `×` is called here: "by" in "R m by n".
    times: str = "times"
    # Whether something comes before, so that "all over" would seem to include it.
    beside: bool = False
    # Whether the formula is about sets, so that bars around one are its size.
    sets: bool = False
    # Letters that stand for a function somewhere in the formula.
    functions: frozenset[Name] = frozenset()
    # Letters that stand for a vector, as the formula has their norm.
    vectors: frozenset[Name] = frozenset()

    def say(self, node: Node) -> Phrase:
        """The phrase of a node."""
        return self.tell(self, node)

    def ended(self, words: str, inside: Phrase, end: str) -> Phrase:
        """Words that go on to the end of a part, which the exact style says."""
        text = f"{words} {inside.words}"
        if not self.exact:
            return Phrase(text, open=True)
        if inside.level == Level.ATOM and not inside.open:
            return Phrase(text)
        return Phrase(f"{text}, end {end}")

    def quantity(self, inside: Phrase, open: str = "(", close: str = ")") -> Phrase:
        """A part in brackets."""
        if self.exact:
            kind = _BRACKETS[open], _BRACKETS[close]
            return Phrase(f"open {kind[0]} {inside.words}, close {kind[1]}")
        if inside.level <= Level.TERM:
            return inside
        return Phrase(f"the quantity {inside.words}", open=True)


_BRACKETS = {
    "(": "parenthesis",
    ")": "parenthesis",
    "[": "bracket",
    "]": "bracket",
    "{": "brace",
    "}": "brace",
}
