"""Spaces of vectors over the reals that are written with a plain letter: `x \\in R^n`."""

from __future__ import annotations

from msgspec.structs import replace

from narrate.reading.mathematics.tree import Name, Row, Script, bare, sign

_BEFORE = ("∈", "∉", "⊂", "⊆", "→", ":")
_REALS = Name("R", "double-struck")


def named(formula: Row, *, first: bool) -> Row:
    """The formula with the sign for the reals in place of such an R; `first` says whether one may
    stand at the start.
    """
    items = list(formula.items)
    for number, node in enumerate(items):
        before = sign(items[number - 1], *_BEFORE) if number else first
        if before and _is_space(node):
            items[number] = replace(node, base=_REALS)
    return replace(formula, items=tuple(items))


def _is_space(node: object) -> bool:
    if not isinstance(node, Script) or node.sub is not None or bare(node.base) != Name("R"):
        return False
    return node.sup is not None and bare(node.sup) != Name("T")
