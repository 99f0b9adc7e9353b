"""A store under anything that may happen to it, step by step, beside a model of what it may
answer.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from narrate.cache import Gone, Store
from narrate.request import Request, key
from support.harness import Figures

NUMBERS = st.integers(0, 5)
FRACTIONS = st.floats(0, 1, exclude_max=True)
FORMS = [Request("tone", 1, "sine", f"Sentence {number}.", "en").canonical() for number in range(6)]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where syncing costs nothing."""

FUTURE = 5_000_000_000
"""A time of use that no hit renews, so that it is the model that says what was used when."""


@dataclass
class Held:
    """What lies at the place of an entry, its samples if it is a take of that entry, and when it
    was last used.
    """

    data: bytes
    samples: bytes | None
    used: int = 0


class StoreMachine(RuleBasedStateMachine):
    """Puts, looks, and damage of every kind; `held` is what the directory has, `aside` what this
    store keeps itself.
    """

    counts: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.root = self.folder / "cache"
        self.clock = itertools.count(FUTURE)
        self.held: dict[int, Held] = {}
        self.takes: dict[tuple[int, bytes], bytes] = {}
        self.open()
        self.counts["examples"] += 1

    def open(self, blocked: bool = False) -> None:
        self.store = Store(self.root)
        self.store.__enter__()
        self.aside: dict[int, bytes] = {}
        self.blocked = blocked
        self.swept = False

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
        return self.aside.get(number) or (held.samples if held else None)

    def forget(self) -> None:
        """What is damaged may have been taken away by the store; what is not must still be
        there.
        """
        for number, held in list(self.held.items()):
            if not self.place(number).exists():
                self.check(held.samples is None)
                del self.held[number]

    def use(self, number: int) -> None:
        self.held[number].used = used = next(self.clock)
        os.utime(self.place(number), (used, used))

    def damage(self, share: float, change: Callable[[bytes], bytes]) -> None:
        """Change the bytes of one of the entries that are held."""
        if self.held:
            number = sorted(self.held)[int(share * len(self.held))]
            held = self.held[number]
            data = change(held.data)
            self.place(number).write_bytes(data)
            # What was put here earlier and comes back is as good as it was.
            self.held[number] = Held(data, self.takes.get((number, data)))
            self.use(number)
            self.counts["damages"] += 1

    # What a store is asked to do

    @rule(number=NUMBERS, replace=st.booleans())
    def put(self, number: int, replace: bool) -> None:
        there = self.expected(number)
        samples = random.Random(next(self.clock)).randbytes(1000)
        clip = self.store.put(FORMS[number], samples, 24_000, {}, replace=replace)
        if there is None or replace:
            there = samples
            if self.blocked:
                self.aside[number] = samples
            else:
                data = self.place(number).read_bytes()
                self.takes[number, data] = samples
                self.held[number] = Held(data, samples)
                self.use(number)
                self.check(self.swept or list((self.root / "tmp").iterdir()) == [])
                self.swept = True
        self.check(bytes(self.store.read(clip)) == there)
        self.forget()

    @initialize()
    def fill(self) -> None:
        for number in range(len(FORMS)):
            self.put(number, replace=False)

    @rule(numbers=st.sets(NUMBERS, min_size=1))
    def look(self, numbers: set[int]) -> None:
        for number in sorted(numbers):
            expected, found = self.expected(number), None
            with suppress(Gone):
                if clip := self.store.find(FORMS[number]):
                    found = bytes(self.store.read(clip))
            self.counts["finds"] += found is not None
            self.check(found == expected)
            self.forget()

    @rule()
    def verify(self) -> None:
        sound = sum(held.samples is not None for held in self.held.values())
        self.check(self.store.verify() == (sound, len(self.held) - sound))
        self.forget()
        self.check(len(self.held) == sound)

    @rule(share=st.floats(0.3, 1.2))
    def prune(self, share: float) -> None:
        sizes = [len(held.data) for held in self.held.values()]
        excess, freed, oldest = sum(sizes) - int(share * sum(sizes)), 0, []
        for number, held in sorted(self.held.items(), key=lambda item: item[1].used):
            if freed < excess:
                freed += len(held.data)
                oldest.append(number)
        self.check(self.store.prune(int(share * sum(sizes))) == (len(oldest), freed))
        for number in oldest:
            self.check(not self.place(number).exists())
            del self.held[number]
        self.forget()

    @rule(blocked=st.sampled_from([False, False, False, True]), dead=st.booleans())
    def reopen(self, blocked: bool, dead: bool) -> None:
        """Another run begins, after a writer that was killed, or on a directory that not even root
        can write to.
        """
        self.store.__exit__()
        temps = self.root / "tmp"
        temps.unlink() if temps.is_file() else shutil.rmtree(temps)
        if blocked:
            temps.write_bytes(b"")
        else:
            temps.mkdir()
            if dead:
                (temps / "1-00000000dead").write_bytes(b"half")
        self.open(blocked)

    # What others do to it

    @rule(share=FRACTIONS, place=FRACTIONS, bit=st.integers(0, 7))
    def flip(self, share: float, place: float, bit: int) -> None:
        def flipped(data: bytes) -> bytes:
            at = int(place * len(data))
            return data[:at] + bytes(byte ^ 1 << bit for byte in data[at : at + 1]) + data[at + 1 :]

        self.damage(share, flipped)

    @rule(share=FRACTIONS, size=FRACTIONS)
    def truncate(self, share: float, size: float) -> None:
        self.damage(share, lambda data: data[: int(size * len(data))])

    @rule(share=FRACTIONS, other=FRACTIONS)
    def mistake(self, share: float, other: float) -> None:
        """Put the bytes of one entry at the place of another."""
        others = [held.data for _, held in sorted(self.held.items())]
        self.damage(share, lambda data: others[int(other * len(others))])

    @rule(share=FRACTIONS)
    def unlink(self, share: float) -> None:
        if self.held:
            number = sorted(self.held)[int(share * len(self.held))]
            self.place(number).unlink()
            del self.held[number]

    @invariant()
    def count(self) -> None:
        self.counts["steps"] += 1


@pytest.mark.slow
def test_a_store_answers_right_or_not_at_all_whatever_happens_to_it(figures: Figures) -> None:
    size = settings(
        max_examples=figures.size(300, 3000),
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
        done = {name: counts[name] for name in ("damages", "finds", "wrong")}
        figures.report("machine", examples=counts["examples"], steps=steps, **done)
    assert counts["examples"] >= size.max_examples
    assert min(counts["damages"], counts["finds"]) > size.max_examples
