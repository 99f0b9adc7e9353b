"""Many processes on one cache directory, some of which are killed: nobody ever reads what is wrong
or half done.
"""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from narrate.cache import Store
from support import crowding
from support.crowding import FIRST, Note
from support.harness import Figures

pytestmark = pytest.mark.alone

PROCESSES = 8


class Crowd:
    """Members at work on a directory, and their journals."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "cache"
        self._journals = folder / "journals"
        self._journals.mkdir()
        self._seeds = itertools.count()
        self.members: list[subprocess.Popen[bytes]] = []

    def join(self) -> None:
        """Start a member, which waits for an order."""
        seed = next(self._seeds)
        command = [
            sys.executable,
            crowding.__file__,
            str(self.root),
            str(seed),
            str(self._journals / str(seed)),
        ]
        self.members.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )

    def tell(self, member: subprocess.Popen[bytes], order: str) -> None:
        assert member.stdin is not None
        member.stdin.write(f"{order}\n".encode())
        member.stdin.flush()

    def wait_ready(self, member: subprocess.Popen[bytes]) -> None:
        assert member.stdout is not None
        assert member.stdout.readline() == b"ready\n"

    def kill(self, member: subprocess.Popen[bytes]) -> None:
        self.members.remove(member)
        member.kill()
        member.communicate()

    def end(self) -> list[int]:
        """Let all of them stop; return their exit codes."""
        for member in self.members:
            member.communicate(timeout=60)
        return [member.returncode for member in self.members]

    @property
    def notes(self) -> Counter[Note]:
        return Counter(
            Note(letter) for path in self._journals.iterdir() for letter in path.read_text()
        )


@contextmanager
def crowd(folder: Path, processes: int) -> Iterator[Crowd]:
    """A crowd that is ready and has not begun; all of it ends with the test."""
    it = Crowd(folder)
    try:
        for _ in range(processes):
            it.join()
        for member in it.members:
            it.wait_ready(member)
        yield it
    finally:
        for member in list(it.members):
            it.kill(member)


def finished(root: Path) -> tuple[int, int, int]:
    """After one more put, and thus a sweep: sound entries, damaged ones, and files left in tmp/."""
    with Store(root) as store:
        store.put(b'{"the":"last"}', bytes(100), 24_000, {})
        return *store.verify(), len(list((root / "tmp").iterdir()))


@pytest.mark.slow
def test_a_crowd_reads_nothing_wrong_and_nothing_half_done(
    tmp_path: Path, figures: Figures
) -> None:
    seconds, kills, chance = figures.size(5, 60), 0, random.Random(1)
    with crowd(tmp_path, PROCESSES) as it:
        for member in it.members:
            it.tell(member, "go")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(chance.uniform(0, 0.3))
            it.kill(chance.choice(it.members))
            kills += 1
            it.join()
            it.tell(it.members[-1], "go")
        codes = it.end()
    notes = it.notes
    _, damaged, temps = finished(it.root)
    figures.report(
        "crowd",
        processes=PROCESSES,
        seconds=seconds,
        reads=notes[Note.READ],
        puts=notes[Note.PUT],
        prunes=notes[Note.PRUNED],
        kills=kills,
        failed=notes[Note.FAILED],
        wrong=notes[Note.WRONG],
        torn=notes[Note.TORN] + damaged,
        temps=temps,
    )
    assert codes == [0] * PROCESSES
    assert notes[Note.READ] > 100 * seconds
    assert notes[Note.PUT] > 10 * seconds
    assert notes[Note.PRUNED]
    assert kills > seconds
    assert (notes[Note.WRONG], notes[Note.TORN], damaged, temps) == (0, 0, 0, 0)
    assert notes[Note.FAILED] == 0


@pytest.mark.slow
def test_whoever_comes_first_makes_the_directory_and_nobody_trips(
    tmp_path: Path, figures: Figures
) -> None:
    rounds, processes = figures.size(20, 400), 20
    with crowd(tmp_path, processes) as it:
        assert not it.root.exists()
        for member in it.members:
            it.tell(member, f"begin {time.time() + 0.2} {rounds}")
        codes = it.end()
    notes = it.notes
    states = [finished(it.root / str(number)) for number in range(rounds)]
    wrong = sum(state != (len(FIRST) + 1, 0, 0) for state in states)
    failed = notes.total() - notes[Note.PUT] - notes[Note.READ] + sum(map(bool, codes))
    figures.report(
        "first_use",
        rounds=rounds,
        processes=processes,
        puts=notes[Note.PUT],
        failed=failed,
        wrong=wrong,
    )
    assert notes[Note.PUT] == notes[Note.READ] == rounds * processes * len(FIRST)
    assert (failed, wrong) == (0, 0)
