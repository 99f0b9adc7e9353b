"""Damage on disk: a wrong byte is never served, and no damage stops a run."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from narrate.cache import Gone, Store
from narrate.request import key
from narrate.sound import wav
from narrate.store import entry
from support.harness import Figures
from support.plans import MEASURES, noise, request
from support.project import Narrate, lines

FORM = request().canonical()
PROVENANCE = {"versions": {"tone": "1"}, "seconds": 0.25, "attempt": 1, "measures": MEASURES}


@dataclass
class Victim:
    """One entry of a store, damaged again and again; it counts what came of it."""

    store: Store
    sound: bytes
    damages: int = 0
    wrong: int = 0
    quarantined: int = 0
    missed: int = 0

    @property
    def path(self) -> Path:
        name = key(FORM)
        return self.store.root / "v1" / name[:2] / f"{name}.wav"

    def suffer(self, data: bytes) -> None:
        """Lie damaged on disk, and be asked for."""
        self.damages += 1
        self.path.write_bytes(data)
        before = self.store.quarantined
        self.wrong += self.served()
        if self.path.exists():
            # What no longer says what it is an answer to looks like the entry of another request.
            self.missed += 1
            self.store.verify()
        self.quarantined += self.store.quarantined - before
        self.path.unlink(missing_ok=True)

    def served(self) -> bool:
        clip = self.store.find(FORM)
        if clip is None:
            return False
        try:
            self.store.read(clip)
        except Gone:
            return False
        return True


def victim(root: Path, samples: int) -> Victim:
    store = Store(root)
    path = store.put(FORM, noise(samples), 24_000, PROVENANCE).path
    return Victim(store, path.read_bytes())


def flips(sound: bytes, step: int) -> Iterator[bytes]:
    """The entry with one bit changed: every bit of its header and chunk, and every `step`th of its
    samples.
    """
    samples = wav.HEADER_BYTES * 8, (sound.rindex(b"narr", 0, sound.index(b'{"request"'))) * 8
    for place in range(len(sound) * 8):
        if not samples[0] <= place < samples[1] or place % step == 0:
            data = bytearray(sound)
            data[place // 8] ^= 1 << place % 8
            yield bytes(data)


def truncations(sound: bytes) -> Iterator[bytes]:
    return (sound[:size] for size in range(len(sound)))


def accidents(sound: bytes, count: int) -> Iterator[bytes]:
    """Bytes overwritten, zeroed, moved, lost or doubled: what disks, copies and other
    programs do.
    """
    chance = random.Random(1)
    while count:
        start, length = chance.randrange(len(sound)), chance.choice([2, 4, 16, 64, 512, 4096])
        before, hit, after = sound[:start], sound[start : start + length], sound[start + length :]
        data = (
            before
            + chance.choice(
                [chance.randbytes(len(hit)), bytes(len(hit)), hit[::-1], b"", hit + hit]
            )
            + after
        )
        if data != sound:
            count -= 1
            yield data


def test_no_damage_of_an_entry_is_ever_served(tmp_path: Path, figures: Figures) -> None:
    it = victim(tmp_path / "cache", figures.size(400, 2300))
    counts = {}
    for name, damaged in (
        ("flips", flips(it.sound, figures.size(7, 1))),
        ("truncations", truncations(it.sound)),
        ("accidents", accidents(it.sound, figures.size(500, 10_000))),
    ):
        before = it.damages
        for data in damaged:
            it.suffer(data)
        counts[name] = it.damages - before
    it.path.write_bytes(it.sound)
    figures.report(
        "bits", bytes=len(it.sound), **counts, wrong=it.wrong, quarantined=it.quarantined
    )
    assert it.served()
    assert it.wrong == 0
    assert it.quarantined == it.damages == sum(counts.values())
    # Only what hits the request itself may pass for the entry of another, and it is a miss all the
    # same.
    assert 0 < it.missed < it.damages / 2


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def truncate(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


def empty(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"")


def zero(path: Path, chance: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def mistake(path: Path, chance: random.Random) -> None:
    """Put the bytes of another sound entry here."""
    others = [other for other in path.parents[1].glob("*/*.wav") if other != path and sounds(other)]
    path.write_bytes(chance.choice(others).read_bytes())


def scribble(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"garbage " * 100)


def append(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def link(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def unlink(path: Path, chance: random.Random) -> None:
    path.unlink()


DAMAGES: list[Callable[[Path, random.Random], None]] = [
    flip,
    truncate,
    empty,
    zero,
    mistake,
    scribble,
    append,
    link,
    unlink,
]


def sounds(path: Path) -> bool:
    try:
        return entry.read(path)[0].path == path
    except (entry.Damaged, OSError):
        return False


@pytest.mark.slow
def test_damaged_entries_are_spoken_anew_and_the_narration_is_the_same(
    tone: Narrate, figures: Figures
) -> None:
    count = figures.size(60, 500)
    tone.write("script.json", lines(*(f"Line number {number}." for number in range(count))))
    tone.run()
    before = tone.outputs()
    chance = random.Random(1)
    damaged = chance.sample(tone.clips, count * 3 // 10)
    for number, path in enumerate(damaged):
        # Half of the damage is of the kind that only reading all of an entry can tell.
        (flip if number % 2 else DAMAGES[number // 2 % len(DAMAGES)])(path, chance)
    shutil.rmtree(tone.out)
    ran = tone("run", "script.json", "--json")
    spoken = ran.json["spoken"]
    identical = tone.outputs() == before
    figures.report(
        "damage",
        entries=count,
        damaged=len(damaged),
        respoken=spoken,
        identical="yes" if identical else "no",
    )
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    assert spoken == len(damaged)
    assert identical
    assert tone("cache", "verify").out == f"{count} sound, 0 damaged\n"
