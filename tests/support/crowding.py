"""A member of a crowd on one cache directory.

    python crowding.py ROOT SEED JOURNAL

Told to "go", it puts, finds, prunes and verifies until its input ends or it is killed. Told to
"begin TIME TIMES", it is, from that time on and so many times, one of the first to use a directory:
ROOT/0, ROOT/1, … It notes each thing it has done as one letter in its journal, so that a kill costs
no count.
"""

from __future__ import annotations

import os
import random
import select
import sys
import time
from enum import StrEnum
from pathlib import Path

from narrate.cache import Gone, Store
from narrate.errors import EnvironmentProblem
from narrate.request import Request

KEYS = 20
FIRST = range(2)
PAUSE = 0.1
"""What the first to use a directory put, and seconds between one directory and the next."""


class Note(StrEnum):
    """What a member notes."""

    READ = "r"
    MISSED = "m"
    GONE = "g"
    PUT = "p"
    FAILED = "f"
    PRUNED = "x"
    VERIFIED = "v"
    WRONG = "w"
    TORN = "t"


def form(number: int) -> bytes:
    return Request("tone", 1, "sine", f"Sentence {number}.", "en").canonical()


def content(number: int) -> bytes:
    """What belongs under a key: no two keys have it in common, nor a length."""
    return random.Random(number).randbytes(2000 + 200 * number)


class Member:
    """One process of a crowd."""

    def __init__(self, root: Path, seed: int) -> None:
        self.warnings: list[str] = []
        self.store = Store(root, self.warnings.append)
        self.chance = random.Random(seed)

    def act(self) -> Note:
        """Do one thing, and say which."""
        action = self.chance.choices(ACTIONS, WEIGHTS)[0]
        note = action(self, self.chance.randrange(KEYS))
        # Nobody damages anything here: what looks damaged was seen half done.
        torn, self.store.quarantined = self.store.quarantined, 0
        self.warnings.clear()
        return Note.TORN if torn else note

    def look(self, number: int) -> Note:
        clip = self.store.find(form(number))
        if clip is None:
            return Note.MISSED
        try:
            samples = bytes(self.store.read(clip))
        except Gone:
            return Note.GONE
        return Note.READ if samples == content(number) else Note.WRONG

    def replace(self, number: int) -> Note:
        return self.put(number, replace=True)

    def put(self, number: int, replace: bool = False) -> Note:
        try:
            clip = self.store.put(
                form(number), content(number), 24_000, {"by": os.getpid()}, replace=replace
            )
        except EnvironmentProblem:
            return Note.FAILED
        # A store that warns of nothing damaged has stopped to use the directory.
        if self.warnings and not self.store.quarantined:
            return Note.FAILED
        return Note.PUT if clip.samples * 2 == len(content(number)) else Note.WRONG

    def prune(self, number: int) -> Note:
        self.store.prune(self.chance.randrange(KEYS * 5000))
        return Note.PRUNED

    def verify(self, number: int) -> Note:
        return Note.TORN if self.store.verify()[1] else Note.VERIFIED


ACTIONS = [Member.look, Member.put, Member.replace, Member.prune, Member.verify]
WEIGHTS = [70, 22, 3, 2, 3]


def main(root: str, seed: str, journal: str) -> None:
    fd = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    member = Member(Path(root), int(seed))
    print("ready", flush=True)
    order, *when = sys.stdin.readline().split()
    if order == "begin":
        for number in range(int(when[1])):
            time.sleep(max(0, float(when[0]) + number * PAUSE - time.time()))
            member = Member(Path(root, str(number)), int(seed))
            os.write(fd, "".join(member.put(each) + member.look(each) for each in FIRST).encode())
    while order == "go" and not select.select([sys.stdin], [], [], 0)[0]:
        os.write(fd, member.act().encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
