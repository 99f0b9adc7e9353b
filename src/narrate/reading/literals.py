r"""Where code in backticks and TeX mathematics stand in a text: nothing inside is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

Span: TypeAlias = tuple[int, int]
"""Where a part of a text starts and ends."""

Kind: TypeAlias = Literal["code", "formula"]

_LITERAL = re.compile(
    r"""
    (?<![A-Za-z0-9\\`])(?P<ticks>`{1,2}+)(?!`)
        (?P<code>(?:[^`\n]|(?!(?P=ticks)(?!`))`++)++)(?P=ticks)(?!`)
    | (?<!\\)\$\$(?:[^$\\]|\\.)+\$\$             # $$…$$
    | (?<![\\$])\$(?![\s$])(?:[^$\\]|\\.)*?(?<!\s)\$(?!\d|[A-Z]{2})   # $…$, but not "$5 and $6"
    | (?<!\\)\\\((?:[^\\]|\\[^()])*+\\\)       # \(…\), with no `\(` in it, for linear time
    """,
    re.VERBOSE | re.DOTALL,
)


def find(text: str) -> Iterator[tuple[Kind, Span, Span]]:
    """The kind of each literal, where it stands with its signs, and where its content does.

    Code is between one backtick and the next, or between two and the next two, in one line; the
    backticks of "It`s five o`clock" are none. As in Pandoc, the first `$` has no space after it,
    the last one no space before it and no digit after it, so that prices are not mathematics, nor
    two capital letters, as in `$HOME:$PATH`. The signs of a formula belong to its content.
    """
    for match in _LITERAL.finditer(text):
        if match["code"]:
            yield "code", match.span(), _content(match)
        else:
            yield "formula", match.span(), match.span()


def formulas(text: str) -> list[Span]:
    """Start and end of each formula outside of code, its signs included, in order."""
    return [span for kind, span, _ in find(text) if kind == "formula"]


def _content(match: re.Match[str]) -> Span:
    """Where code stands, without a space on both sides that keeps it from its backticks."""
    start, end = match.span("code")
    code = match["code"]
    is_padded = code[0] == code[-1] == " " and code.strip()
    return (start + 1, end - 1) if is_padded else (start, end)
