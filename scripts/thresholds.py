"""Write the table of thresholds in docs/checks.md from the docstrings of narrate.thresholds.

With --check, say only whether it is up to date.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from narrate import thresholds
from narrate.thresholds import Thresholds

PAGE = Path(__file__).resolve().parents[1] / "docs" / "checks.md"
BEGIN, END = "<!-- thresholds -->\n", "<!-- /thresholds -->\n"


def reasons() -> Iterator[tuple[str, str]]:
    """Each threshold with its docstring on one line."""
    tree = ast.parse(Path(thresholds.__file__).read_text(encoding="utf-8"))
    [body] = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            assert isinstance(field.target, ast.Name)
            yield field.target.id, " ".join(str(ast.literal_eval(text.value)).split())


def table() -> str:
    """The thresholds with their defaults."""
    usual = Thresholds()
    lines = ["| threshold | default | meaning |", "|---|---|---|"]
    for name, why in reasons():
        value = getattr(usual, name)
        shown = "" if value is None else f"`{list(value) if isinstance(value, tuple) else value}`"
        lines.append(f"| `{name}` | {shown} | {why} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page with the table of today."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(page() != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(page(), encoding="utf-8")
