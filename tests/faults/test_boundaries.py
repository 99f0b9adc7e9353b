"""What is not narrate's own: files, code, keys and settings of others are neither lost, run, sent
nor obeyed.
"""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import pytest

from support.harness import Figures

PARTS = ("store", "outputs", "code", "stale", "bounds")
FORBIDDEN = (
    "lost",
    "modes_changed",
    "not_refused",
    "through_links",
    "torn",
    "executed",
    "keys_sent",
    "broken",
    "stale",
    "hangs",
    "tracebacks",
    "raw_escapes",
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_boundaries(tmp_path: Path, figures: Figures) -> None:
    counts: Counter[str] = Counter()
    for part in PARTS:
        folder = tmp_path / part
        folder.mkdir()
        counts.update(importlib.import_module(f"boundary_{part}").attack(folder))
    figures.report("boundaries", **counts)
    assert {name: counts[name] for name in FORBIDDEN} == dict.fromkeys(FORBIDDEN, 0)
