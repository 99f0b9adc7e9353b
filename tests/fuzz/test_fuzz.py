"""The parsers of all that comes from outside, fuzzed: only the errors that are documented
may pass.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from support.harness import Figures, absent

HERE = Path(__file__).parent
RUNS = {
    "json": 4_000,
    "yaml": 1_500,
    "markdown": 1_500,
    "text": 4_000,
    "srt": 4_000,
    "vtt": 4_000,
    "stdin": 2_000,
    "entry": 10_000,
    "origin": 10_000,
    "archive": 4_000,
    "frames": 20_000,
}
"""How often each target runs in `make test`: as often as it can in about two seconds."""

SECONDS = 60
"""How long each target runs in `make faults`."""


class Fuzzed(NamedTuple):
    """What came of a target: how often it ran, and what it crashed on with the last of what it
    said.
    """

    runs: int
    crash: str = ""


def fuzz(target: str, *flags: str) -> Fuzzed:
    """Fuzz a target in a process of its own, from the seeds of its corpus."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="narrate-fuzz-", dir=memory) as folder:
        found = Path(folder) / "found"
        found.mkdir()
        limits = (
            "-seed=1",
            "-max_len=4096",
            "-timeout=20",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
        )
        command = [
            sys.executable,
            str(HERE / "targets.py"),
            target,
            str(found),
            str(HERE / "corpus" / target),
            *limits,
            *flags,
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
        counted = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        crashed = [path.read_bytes().hex() for path in Path(folder).glob("*-" + "[0-9a-f]" * 40)]
    runs = int(counted[1]) if counted else 0
    if done.returncode == 0 and not crashed:
        return Fuzzed(runs)
    return Fuzzed(runs, f"exit code {done.returncode} on {crashed}:\n{done.stderr[-3000:]}")


@pytest.fixture(autouse=True)
def _fuzzer() -> None:
    if not find_spec("atheris"):
        absent("atheris is not installed: it has wheels for Linux, for some versions of Python")


@pytest.mark.slow
def test_no_input_makes_a_parser_fail_in_a_way_that_is_not_documented(figures: Figures) -> None:
    extent = {
        target: f"-max_total_time={SECONDS}" if figures.large else f"-runs={RUNS[target]}"
        for target in RUNS
    }
    results = {target: fuzz(target, flag) for target, flag in extent.items()}
    runs = sum(result.runs for result in results.values())
    crashes = {target: result.crash for target, result in results.items() if result.crash}
    figures.report("fuzz", targets=len(results), runs=runs, crashes=len(crashes))
    assert crashes == {}
    assert runs >= sum(RUNS.values())
