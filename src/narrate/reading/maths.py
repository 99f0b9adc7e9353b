r"""Where TeX mathematics stands in a text: `$…$`, `$$…$$` and `\(…\)`."""

from __future__ import annotations

import re

_MATHS = re.compile(
    r"""
    (?<!\\)\$\$(?:[^$\\]|\\.)+\$\$             # $$…$$
    | (?<![\\$])\$(?![\s$])(?:[^$\\]|\\.)*?(?<!\s)\$(?!\d)   # $…$, but not "$5 and $6"
    | (?<!\\)\\\((?:[^\\]|\\[^()])*+\\\)       # \(…\), with no `\(` in it, for linear time
    """,
    re.VERBOSE | re.DOTALL,
)


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each piece of mathematics, its signs included, in order.

    As in Pandoc, the first `$` has no space after it, the last one no space before it and no digit
    after it, so that prices are not mathematics.
    """
    return [match.span() for match in _MATHS.finditer(text)]
