"""A run that was stopped (Ctrl-Z, a paused container) continues as if no time had passed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from support.processes import children
from support.project import Narrate, lines

Ending = Callable[[subprocess.Popen[bytes]], subprocess.Popen[bytes]]
TIMEOUT = 5.0


def started(tone: Narrate, *args: str) -> subprocess.Popen[bytes]:
    """The command in a process group of its own, as a shell starts it: in a session of its own
    SIGTSTP does nothing.

    That is why the worker, which has one, can only be stopped by SIGSTOP.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "narrate", *args],
        cwd=tone.folder,
        env=os.environ | tone.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "whole"),
    [(signal.SIGSTOP, True), (signal.SIGTSTP, False)],
    ids=["all of it", "Ctrl-Z"],
)
def test_the_time_for_which_a_run_is_stopped_costs_no_attempt(
    tone: Narrate, ending: Ending, number: signal.Signals, whole: bool
) -> None:
    # A minute of sound comes through the pipe in many parts, each of which is waited for.
    tone.write(
        "script.json", lines("A first line.", f"It takes its time. #seconds=60 #slow={TIMEOUT + 2}")
    )
    tone.env["NARRATE_TIMEOUT"] = str(TIMEOUT)
    log = tone.folder / "events.jsonl"
    process = ending(started(tone, "run", "script.json", "--qa", "off", "--events", str(log)))
    end = time.monotonic() + 60
    while not (log.exists() and '"spoken"' in log.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(0.3)
    stopped = [process.pid, *(children(process.pid) if whole else ())]
    for pid in stopped:
        os.kill(pid, number if pid == process.pid else signal.SIGSTOP)
    time.sleep(TIMEOUT + 1)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["attempt"] for event in events if event["event"] == "spoken"] == [1, 1]
    assert not [event for event in events if event["event"] == "retry"]
