"""The parts of a row: what separates them, and how a list of them is said."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import RELATIONS
from narrate.reading.mathematics.tree import Node, Row, Script, Stacked, Symbol, sign

Items = tuple[Node, ...]

_QUANTIFIERS = ("∀", "∃", "∄")


def comma(item: Node) -> bool:
    """Whether the node parts a list."""
    if not isinstance(item, Symbol) or item.text == ":":
        return False
    return item.kind == "punct" or item.text in (",", ";", ".")


def split(items: Items, where: Callable[[Node], bool]) -> list[Items]:
    """The parts between the nodes that `where` picks, without an empty one at the end."""
    parts: list[list[Node]] = [[]]
    for item in items:
        if where(item):
            parts.append([])
        else:
            parts[-1].append(item)
    if not parts[-1] and len(parts) > 1:
        parts.pop()
    return [tuple(part) for part in parts]


def listing(s: Speaker, parts: list[Items]) -> list[str]:
    """Each part of a list; after "and so on" a teacher says what it goes up to."""
    said: list[str] = []
    for part in parts:
        if not part:
            continue
        words = s.say(Row(part)).words
        after = said and said[-1] == "and so on" and not s.exact
        said.append(f"up to {words}" if after else words)
        if is_quantifier(part[0]) and not any(is_relation(item) for item in part):
            s = replace(s, noun=True)
    return said


def is_quantifier(item: Node) -> bool:
    """Whether the node is "for all" or "there exists"."""
    return sign(item.base if isinstance(item, Script) else item, *_QUANTIFIERS)


def is_relation(item: Node) -> bool:
    """Whether the node is a relation, perhaps with a note over it."""
    item = item.base if isinstance(item, Stacked) else item
    if sign(item, "∣"):
        return True
    return isinstance(item, Symbol) and item.kind in ("rel", "punct") and item.text in RELATIONS
