"""Mathematics in a text, said as a teacher says it."""

from __future__ import annotations

from typing import Literal

from narrate.reading.words import Unreadable

NAME = "mathematics"


def speak(tex: str, style: Literal["teacher", "exact"] = "teacher") -> str:
    """The spoken form of a formula, the inside of `$…$`.

    The exact style says brackets and the ends of fractions. Raises Unreadable with the place, in
    characters of `tex`, of a character or command that has no words.
    """
    from narrate.reading.mathematics.parse import parse, place
    from narrate.reading.mathematics.verbalise import verbalise

    def fail(what: str, symbol: str) -> Unreadable:
        start, end = place(tex, symbol) if symbol else (0, len(tex))
        return Unreadable(what, start, end, "write it in another way or in words")

    said = verbalise(parse(tex), style == "exact", fail)
    if not said:
        raise Unreadable("the formula is empty", 0, len(tex), "remove it")
    return said
