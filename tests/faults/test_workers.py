"""Workers that die, hang or talk garbage cost attempts and time, never a line; and none outlives
its parent.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from support.harness import Figures
from support.processes import alive, children
from support.project import Narrate, lines

pytestmark = pytest.mark.alone

SIGNALS = [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP, signal.SIGTERM]
WEIGHTS = [10, 6, 1, 3]
"""A worker that is stopped costs the whole deadline."""


def disturb(
    process: subprocess.Popen[bytes], tone: Narrate, signals: Sequence[signal.Signals]
) -> Counter[str]:
    """Send signals to a run's workers, one after the other, until the run ends; count those that
    were sent.
    """
    chance, sent, stored = random.Random(2), Counter[str](), 0
    for number in signals:
        # Three faults in one line would rightly fail it: each waits until the lines that the last
        # one hit are stored.
        while process.poll() is None and len(tone.clips) < stored + 3:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.1))
        workers: list[int] = []
        while process.poll() is None and not workers:
            workers = children(process.pid)
        if workers:
            stored = len(tone.clips)
            hit(chance.choice(workers), number)
            sent[number.name] += 1
    return sent


def hit(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        if number == signal.SIGSTOP and lives(pid, 5):
            # It was stopped while it loaded, which may rightly take minutes.
            os.kill(pid, signal.SIGCONT)


def lives(pid: int, seconds: float) -> bool:
    """Whether a process is still there after so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and alive(pid):
        time.sleep(0.02)
    return alive(pid)


@pytest.mark.slow
def test_faults_of_workers_cost_nothing_but_time(
    tone: Narrate, figures: Figures, ending: Any
) -> None:
    """Workers that crash, run out of memory, talk garbage, hang, are killed or stopped: every line
    is spoken.
    """
    count, chance = figures.size(100, 2000), random.Random(3)
    marks = [
        *["#crash<2"] * figures.size(4, 60),
        *["#crash<2=137"] * figures.size(2, 40),
        *["#garbage<2"] * figures.size(3, 60),
        *["#hang<2"] * figures.size(1, 10),
    ]
    texts = [f"Line number {number} of many. #slow=0.02" for number in range(count)]
    for place, mark in zip(chance.sample(range(count), len(marks)), marks, strict=True):
        texts[place] += f" {mark}"
    tone.write("script.json", lines(*texts))
    tone.env["NARRATE_TIMEOUT"] = "2"
    signals = [*SIGNALS, *chance.choices(SIGNALS, WEIGHTS, k=figures.size(4, 150))]
    process = ending(tone.start("run", "script.json", "-j", "1", "--json"))
    sent = disturb(process, tone, signals)
    out, err = process.communicate(timeout=600)
    failed, stored, disturbed = json.loads(out)["failed"], len(tone.clips), tone.outputs()
    tone.run("-f", "-j", "4")
    identical = tone.outputs() == disturbed
    figures.report(
        "workers",
        faults=len(marks) + sent.total(),
        **{name.lower(): times for name, times in sorted(sent.items())},
        failed=failed,
        stored=stored,
        identical="yes" if identical else "no",
    )
    assert process.returncode == 0, err.decode()
    assert sent.total() == len(signals)
    assert (failed, stored) == (0, count)
    assert identical


@pytest.mark.slow
def test_no_worker_outlives_a_killed_parent(tone: Narrate, figures: Figures, ending: Any) -> None:
    """Not even one that loads, or one in the middle of a line that takes a minute."""
    kills, chance, left = figures.size(6, 60), random.Random(4), list[int]()
    workers = 0
    tone.write("script.json", lines(*(f"Line number {number}. #slow=60" for number in range(20))))
    for _ in range(kills):
        process = ending(tone.start("run", "script.json", "-j", "2", stderr=subprocess.DEVNULL))
        while not (started := children(process.pid)):
            assert process.poll() is None
        time.sleep(chance.uniform(0.0, 0.8))
        # A parent that is stopped starts no worker between the count and the kill.
        process.send_signal(signal.SIGSTOP)
        started = children(process.pid)
        process.kill()
        end = time.monotonic() + 2
        while any(map(alive, started)) and time.monotonic() < end:
            time.sleep(0.02)
        workers += len(started)
        left += filter(alive, started)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    figures.report("orphans", kills=kills, workers=workers, left=len(left))
    assert workers > kills
    assert left == []
