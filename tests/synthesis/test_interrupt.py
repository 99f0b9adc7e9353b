"""Ctrl-C: the first lets what is being spoken finish, the second stops at once, and nothing
finished is lost.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from typing import Any

import pytest

from support.processes import alive, children
from support.project import Narrate, lines

pytestmark = pytest.mark.alone

COUNT = 24


def slow(tone: Narrate) -> None:
    texts = (f"Line number {number}. #slow=0.1" for number in range(COUNT))
    tone.write("script.json", lines(*texts))


def speaking(tone: Narrate, ending: Any, *args: str) -> tuple[subprocess.Popen[bytes], list[int]]:
    """A run that has begun to speak, and its workers."""
    process = ending(tone.start("run", "script.json", *args))
    assert process.stderr is not None
    assert b"to speak" in process.stderr.readline()
    workers: list[int] = []
    end = time.monotonic() + 20
    while not workers and time.monotonic() < end:
        workers = children(process.pid)
    assert workers
    return process, workers


def interrupt(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> None:
    os.killpg(process.pid, number)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    tone = Narrate(tmp_path_factory.mktemp("undisturbed"), NARRATE_ENGINE="tone")
    slow(tone)
    tone.run("-j", "4")
    return tone.outputs()


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_it_finished_and_goes_on_from_there(
    tone: Narrate, ending: Any, undisturbed: dict[str, bytes]
) -> None:
    slow(tone)
    chance, finished = random.Random(3), 0
    for _ in range(4):
        process, workers = speaking(tone, ending)
        time.sleep(chance.uniform(0.0, 0.8))
        interrupt(process)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (130, b"")
        assert b"interrupted after" in err
        assert b"next:" in err
        assert b"Traceback" not in err
        assert not any(alive(pid) for pid in workers)
        assert not tone.out.exists()
        assert len(tone.clips) >= finished
        finished = len(tone.clips)
    assert 0 < finished < COUNT
    assert tone.run()["spoken"] == COUNT - finished
    assert tone.outputs() == undisturbed


def test_termination_is_as_gentle_as_an_interrupt(tone: Narrate, ending: Any) -> None:
    slow(tone)
    process, workers = speaking(tone, ending)
    time.sleep(0.5)
    interrupt(process, signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"interrupted after" in err
    assert not any(alive(pid) for pid in workers)
    assert tone("cache", "verify").code == 0


def test_the_line_that_is_being_spoken_is_finished(tone: Narrate, ending: Any) -> None:
    tone.write("script.json", lines("Slow. #slow=1.5", "Slow too. #slow=60", "Never begun."))
    process, _ = speaking(tone, ending)
    time.sleep(0.7)
    interrupt(process)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert len(tone.clips) == 1


def test_a_second_interrupt_stops_at_once(tone: Narrate, ending: Any) -> None:
    tone.env["NARRATE_TIMEOUT"] = "100"
    tone.write("script.json", lines("Fine.", "#hang"))
    process, workers = speaking(tone, ending)
    time.sleep(0.5)
    interrupt(process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    interrupt(process)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert b"stopped at once" in err
    assert b"Traceback" not in err
    assert not any(alive(pid) for pid in workers)
    assert len(tone.clips) == 1


def test_an_interrupt_is_told_as_json_too(tone: Narrate, ending: Any) -> None:
    slow(tone)
    process, _ = speaking(tone, ending, "--json")
    time.sleep(0.5)
    interrupt(process)
    out, _ = process.communicate(timeout=30)
    assert b'"ok": false' in out
    assert b'"exit_code": 130' in out
