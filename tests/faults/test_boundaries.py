"""What is not narrate's own: files, code, keys and settings of others are neither lost, run, sent nor obeyed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import boundary_stale

from conftest import Figures

PARTS = (boundary_stale,)


def test_boundaries(tmp_path: Path, figures: Figures) -> None:
    counts: Counter[str] = Counter()
    for part in PARTS:
        folder = tmp_path / part.__name__
        folder.mkdir()
        counts.update(part.attack(folder))
    figures.report("boundaries", **counts)
    assert counts["stale"] == 0
