"""Letters, numbers and written-out words of a formula."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from narrate.reading.mathematics import numbers
from narrate.reading.mathematics.phrase import Phrase
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import GREEK, NUMBER_SETS, VARIANTS
from narrate.reading.mathematics.tree import (
    Big,
    Function,
    Mark,
    Name,
    Node,
    Script,
    bare,
    base,
    sign,
    walk,
)
from narrate.reading.rules import acronyms

# "a" and "i" are words, so a voice reads them as such: the letters are capitals.
_WORDS = {"a": "A", "i": "I", "ı": "I", "ȷ": "j"}
_TEXT = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d,]*(?:\.\d+)?|\s+|.", re.DOTALL)
_IN_TEXT = {"%": "percent", "&": "and", "+": "plus", "=": "equals"}
_TRANSPOSES = (Name("T"), Name("H"), Name("c"))
_LONG = 6
_PAUSES = ",;:.!?"
_QUIET = "()[]\"'“”‘’-–—/"


def name(s: Speaker, node: Name) -> Phrase:
    """A letter by its name, with "capital" or "bold" where it must be told from another."""
    if node.variant == "double-struck" and node.text in NUMBER_SETS:
        return Phrase(NUMBER_SETS[node.text])
    said = letter(node.text)
    if said is None:
        plain = unicodedata.normalize("NFKC", node.text)
        if plain in NUMBER_SETS:
            return Phrase(NUMBER_SETS[plain])
        raise s.fail(f"no words for the character '{node.text}'", node.text)
    mark = s.marks.get(node, "")
    return Phrase(f"{mark} {said}" if mark else said)


def letter(text: str) -> str | None:
    """The spoken form of one letter, or None."""
    if text in GREEK:
        return GREEK[text]
    plain = unicodedata.normalize("NFKD", text)[:1]
    latin = len(text) == 1 and plain.isascii() and plain.isalpha()
    return _WORDS.get(text, text if latin else None)


def marks(formula: Node, exact: bool) -> dict[Name, str]:
    """What must be said with a letter so that no two letters of the formula sound the same."""
    names = set(_named(formula))
    return {name: mark for name in names if (mark := _mark(name, names, exact))}


def _mark(name: Name, names: set[Name], exact: bool) -> str:
    variant = VARIANTS.get(name.variant, "")
    plain = any(VARIANTS.get(n.variant, "") != variant for n in names if n.text == name.text)
    lower = name.text.lower() if name.text != name.text.lower() else ""
    words = [
        "capital" if lower and any(n.text == lower for n in names) else "",
        variant if exact or plain else "",
    ]
    return " ".join(word for word in words if word)


def _named(formula: Node) -> Iterator[Name]:
    """The letters that could be mistaken; not `dx`, an index, the transpose or the reals."""
    scripts = [node for node in walk(formula) if isinstance(node, Script)]
    skipped = {id(bare(node.sup)) for node in scripts if bare(node.sup) in _TRANSPOSES}
    for script in scripts:
        if script.sub is not None and not isinstance(script.base, Big | Function):
            skipped |= {id(node) for node in walk(script.sub)}
    for node in walk(formula):
        known = isinstance(node, Name) and node.text != "d" and node.variant != "double-struck"
        if isinstance(node, Name) and known and id(node) not in skipped:
            yield node


def text(s: Speaker, value: str) -> str:
    """Written-out text as it is said; raises what the speaker's `fail` makes for a sign."""
    return " ".join("".join(_piece(s, found[0]) for found in _TEXT.finditer(value)).split())


def _piece(s: Speaker, piece: str) -> str:
    if piece.isupper() and acronyms.is_spelled(piece) and 1 < len(piece) < _LONG:
        return acronyms.say_letters(piece)
    if piece[0].isalpha() or piece.isspace():
        return _WORDS.get(piece, piece) if piece == "i" else piece
    if piece[0].isdecimal() and piece.isascii():
        return f" {numbers.cardinal(piece.replace(',', ''))} "
    if piece in _PAUSES:
        return ", " if piece in ",;:" else " "
    if piece in _QUIET:
        return " "
    if piece in _IN_TEXT:
        return f" {_IN_TEXT[piece]} "
    raise s.fail(f"no words for the character '{piece}'", piece)


@lru_cache(maxsize=256)
def is_upper(node: Node | None) -> bool:
    """Whether the node is a capital letter."""
    return isinstance(node, Name) and node.text.isupper()


def is_vector(node: Node) -> bool:
    """Whether a letter is bold or has an arrow."""
    if isinstance(node, Script):
        return is_vector(node.base)
    core = base(node)
    arrow = isinstance(node, Mark) and node.word in ("vector", "hat")
    return arrow or isinstance(core, Name) and core.variant.startswith("bold") or sign(core, "∇")
