"""Two runs at once on one cache: each utterance is spoken once, and both narrations are the
same.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest

from support.harness import Figures
from support.processes import alive
from support.project import Narrate, contents, lines


def begin(tone: Narrate, ending: Any, *names: str) -> list[subprocess.Popen[bytes]]:
    return [
        ending(tone.start("run", "script.json", "--json", "-j", "1", "-o", name)) for name in names
    ]


def end(process: subprocess.Popen[bytes]) -> Any:
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err.decode()
    return json.loads(out)


@pytest.mark.slow
def test_each_utterance_is_spoken_once_however_many_runs_want_it(
    tone: Narrate, ending: Any, figures: Figures
) -> None:
    keys, runs = 50, figures.size(4, 8)
    tone.write(
        "script.json", lines(*(f"Line number {number}. #slow=0.1" for number in range(keys)))
    )
    names = [f"out{number}" for number in range(runs)]
    reports = [end(process) for process in begin(tone, ending, *names)]
    spoken = sum(report["spoken"] for report in reports)
    narrations = [contents(tone.folder / name, without="run.json") for name in names]
    identical = all(narration == narrations[0] for narration in narrations)
    figures.report(
        "twice", runs=runs, keys=keys, spoken=spoken, identical="yes" if identical else "no"
    )
    assert spoken == keys
    assert identical
    assert all(report["cached"] == keys - report["spoken"] for report in reports)


def test_what_a_killed_run_was_speaking_is_spoken_by_the_other(tone: Narrate, ending: Any) -> None:
    tone.write("script.json", lines("First. #slow=2", "Second. #slow=2"))
    [first] = begin(tone, ending, "first")
    while not (tone.cache / "claims").exists():
        time.sleep(0.02)
    time.sleep(0.5)
    [second] = begin(tone, ending, "second")
    assert second.stderr is not None
    assert any(b"waiting for another run" in line for line in iter(second.stderr.readline, b""))
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not alive(first.pid)
    assert end(second)["spoken"] == 2


def test_a_run_that_has_stopped_is_waited_for_no_longer_than_its_work_may_take(
    tone: Narrate, ending: Any
) -> None:
    tone.env["NARRATE_TIMEOUT"] = "1"
    tone.write("script.json", lines("Only one. #slow=0.9"))
    [first] = begin(tone, ending, "first")
    while not (tone.cache / "claims").exists():
        time.sleep(0.02)
    time.sleep(0.2)
    os.killpg(first.pid, signal.SIGSTOP)
    [second] = begin(tone, ending, "second")
    assert end(second)["spoken"] == 1
    os.killpg(first.pid, signal.SIGCONT)
