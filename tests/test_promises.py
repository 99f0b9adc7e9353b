"""Every promise in docs/promises.md has a figure, and a harness that can make it again."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "promises.py"))
HARNESSES = [name for _, name in SCRIPT["PROMISES"]]
BAD = (
    "lost",
    "torn",
    "wrong",
    "failed",
    "crashes",
    "outside",
    "tracebacks",
    "stale",
    "sockets",
    "pickles",
)


def test_every_promise_has_a_figure() -> None:
    rows = SCRIPT["rows"]((ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))
    assert list(rows) == HARNESSES
    assert all(rows.values())


@pytest.mark.parametrize("name", HARNESSES)
def test_the_figures_are_those_of_a_promise_that_was_kept(name: str) -> None:
    figures = SCRIPT["rows"]((ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))[name]
    counts = dict(pair.split("=", 1) for pair in figures.split())
    assert counts
    assert {key: counts[key] for key in BAD if key in counts and counts[key] != "0"} == {}
    assert name != "orphans" or counts["left"] == "0"
    same, _, whole = counts.get("identical", "yes").partition("/")
    assert same in ("yes", whole, counts.get("runs"), counts.get("points"))


def test_every_promise_has_a_harness() -> None:
    sources = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    reporting = [
        text for path in sources if "figures" in (text := path.read_text(encoding="utf-8"))
    ]
    assert [name for name in HARNESSES if not any(f'"{name}"' in text for text in reporting)] == []


def test_a_promise_without_a_figure_is_not_written() -> None:
    figures = dict.fromkeys(HARNESSES, "cases=1")
    assert SCRIPT["table"](figures).count("cases=1") == len(HARNESSES)
    del figures["kill"]
    with pytest.raises(SystemExit, match="no figures of: kill"):
        SCRIPT["table"](figures)
