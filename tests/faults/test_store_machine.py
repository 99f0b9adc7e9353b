"""A store under anything that may happen to it, step by step, beside a model of what it may answer."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from conftest import Figures
from narrate.cache import Gone, Store
from narrate.request import Request, key

NUMBERS = st.integers(0, 5)
FRACTIONS = st.floats(0, 1, exclude_max=True)
FORMS = [Request("tone", 1, "sine", f"Sentence {number}.", "en").form() for number in range(6)]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where syncing costs nothing."""


@dataclass
class Held:
    """What lies at the place of an entry, and what lay there when it was put."""

    samples: bytes
    sound: bytes
    bytes: bytes

    @property
    def well(self) -> bool:
        return self.bytes == self.sound


class StoreMachine(RuleBasedStateMachine):
    """Puts, looks, and damage of every kind; `held` is what the directory has, `aside` what this store keeps itself."""

    counts: Counter[str] = Counter()
    contents = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.root = self.folder / "cache"
        self.held: dict[int, Held] = {}
        self.blocked = False
        self.open()
        self.counts["examples"] += 1

    def open(self) -> None:
        self.store = Store(self.root)
        self.store.__enter__()
        self.aside: dict[int, bytes] = {}
        self.scratch = False

    def teardown(self) -> None:
        self.store.__exit__()
        shutil.rmtree(self.folder)

    def place(self, number: int) -> Path:
        name = key(FORMS[number])
        return self.root / "v1" / name[:2] / f"{name}.wav"

    def check(self, right: bool) -> None:
        self.counts["wrong"] += not right
        assert right

    def expected(self, number: int) -> bytes | None:
        """The samples that must be found, if any."""
        held = self.held.get(number)
        return self.aside.get(number) or (held.samples if held and held.well else None)

    def forget(self) -> None:
        """Damaged entries that the store has taken away are not there any more."""
        for number, held in list(self.held.items()):
            if not held.well and not self.place(number).exists():
                del self.held[number]

    def damage(self, number: int, data: bytes) -> None:
        self.held[number].bytes = data
        self.place(number).write_bytes(data)

    # What a store is asked to do

    @rule(number=NUMBERS, replace=st.booleans())
    def put(self, number: int, replace: bool) -> None:
        there = self.expected(number)
        samples = random.Random(next(self.contents)).randbytes(100)
        clip = self.store.put(FORMS[number], samples, 24_000, {}, replace=replace)
        if there is None or replace:
            there = samples
            self.scratch = self.scratch or self.blocked
            if self.scratch:
                self.aside[number] = samples
            else:
                self.held[number] = Held(samples, data := self.place(number).read_bytes(), data)
        self.check(bytes(self.store.read(clip)) == there)
        self.forget()

    @rule(number=NUMBERS)
    def look(self, number: int) -> None:
        expected, found = self.expected(number), None
        try:
            if clip := self.store.find(FORMS[number]):
                found = bytes(self.store.read(clip))
        except Gone:
            self.check(expected is None)
        self.check(found == expected)
        self.forget()

    @rule()
    def verify(self) -> None:
        sound = sum(held.well for held in self.held.values())
        self.check(self.store.verify() == (sound, len(self.held) - sound))
        self.forget()
        self.check(all(held.well for held in self.held.values()))

    @rule(share=st.floats(0, 1.2))
    def prune(self, share: float) -> None:
        sizes = {number: len(held.bytes) for number, held in self.held.items()}
        most = int(sum(sizes.values()) * share)
        removed, freed = self.store.prune(most)
        gone = [number for number in self.held if not self.place(number).exists()]
        for number in gone:
            del self.held[number]
        self.check((removed, freed) == (len(gone), sum(sizes[number] for number in gone)))
        self.check(sum(sizes[number] for number in self.held) <= most)
        self.check(not gone or share < 1)

    @rule()
    def reopen(self) -> None:
        self.store.__exit__()
        self.open()

    # What others do to it

    @precondition(lambda self: self.held)
    @rule(number=NUMBERS, place=FRACTIONS, bit=st.integers(0, 7))
    def flip(self, number: int, place: float, bit: int) -> None:
        if (held := self.held.get(number)) and held.bytes:
            data = bytearray(held.bytes)
            data[int(place * len(data))] ^= 1 << bit
            self.damage(number, bytes(data))

    @precondition(lambda self: self.held)
    @rule(number=NUMBERS, share=FRACTIONS)
    def truncate(self, number: int, share: float) -> None:
        if held := self.held.get(number):
            self.damage(number, held.bytes[: int(share * len(held.bytes))])

    @precondition(lambda self: self.held)
    @rule(number=NUMBERS, other=NUMBERS)
    def mistake(self, number: int, other: int) -> None:
        if number in self.held and other in self.held:
            self.damage(number, self.held[other].bytes)

    @precondition(lambda self: self.held)
    @rule(number=NUMBERS)
    def unlink(self, number: int) -> None:
        if self.held.pop(number, None):
            self.place(number).unlink()

    @precondition(lambda self: (self.root / "tmp").is_dir())
    @rule()
    def die_while_writing(self) -> None:
        """Leave what a killed writer leaves, which the first put of the next store sweeps away."""
        (self.root / "tmp" / "1-dead").write_bytes(b"half")
        self.store.__exit__()
        self.open()
        self.store.put(b'"another"', bytes(10), 24_000, {}).path.unlink()
        self.check(list((self.root / "tmp").iterdir()) == [])

    @precondition(lambda self: (self.root / "tmp").is_dir())
    @rule()
    def block(self) -> None:
        """Make the directory one that nothing can be written to, as far as root can."""
        shutil.rmtree(self.root / "tmp")
        (self.root / "tmp").write_bytes(b"")
        self.blocked = True

    @precondition(lambda self: self.blocked)
    @rule()
    def unblock(self) -> None:
        (self.root / "tmp").unlink()
        (self.root / "tmp").mkdir()
        self.blocked = False

    @invariant()
    def count(self) -> None:
        self.counts["steps"] += 1


@pytest.mark.slow
def test_a_store_answers_right_or_not_at_all_whatever_happens_to_it(figures: Figures) -> None:
    size = settings(
        max_examples=figures.size(100, 3000),
        stateful_step_count=figures.size(30, 60),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    counts = StoreMachine.counts
    counts.clear()
    try:
        run_state_machine_as_test(StoreMachine, settings=size)
    finally:
        steps = counts["steps"] - counts["examples"]
        figures.report("machine", examples=counts["examples"], steps=steps, wrong=counts["wrong"])
    assert counts["examples"] >= size.max_examples
    assert steps > 10 * size.max_examples
