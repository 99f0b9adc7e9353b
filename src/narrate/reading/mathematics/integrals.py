"""What an integral takes: all up to its differential, as in `∫ x^2 + 1 \\, dx`."""

from __future__ import annotations

from collections.abc import Sequence

from narrate.reading.mathematics.symbols import INTEGRALS
from narrate.reading.mathematics.tree import (
    Big,
    Integral,
    Mark,
    Name,
    Node,
    Row,
    Script,
    base,
    sign,
)

_COUNTS = {"∬": 2, "∭": 3, "∯": 2}


def integrals(nodes: Sequence[Node]) -> list[Node]:
    """The row with each integral that has its differentials in it made one node.

    The last integral takes the first differential after it, so the innermost comes first.
    """
    row = list(nodes)
    for at in range(len(row) - 1, -1, -1):
        core = base(row[at])
        if isinstance(core, Big) and core.text in INTEGRALS:
            start, end = _differentials(row, at + 1, _COUNTS.get(core.text, 1))
            if start < end:
                # In `F · dr` the differential is a factor.
                start = end if sign(row[start - 1], "⋅", "·") else start
                body, variables = Row(tuple(row[at + 1 : start])), Row(tuple(row[start:end]))
                row[at:end] = [Integral(row[at], body, variables)]
    return row


def _differentials(row: list[Node], start: int, count: int) -> tuple[int, int]:
    """Where the first differentials stand, as many as there are up to `count`."""
    at = start
    while at < len(row) and not _is_differential(row, at):
        at += 1
    end = at
    while end < len(row) and _is_differential(row, end) and (end - at) // 2 < count:
        end += 2
    return at, end


def _is_differential(row: list[Node], at: int) -> bool:
    d = row[at].base if isinstance(row[at], Script) else row[at]  # type: ignore[union-attr]
    if not isinstance(d, Name) or d.text != "d" or at + 1 >= len(row):
        return False
    variable = row[at + 1]
    return isinstance(variable, Name | Script | Mark) and isinstance(base(variable), Name)
