"""A few technical lines, said by the embedded voice and heard by Whisper base, if it is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.hearing import HALVES, Studio

LINES = Path(__file__).with_name("lines.tsv").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.slow
def test_technical_lines_are_understood(tmp_path: Path) -> None:
    for half in HALVES:
        pytest.importorskip(half)
    studio = Studio(tmp_path)
    rows = [line.split("\t") for line in LINES[::15]]
    found = [studio.errors(said, studio.hear(written)) for _, written, said in rows]
    wrong, count = (sum(each) for each in zip(*found, strict=True))
    assert count > 80
    assert wrong / count <= 0.06
