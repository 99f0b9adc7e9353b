"""Ctrl-C typed at a terminal, at any moment of a run: nothing finished is lost, and the next run
goes on from there.
"""

from __future__ import annotations

import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.harness import Figures
from support.project import Narrate, lines

pytestmark = pytest.mark.alone

COUNT = 16
SCRIPT = lines(*(f"Line number {number}. #slow=0.05" for number in range(COUNT)))
CTRL_C = b"\x03"
OURS = re.compile(rb'File "[^"]*/narrate/[^"]*", line \d+, in (?!<module>)')
"""A line of a traceback from when the command had begun: what comes before is Python's own, which
nobody can catch.
"""
STARTING = re.compile(
    rb"Fatal Python error: init_|Could not import runpy module|in _get_module_details"
)
"""What Python says when it is interrupted while it starts."""


class Terminal:
    """A run at a terminal of its own, and what it has shown there."""

    def __init__(self, tone: Narrate, *args: str) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "narrate", "run", "script.json", *args],
            cwd=tone.folder,
            # Warnings as errors, which the other tests ask for, would be told as tracebacks by an
            # interrupted Python.
            env=os.environ | tone.env | {"TERM": "xterm", "PYTHONWARNINGS": ""},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.shown = b""

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait_for(self, words: bytes) -> None:
        """Wait until something is shown, or the run has ended."""
        while words not in self.shown and self.watch(0.01) is None:
            pass

    def watch(self, seconds: float) -> int | None:
        """Read what is shown, for so long or until the run has ended; return its exit code."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], min(left, 0.01))
            if ready:
                try:
                    self.shown += os.read(self._master, 1 << 16)
                except OSError:
                    # Linux says so when nobody holds the other side any more.
                    return self.process.wait(max(left, 1))
            elif self.process.poll() is not None:
                return self.process.returncode
        return self.process.poll()

    @property
    def code(self) -> int:
        """The exit code as a shell tells it; what Python said while it was starting counts as an
        interrupt.
        """
        code = self.process.returncode
        starting = code == 1 and STARTING.search(self.shown)
        return 130 if code == -signal.SIGINT or starting else code

    @property
    def traces(self) -> dict[str, bool]:
        """Whether a traceback was shown, of ours or of Python's own."""
        ours = OURS.search(self.shown) is not None
        return {"tracebacks": ours, "python": b"Traceback" in self.shown and not ours}

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._master)


@contextmanager
def terminal(tone: Narrate, *args: str) -> Iterator[Terminal]:
    it = Terminal(tone, *args)
    try:
        yield it
    finally:
        it.close()


class Worlds:
    """Folders for one run each, with an empty cache or with a full one, and how the run goes if
    nobody disturbs it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        first = self.make("first")
        with terminal(first, "-j", "1") as it:
            it.wait_for(b"to speak")
            self.speaking = timed(lambda: it.watch(30))
        self.outputs = first.outputs()
        self._full = first.cache
        self.life = timed(lambda: first.run("-o", "again"))

    def make(self, name: str, full: bool = False, script: object = SCRIPT) -> Narrate:
        (self._root / name).mkdir()
        tone = Narrate(self._root / name, NARRATE_ENGINE="tone", NARRATE_TIMEOUT="100")
        tone.write("script.json", script)
        if full:
            shutil.copytree(self._full, tone.cache)
        return tone


def timed(action: Callable[[], object]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


@pytest.mark.slow
def test_whenever_ctrl_c_is_typed_nothing_finished_is_lost(
    tmp_path: Path, figures: Figures
) -> None:
    """In half of the runs while they speak, in the others, which find everything, from their start
    to their end.
    """
    worlds, points = Worlds(tmp_path), figures.size(6, 50)
    counts: Counter[str] = Counter()
    told = []
    for point in range(points):
        full = bool(point % 2)
        tone = worlds.make(str(point), full)
        with terminal(tone, "-j", "1") as it:
            if not full:
                it.wait_for(b"to speak")
            it.watch((worlds.life if full else worlds.speaking) * (point + 0.5) / points)
            before = set(tone.clips)
            it.type(CTRL_C)
            it.watch(30)
        after = set(tone.clips)
        counts.update(
            finished=len(before), kept=len(before & after), **it.traces, done=it.code == 0
        )
        told += [] if it.code in (0, 130) else [it.shown]
        spoken = tone.run()["spoken"]
        counts.update(
            left=COUNT - len(after), spoken=spoken, identical=tone.outputs() == worlds.outputs
        )
    figures.report("ctrl_c", points=points, **counts)
    assert told == []
    assert counts["tracebacks"] == 0
    assert counts["kept"] == counts["finished"] > 0
    assert counts["spoken"] == counts["left"] > 0
    assert counts["identical"] == points


@pytest.mark.slow
def test_ctrl_c_twice_ends_a_run_within_two_seconds(tmp_path: Path, figures: Figures) -> None:
    worlds, points = Worlds(tmp_path), figures.size(4, 50)
    chance, longest = random.Random(1), 0.0
    counts: Counter[str] = Counter()
    told = []
    for point in range(points):
        tone = worlds.make(str(point), script=lines("Quick.", "Slow. #slow=60", "Slower. #slow=60"))
        with terminal(tone) as it:
            it.watch(2 * worlds.life * (point + 0.5) / points)
            before = set(tone.clips)
            it.type(CTRL_C)
            it.watch(chance.uniform(0, 0.2))
            it.type(CTRL_C)
            started = time.monotonic()
            it.watch(30)
            longest = max(longest, time.monotonic() - started)
        counts.update(finished=len(before), kept=len(before & set(tone.clips)), **it.traces)
        told += [] if it.code == 130 else [it.shown]
    figures.report("ctrl_c_twice", points=points, longest_ms=round(longest * 1000), **counts)
    assert told == []
    assert counts["tracebacks"] == 0
    assert counts["kept"] == counts["finished"]
    assert longest < 2
