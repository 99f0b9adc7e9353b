"""The tree of a formula: what the parser gives and the verbaliser reads.

Only `parse` makes it, so the parser can be replaced without a change elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from msgspec import Struct


class Name(Struct, frozen=True):
    """A letter that stands for something: `x`, `α`, `\\mathbf{v}` (variant "bold")."""

    text: str
    variant: str = ""


class Number(Struct, frozen=True):
    """Digits, perhaps with one decimal point."""

    text: str


class Word(Struct, frozen=True):
    """Written-out text: `\\text{if }`, `\\mathrm{softmax}`."""

    text: str


class Symbol(Struct, frozen=True):
    """A sign; kind is `rel`, `bin`, `punct`, `open`, `close`, `inner` or `ord`, as in TeX."""

    text: str
    kind: str = "ord"


class Function(Struct, frozen=True):
    """A named function: `\\sin`, `\\lim`, `\\operatorname{rank}`."""

    text: str


class Big(Struct, frozen=True):
    """A sign that takes limits and a body: `∑`, `∫`, `⋃`."""

    text: str


class Row(Struct, frozen=True):
    """Nodes side by side."""

    items: tuple[Node, ...] = ()


class Fraction(Struct, frozen=True):
    """One node over another."""

    top: Node
    bottom: Node


class Choose(Struct, frozen=True):
    """A binomial coefficient."""

    top: Node
    bottom: Node


class Root(Struct, frozen=True):
    """A root; no index means a square root."""

    inside: Node
    index: Node | None = None


class Script(Struct, frozen=True):
    """A base with something below, above or both."""

    base: Node
    sub: Node | None = None
    sup: Node | None = None


class Fence(Struct, frozen=True):
    """What stands between two brackets or bars; an empty sign is `\\left.` or `\\right.`."""

    open: str
    inside: Row
    close: str


class Table(Struct, frozen=True):
    """Rows of cells: a matrix, cases or aligned equations (see `shape`)."""

    shape: str
    rows: tuple[tuple[Node, ...], ...]


class Mark(Struct, frozen=True):
    """A word said after its base: "hat", "bar", "dot"."""

    word: str
    base: Node


class Integral(Struct, frozen=True):
    """An integral sign with its limits, what it integrates and its differentials (`dx`)."""

    sign: Node
    body: Row
    differentials: Row


class Stacked(Struct, frozen=True):
    """A base with notes: the text over an arrow, under a brace, over an equals sign."""

    base: Node
    above: Node | None = None
    below: Node | None = None


Node: TypeAlias = (
    Name
    | Number
    | Word
    | Symbol
    | Function
    | Big
    | Row
    | Fraction
    | Choose
    | Root
    | Script
    | Fence
    | Table
    | Mark
    | Integral
    | Stacked
)


def items(node: Node | None) -> tuple[Node, ...]:
    """The nodes of a row; any other node alone."""
    if node is None:
        return ()
    return node.items if isinstance(node, Row) else (node,)


def bare(node: Node | None) -> Node | None:
    """The node without rows of one around it."""
    while isinstance(node, Row) and len(node.items) == 1:
        node = node.items[0]
    return node


def base(node: Node | None) -> Node | None:
    """What a node's scripts and marks hang on."""
    node = bare(node)
    while isinstance(node, Script | Mark):
        node = bare(node.base)
    return node


def sign(node: Node | None, *texts: str) -> bool:
    """Whether the node is one of these signs."""
    return isinstance(node, Symbol) and node.text in texts


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order in which they are written."""
    waiting: list[Any] = [node]
    while waiting:
        each = waiting.pop()
        kind = type(each)
        if kind is tuple:
            waiting += reversed(each)
        elif kind is not str and each is not None:
            yield each
            waiting += [getattr(each, name) for name in reversed(kind.__struct_fields__)]
