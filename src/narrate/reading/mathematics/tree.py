"""The tree of a formula: what the parser gives and the verbaliser reads.

Only `parse` makes it, so the parser can be replaced without a change elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Name:
    """A letter that stands for something: `x`, `α`, `\\mathbf{v}` (variant "bold")."""

    text: str
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """Digits, perhaps with one decimal point."""

    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """Written-out text: `\\text{if }`, `\\mathrm{softmax}`."""

    text: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """A sign; kind is `rel`, `bin`, `punct`, `open`, `close`, `inner` or `ord`, as in TeX."""

    text: str
    kind: str = "ord"


@dataclass(frozen=True, slots=True)
class Function:
    """A named function: `\\sin`, `\\lim`, `\\operatorname{rank}`."""

    text: str


@dataclass(frozen=True, slots=True)
class Big:
    """A sign that takes limits and a body: `∑`, `∫`, `⋃`."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Nodes side by side."""

    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Fraction:
    """One node over another."""

    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True)
class Choose:
    """A binomial coefficient."""

    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True)
class Root:
    """A root; no index means a square root."""

    inside: Node
    index: Node | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A base with something below, above or both."""

    base: Node
    sub: Node | None = None
    sup: Node | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """What stands between two brackets or bars; an empty sign is `\\left.` or `\\right.`."""

    open: str
    inside: Row
    close: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells: a matrix, cases or aligned equations (see `shape`)."""

    shape: str
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A word said after its base: "hat", "bar", "dot"."""

    word: str
    base: Node


@dataclass(frozen=True, slots=True)
class Integral:
    """An integral sign with its limits, what it integrates and its differentials (`dx`)."""

    sign: Node
    body: Row
    differentials: Row


@dataclass(frozen=True, slots=True)
class Stacked:
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
            waiting += [getattr(each, name) for name in reversed(kind.__slots__)]
