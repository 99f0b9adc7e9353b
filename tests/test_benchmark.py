"""The benchmark runs from end to end and prints every row; what it measures is not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "benchmark.sh"
ROWS = ("no-op", "cached clips", "one line", "hibari", "tone", "peak memory", "narrate bench")


@pytest.mark.slow
def test_a_quick_benchmark_prints_every_row_as_json() -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [SCRIPT, "--quick", "--json"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["machine"].keys() == {"cores", "cpu", "python", "platform", "narrate"}
    assert len(document["rows"]) == 18
    for name in ROWS:
        rows = [row for row in document["rows"] if name in row["what"]]
        assert rows, name
        assert all(row["measured"] > 0 for row in rows)
