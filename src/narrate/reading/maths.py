r"""Where TeX mathematics stands in a text: `$…$`, `$$…$$` and `\(…\)`."""

from __future__ import annotations

import re
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""Where a part of a text starts and ends."""

_CODE = re.compile(r"`[^`]+`")

_MATHS = re.compile(
    r"""
    (?P<code>`[^`]+`)
    | (?<!\\)\$\$(?:[^$\\]|\\.)+\$\$             # $$…$$
    | (?<![\\$])\$(?![\s$])(?:[^$\\]|\\.)*?(?<!\s)\$(?!\d|[A-Z]{2})   # $…$, but not "$5 and $6"
    | (?<!\\)\\\((?:[^\\]|\\[^()])*+\\\)       # \(…\), with no `\(` in it, for linear time
    """,
    re.VERBOSE | re.DOTALL,
)


def code(text: str) -> list[Span]:
    """Start and end of each piece of code, its backticks included, in order."""
    return [match.span() for match in _CODE.finditer(text)] if "`" in text else []


def spans(text: str) -> list[Span]:
    """Start and end of each piece of mathematics, its signs included, in order.

    As in Pandoc, the first `$` has no space after it, the last one no space before it and no digit
    after it, so that prices are not mathematics, nor two capital letters, as in `$HOME:$PATH`.
    Code in backticks is not mathematics either.
    """
    return [match.span() for match in _MATHS.finditer(text) if not match["code"]]
