"""SIGKILL at random instants of a run: what was said to be spoken is kept, and the next run goes on
from there.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from support.harness import Figures
from support.injection import clips, halves, processes, temps
from support.project import Narrate, lines

pytestmark = pytest.mark.alone

LINES = 40
MOMENTS = {"start": 0.4, "speaking": 0.4, "writing": 0.03}
"""What a killer waits for, and within how many seconds of it the kill comes."""

ROUND = ("start", "speaking", "speaking", "writing", "writing")


class Victim:
    """A run that is killed again and again, over an older narration or none, and what it must not
    lose.
    """

    def __init__(self, tone: Narrate) -> None:
        self.tone, self.log = tone, tone.folder / "events.jsonl"
        self.command = ("-j", "2", "--events", self.log)
        self._older = tone.root / "older"
        self._write("An older line", LINES + 1)
        tone.run("-j", "2")
        self.old = tone.outputs()
        tone.out.rename(self._older)
        self._write("Line number", LINES)
        tone.run(*self.command)
        self.new = tone.outputs()
        self.keys = {segment["id"]: segment["cache_keys"] for segment in tone.manifest["segments"]}
        self.sounds = clips(tone.cache)
        self.spoken: set[str] = set()
        self.seen = 0

    def _write(self, words: str, count: int) -> None:
        texts = (f"{words} {number}. #slow=0.02 #seconds=2" for number in range(count))
        self.tone.write("script.json", lines(*texts))

    def begin_anew(self, over_older: bool) -> None:
        """An empty cache, and an output folder that is absent or holds the older narration."""
        self.spoken.clear()
        for folder in (self.tone.cache, self.tone.out):
            shutil.rmtree(folder, ignore_errors=True)
        if over_older:
            shutil.copytree(self._older, self.tone.out)

    def kill(self, moment: str, delay: float, ending: Any) -> bool:
        """Start the run and kill it; whether it was still running."""
        self.log.unlink(missing_ok=True)
        started = time.time_ns()
        process = ending(self.tone.start("run", "script.json", "--json", *map(str, self.command)))
        while process.poll() is None and not self._reached(moment, started):
            time.sleep(0.001)
        time.sleep(delay)
        if moment == "speaking":
            self.seen = max(self.seen, len(processes(self.tone.cache)))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.spoken |= {key for id in self._acknowledged() for key in self.keys[id]}
        return bool(process.returncode == -signal.SIGKILL)

    def _reached(self, moment: str, started: int) -> bool:
        if moment == "speaking":
            return bool(self._acknowledged())
        return moment == "start" or any(
            _changed_since(each, started) for each in self.tone.out.glob(".narrate-*")
        )

    def _acknowledged(self) -> list[str]:
        """The segments that the log calls spoken; its last line may be torn."""
        whole = self.log.read_bytes().rpartition(b"\n")[0] if self.log.exists() else b""
        events = map(json.loads, whole.splitlines())
        return [event["segment"] for event in events if event["event"] == "spoken"]

    def damage(self) -> Counter[str]:
        """How many clips are lost, and how many clips and outputs are torn."""
        held = clips(self.tone.cache)
        wrong = [key for key, sound in held.items() if sound != self.sounds[key]]
        return Counter(
            lost=len(self.spoken - held.keys()),
            torn=len(wrong) + len(halves(self.tone.out, self.new, self.old)),
        )

    def finish(self) -> Counter[str]:
        """Run to the end; count what is left that should not be, and whether the outputs are those
        of a calm run.
        """
        spoke = self.tone.run(*self.command)["spoken"]
        assert not list(self.tone.out.glob(".narrate*"))
        # Only a run that stores something sweeps what dead writers left.
        left = len(temps(self.tone.cache)) if spoke else 0
        same = self.tone.outputs() == self.new
        return Counter(temps=left, identical=same, needless=spoke > LINES - len(self.spoken))


def _changed_since(path: Path, instant: int) -> bool:
    try:
        return path.stat().st_ctime_ns > instant
    except OSError:
        return False


def remaining(cache: Path) -> list[str]:
    """The processes of killed runs, which have a moment to notice that they are alone."""
    end = time.monotonic() + 10
    while (left := processes(cache)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


@pytest.mark.slow
def test_a_killed_run_loses_nothing_that_it_said_was_spoken(
    tone: Narrate, ending: Any, figures: Figures
) -> None:
    chance, victim, counts = random.Random(9), Victim(tone), Counter[str]()
    rounds = figures.size(3, 30)
    for number in range(rounds):
        victim.begin_anew(over_older=number % 2 == 1)
        for moment in ROUND:
            delay = chance.uniform(0, MOMENTS[moment])
            while not victim.kill(moment, delay, ending):
                # It came to its end before: once more, and sooner.
                victim.begin_anew(over_older=number % 2 == 1)
                delay /= 2
            counts += victim.damage() + Counter(kills=1)
        counts["stored"] += len(victim.spoken)
        counts += victim.finish()
    workers = remaining(tone.cache)
    names = ("kills", "stored", "lost", "torn", "temps")
    figures.report(
        "kill",
        **{name: counts[name] for name in names},
        identical=f"{counts['identical']}/{rounds}",
    )
    assert counts["stored"] > rounds
    assert (counts["lost"], counts["torn"], counts["temps"], counts["needless"]) == (0, 0, 0, 0)
    assert counts["identical"] == rounds
    assert victim.seen > 1, "the workers of a run cannot be seen here"
    assert workers == []


def test_pruning_removes_what_a_killed_writer_left(tone: Narrate) -> None:
    tone.write("script.json", lines("One."))
    tone.run()
    (tone.cache / "tmp" / "1-00000000dead").write_bytes(b"half")
    assert tone("cache", "prune", "--max-size", "1GB").code == 0
    assert temps(tone.cache) == []
