"""Numbers with units in formulas: `9.8\\,\\mathrm{m/s^2}`, `90^\\circ`."""

from __future__ import annotations

from narrate.reading.mathematics.phrase import Level, Phrase
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import UNITS
from narrate.reading.mathematics.tree import (
    Name,
    Node,
    Number,
    Row,
    Script,
    Symbol,
    Word,
    bare,
    sign,
)

Items = tuple[Node, ...]

_SCALES = {"C": "Celsius", "F": "Fahrenheit"}
_POWERS = {"2": "squared", "3": "cubed", "−1": "to the minus one", "−2": "to the minus two"}


_AREAS = {"squared": "square", "cubed": "cubic"}


def is_unit(text: str) -> bool:
    """Whether a text is a unit or a quotient of units: "kg", "m/s"."""
    parts = text.strip().split("/")
    return all(part in UNITS for part in parts)


def quantity(s: Speaker, row: Items, at: int) -> tuple[Phrase, int]:
    """A number with the unit after it, and where the next factor starts."""
    number, at = s.say(row[at]), at + 1
    if number.words.endswith(" degrees") and at < len(row):
        scale = row[at]
        if isinstance(scale, Name | Word) and scale.text in _SCALES:
            return Phrase(f"{number.words} {_SCALES[scale.text]}", Level.PRODUCT), at + 1
    words: list[str] = []
    one = number.words == "one"
    while at < len(row) and (said := _unit(row, at, words, one)):
        words, at = [*words, said], at + 1
    if not words:
        return number, at
    return Phrase(f"{number.words} {' '.join(words)}", Level.PRODUCT), at


def _unit(row: Items, at: int, before: list[str], one: bool) -> str:
    """The words of the unit or slash here, or "" where the unit is over."""
    node = row[at]
    if sign(node, "/") and before and at + 1 < len(row) and _text(row[at + 1]):
        return "per"
    text, power = _text(node), _power(node)
    if not text or not is_unit(text) or power is None:
        return ""
    single = one and not before or before[-1:] == ["per"]
    pieces = text.strip().split("/")
    if power in _AREAS and len(pieces) == 1 and text.strip().endswith("m") and not before:
        return f"{_AREAS[power]} {unit(text.strip(), single)}"
    words = [unit(pieces[0], single), *(unit(piece, True) for piece in pieces[1:])]
    return f"{' per '.join(words)} {power}".strip()


def unit(text: str, single: bool) -> str:
    """A unit's name, for one or for more."""
    word = UNITS[text]
    return word[:-1] if single and word.endswith("s") and text not in ("Hz", "kHz") else word


def _text(node: Node) -> str:
    """The letters of a unit: upright ones and text only, as `m` in italics is a variable."""
    inner = bare(node.base) if isinstance(node, Script) else node
    if isinstance(inner, Word) or isinstance(inner, Name) and inner.variant == "upright":
        return inner.text
    return ""


def _power(node: Node) -> str | None:
    if not isinstance(node, Script):
        return ""
    sup = bare(node.sup)
    if isinstance(sup, Number):
        return _POWERS.get(sup.text)
    if isinstance(sup, Row) and all(isinstance(n, Symbol | Number) for n in sup.items):
        return _POWERS.get("".join(n.text for n in sup.items if isinstance(n, Symbol | Number)))
    return None
