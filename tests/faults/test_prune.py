"""Prune takes no lock and waits for nobody, and no run is broken by it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.harness import Figures
from support.project import Narrate, contents, lines

pytestmark = pytest.mark.alone

PRUNER = """
import json, select, sys, time
from pathlib import Path
from narrate.cache import Store
store, wait, seconds, removed = Store(Path(sys.argv[1])), float(sys.argv[2]), [], 0
print("ready", flush=True)
while not select.select([sys.stdin], [], [], wait)[0]:
    started = time.perf_counter()
    removed += store.prune(0)[0]
    seconds.append(time.perf_counter() - started)
    wait = 0.05
print(json.dumps({"prunes": len(seconds), "longest": max(seconds, default=0), "removed": removed}))
"""


class Undertaking:
    """A script narrated again and again while another process empties the cache; it counts what
    came of it.
    """

    def __init__(self, tone: Narrate) -> None:
        self.tone = tone
        self.undisturbed = tone.outputs()
        self.counts: Counter[str] = Counter()
        self.longest = 0.0
        self.errors: list[str] = []

    def run(self, delay: float) -> None:
        """Narrate into a new folder, while the cache is emptied every 50 ms, for the first time
        after a delay.
        """
        with self.pruning(delay):
            ran = self.tone("run", "script.json", "-o", f"out{self.counts['runs']}")
        same = (
            contents(self.tone.folder / f"out{self.counts['runs']}", without="run.json")
            == self.undisturbed
        )
        self.counts.update(runs=1, failed=bool(ran.code), identical=same)
        self.errors += [ran.err] if ran.code else []

    @contextmanager
    def pruning(self, delay: float) -> Iterator[None]:
        command = [sys.executable, "-c", PRUNER, str(self.tone.cache), str(delay)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield
            done = json.loads(process.communicate()[0])
        self.longest = max(self.longest, done.pop("longest"))
        self.counts.update(done)


@pytest.mark.slow
def test_a_run_is_not_broken_by_what_empties_its_cache(
    tone: Narrate, figures: Figures, tmp_path: Path
) -> None:
    """Speak everything, and find everything in the cache, which is emptied from then or from some
    moment on.
    """
    count, pairs = figures.size(60, 300), figures.size(3, 20)
    tone.write("script.json", lines(*(f"Line number {number}." for number in range(count))))
    tone.run()
    full = shutil.copytree(tone.cache, tmp_path / "full")
    started = time.monotonic()
    tone.run("-o", "again")
    life = time.monotonic() - started
    it = Undertaking(tone)
    for number in range(pairs):
        it.run(0)
        shutil.rmtree(tone.cache)
        shutil.copytree(full, tone.cache)
        # The later half of a run's life is when it reads its clips; before that it starts and
        # plans.
        it.run(life * (0.5 + number / pairs / 2))
    pruned = {name: it.counts[name] for name in ("prunes", "removed")}
    ended = {name: it.counts[name] for name in ("runs", "failed", "identical")}
    figures.report("prune", **pruned, longest_ms=round(it.longest * 1000), **ended)
    assert pruned["removed"] > count * pairs
    assert it.longest < 1
    assert it.errors == []
    assert ended["identical"] == ended["runs"]
