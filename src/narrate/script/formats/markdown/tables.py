"""Tables: their rows, and each row as it is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from narrate.script.formats.markdown import attributes

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

Row = list["Token"]
"""The cells of a row, whose content is not parsed yet."""

_CELL_END = re.compile(r"(?<!\\)\|")


def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table of GitHub; its first token has the lines of the rows with too many cells.

    markdown-it leaves out the cells for which the header has none.
    """
    from markdown_it.rules_block import table

    before = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    if not silent:
        most = _cells(state, start)
        rows = range(start + 2, state.line)
        state.tokens[before].meta["wide"] = [line for line in rows if _cells(state, line) > most]
    return True


def _cells(state: StateBlock, line: int) -> int:
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    parts = _CELL_END.split(text.strip())
    return len(parts) - (not parts[0]) - (not parts[-1])


def rows(tokens: Iterable[Token]) -> list[Row]:
    """The rows of a table, the header first."""
    found: list[Row] = []
    for token in tokens:
        if token.type == "tr_open":
            found.append([])
        elif token.type == "inline":
            found[-1].append(token)
    return found


def are_attributes(row: Row) -> bool:
    """Whether a row is a line of attributes below a table, which the parser takes for a row."""
    first, *others = (cell.content for cell in row)
    end = len(first)
    begins = first.startswith("{") and attributes.begin(first, 0, end)
    return begins and attributes.close(first, 0, end) == end and not any(others)


def sentence(header: Sequence[str], cells: Sequence[str]) -> str:
    """A row as it is said, without its empty cells: `Name: x, Size: 3.`"""
    named = zip(header, cells, strict=True)
    parts = [f"{name.removesuffix(':')}: {cell}" if name else cell for name, cell in named if cell]
    said = ", ".join(part.removesuffix(".") for part in parts)
    return said if said.endswith(("!", "?", "…")) or not said else f"{said}."


def unsaid(header: Sequence[str], texts: Sequence[Sequence[str]]) -> list[str]:
    """The names of columns without a text."""
    columns = [any(column) for column in zip(*texts, strict=True)] or [False] * len(header)
    return [name for name, has_text in zip(header, columns, strict=True) if not has_text]
