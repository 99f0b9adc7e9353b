"""Hostile archives: refused whole or clip by clip, nothing written outside of the cache, little
memory.

This file is also the program in which they are taken in, whose address space has a limit.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
import soundfile

from narrate import archive
from narrate.cache import Store
from narrate.checks import structure as checks
from narrate.engines.base import Synthesis
from narrate.errors import UsageError
from narrate.request import Request, canonical_json, key
from narrate.store import entry
from support.harness import Figures

ADDRESS_SPACE = 2 << 30
MOST_MIB = 1400
"""A clip of the largest size is held a few times over while its entry is put together."""

RATE = 24_000
FOREIGN, REFUSED, TAKEN = "foreign", "refused", "imported"
Member = tuple[str, bytes]


class Case(NamedTuple):
    """A hostile archive, how it may be met, and how many empty bytes are in it, and where."""

    name: str
    data: bytes
    meets: set[str]
    hole: int = 0
    at: int = 0


# What is honest


MEASURED = b'{"stop":"end","seconds":9,"peak":1,"silent":0,"clipped":0}'
"""Measures of a sound as they are stored."""


def wave(seed: int, samples: int = RATE // 5) -> Any:
    noise = np.random.default_rng(seed).integers(-500, 500, samples)
    return (8000 * np.sin(np.arange(samples) * (0.03 + seed / 100)) + noise).astype("<i2")


def measured(samples: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(
        checks.measure(Synthesis((samples / 32768).astype(np.float32), RATE))
    )
    return found


def form_of(text: str) -> bytes:
    return Request("tone", 1, "sine", text, "en").canonical()


def flac(samples: Any, subtype: str = "PCM_16", kind: str = "FLAC", rate: int = RATE) -> bytes:
    sound = io.BytesIO()
    soundfile.write(sound, samples, rate, subtype, format=kind)
    return sound.getvalue()


def document(form: bytes, samples: Any, provenance: bytes, digest: str = "") -> bytes:
    """What stands beside a sound, with the digest of what would be stored unless another is
    given.
    """
    whole = entry.compose(form, samples.tobytes(), RATE, msgspec.Raw(provenance))
    return b'{"request":%b,"provenance":%b,"digest":"%b"}' % (
        form,
        provenance,
        (digest or whole[-16:].hex()).encode(),
    )


def clip(
    form: bytes, samples: Any, provenance: bytes | None = None, sound: bytes | None = None
) -> list[Member]:
    """The two members of a clip."""
    if provenance is None:
        provenance = json.dumps({"measures": measured(samples)}).encode()
    name = key(form)
    sound = flac(samples) if sound is None else sound
    return [(f"{name}.flac", sound), (f"{name}.json", document(form, samples, provenance))]


HONEST = [member for seed in range(3) for member in clip(form_of(f"Line {seed}."), wave(seed))]
NEW = form_of("Another line.")
FINE = json.dumps({"measures": measured(wave(9))}).encode()


def honest_entries() -> dict[str, bytes]:
    """What may come to lie in a cache, by name."""
    entries = {}
    for seed in range(3):
        form, samples = form_of(f"Line {seed}."), wave(seed)
        provenance = msgspec.Raw(json.dumps({"measures": measured(samples)}).encode())
        entries[f"{key(form)}.wav"] = entry.compose(form, samples.tobytes(), RATE, provenance)
    return entries


# What is not


def zipped(*members: Member, method: int = zipfile.ZIP_STORED, mode: int = 0) -> bytes:
    """An archive of the honest clips and of some members more, which have a method and a mode of
    their own.
    """
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as into:
        warnings.simplefilter("ignore")
        for name, data in HONEST:
            into.writestr(name, data)
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type, info.external_attr = method, mode << 16
            into.writestr(info, data)
    return file.getvalue()


FIELDS = {
    "flags": (8, "<H"),
    "crc": (16, "<I"),
    "stored": (20, "<I"),
    "size": (24, "<I"),
    "at": (42, "<I"),
}


def lying(record: int, **fields: int) -> bytes:
    """The honest archive with other values in one record of its directory."""
    data = bytearray(zipped())
    place = [match.start() for match in re.finditer(rb"PK\x01\x02", data)][record]
    for name, value in fields.items():
        offset, kind = FIELDS[name]
        struct.pack_into(kind, data, place + offset, value)
    return bytes(data)


def lying_end(offset: int, kind: str, value: int) -> bytes:
    """The honest archive with another value at its very end."""
    data = bytearray(zipped())
    struct.pack_into(kind, data, len(data) - 22 + offset, value)
    return bytes(data)


def hollow(record: int, hole: int = 3 << 30) -> Case:
    """The honest archive with a member that holds more than memory does, and the disk does not
    notice.
    """
    data = bytearray(zipped())
    records = [match.start() for match in re.finditer(rb"PK\x01\x02", data)]
    places = [struct.unpack_from("<I", data, place + 42)[0] for place in records]
    later = [place + 42 for place in records[record + 1 :]] + [len(data) - 6]
    for offset in (*later, records[record] + 20, records[record] + 24):
        struct.pack_into("<I", data, offset, struct.unpack_from("<I", data, offset)[0] + hole)
    at = places[record] + 30 + len(HONEST[record][0])
    return Case(f"more than memory in {HONEST[record][0][-5:]}", bytes(data), {REFUSED}, hole, at)


def zip64(size: int, at: int) -> bytes:
    """The honest archive with a last record that has its size and its place in 64 bits."""
    data = bytearray(lying(-1, stored=0xFFFFFFFF, size=0xFFFFFFFF, at=0xFFFFFFFF))
    place, end = data.rindex(b"PK\x01\x02"), len(data) - 22
    extra = struct.pack("<HHQQQ", 1, 24, size, size, at)
    struct.pack_into("<H", data, place + 30, len(extra))
    struct.pack_into("<I", data, end + 12, struct.unpack_from("<I", data, end + 12)[0] + len(extra))
    return bytes(data[:end]) + extra + bytes(data[end:])


def streaminfo(
    sound: bytes, rate: int = RATE, channels: int = 1, bits: int = 16, samples: int = 0
) -> bytes:
    """A FLAC file that lies about what it holds."""
    packed = rate << 44 | channels - 1 << 41 | bits - 1 << 36 | samples
    return sound[:18] + packed.to_bytes(8, "big") + sound[26:]


def bomb(samples: int) -> bytes:
    """The FLAC of a very long silence."""
    sound, block = io.BytesIO(), np.zeros(1 << 20, "<i2")
    with soundfile.SoundFile(sound, "w", RATE, 1, "PCM_16", format="FLAC") as file:
        for start in range(0, samples, block.size):
            file.write(block[: samples - start])
    return sound.getvalue()


def names(scratch: Path) -> Iterator[Case]:
    """Members that are none of ours: each is a reason to take nothing at all."""
    name = key(NEW)
    odd = (
        *(
            "../../evil",
            "../../../../evil.flac",
            f"../{name}.flac",
            f"{scratch}/absolute",
            "..\\..\\evil",
            "C:\\evil",
        ),
        *(
            "v1/",
            f"{name}.flac/",
            f"v1/{name}.flac",
            f"./{name}.flac",
            f"{name}.wav",
            f"{name}.FLAC",
            f" {name}.flac",
        ),
        *(
            f"{name.upper()}x.flac",
            f"{name}.flac\n",
            "٣" * 32 + ".flac",
            "３" * 32 + ".flac",
            name,
            "",
            ".flac",
        ),
        *(
            f"{name}.flac\0/../../evil",
            "CON",
            "~/evil",
            "x" * 65_000,
            "\udcff".encode("utf-8", "replace").decode(),
        ),
    )
    for member in odd:
        yield Case(f"a member {member[:40]!r}", zipped((member, b"evil")), {FOREIGN})
    yield Case("an archive in it", zipped(("inner.zip", zipped())), {FOREIGN})
    yield Case("a link out of it", zipped(("link", b"/etc/passwd"), mode=0o120777), {FOREIGN})
    yield Case("a member twice", zipped(HONEST[0]), {FOREIGN})
    yield Case("a member twice, in another's words", zipped((HONEST[0][0], b"evil")), {FOREIGN})
    yield Case("half a clip", zipped(clip(NEW, wave(9))[0]), {FOREIGN})
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        swelling = [(f"{name}.flac", bytes(10_000_000)), (f"{name}.json", b"{}")]
        yield Case(f"a bomb of method {method}", zipped(*swelling, method=method), {FOREIGN})
    yield Case(
        "a clip that says it is a link", zipped(*clip(NEW, wave(9)), mode=0o120777), {"as new"}
    )
    yield Case(
        "many empty clips",
        zipped(*((f"{i:032x}.{s}", b"") for i in range(2000) for s in MEMBERS)),
        {REFUSED},
    )


MEMBERS = ("flac", "json")


def lies() -> Iterator[Case]:
    """Directories that lie about what is where."""
    good = zipped()
    anything = {FOREIGN, REFUSED}
    yield Case("one member in the place of another", lying(2, at=0), {REFUSED})
    yield Case("a member past the end", lying(2, at=0x7FFFFFFF), {REFUSED})
    yield Case("a member at the very end", lying(2, at=len(good) - 1), {REFUSED})
    for field, value in (("stored", 0x7FFFFFFF), ("size", 0x7FFFFFFF), ("size", 1)):
        yield Case(f"{field}={value}", lying(0, **{field: value}), {FOREIGN})
    yield hollow(0)
    yield hollow(1)
    yield Case("too large", lying(0, stored=0x7FFFFFFF, size=0x7FFFFFFF), {FOREIGN})
    yield Case("overlapping", lying(0, stored=len(good) - 500, size=len(good) - 500), {FOREIGN})
    yield Case(
        "a little too large",
        lying(0, stored=len(HONEST[0][1]) + 9, size=len(HONEST[0][1]) + 9),
        anything,
    )
    yield Case("too small", lying(0, stored=9, size=9), {REFUSED})
    yield Case("nothing", lying(1, stored=0, size=0), {REFUSED})
    yield Case("another checksum", lying(0, crc=1), {REFUSED})
    for flag in (1, 0x20, 0x40, 0x2000):
        yield Case(f"flag {flag:#x}", lying(0, flags=flag), anything | {TAKEN})
    for size, at in (
        (1 << 40, 0),
        (100, 1 << 40),
        (100, 1 << 63),
        ((1 << 64) - 1, (1 << 64) - 1),
        (0, 0),
    ):
        yield Case(f"64 bits: size={size} at={at}", zip64(size, at), anything)
    for offset, kind, value in (
        (8, "<H", 1),
        (10, "<H", 60_000),
        (12, "<I", 1),
        (12, "<I", 0x7FFFFFFF),
    ):
        yield Case(
            f"an end that lies at {offset}: {value}",
            lying_end(offset, kind, value),
            {FOREIGN, REFUSED, TAKEN},
        )
    for value in (1, len(good), 0x7FFFFFFF):
        yield Case(f"a directory at {value}", lying_end(16, "<I", value), anything)
    yield Case("a comment that is not there", lying_end(20, "<H", 999), {FOREIGN, TAKEN})
    yield Case("no bytes", b"", {FOREIGN})
    yield Case("an empty archive", b"PK\x05\x06" + bytes(18), {TAKEN})
    yield Case("no archive", b"Hello, I am no archive." * 100, {FOREIGN})
    yield Case("behind something else", b"#!/bin/sh\nexit 1\n" + good, {TAKEN})


def sounds() -> Iterator[Case]:
    """Sounds that are not what they are said to be."""
    samples = wave(9)
    sound = flac(samples)
    deep = samples.astype(np.int32) << 16
    longest = bomb(130_000_000)
    bad = {
        "two channels": flac(np.stack([samples, samples], 1)),
        "other samples": flac(samples[::-1].copy()),
        "deeper samples": flac(deep + (1 << 20), "PCM_24"),
        "another rate": flac(samples, rate=48_000),
        "an absurd rate": flac(samples, rate=655_350),
        "half of it": sound[: len(sound) // 2],
        "its head only": sound[:42],
        "an empty one": flac(samples[:0]),
        "text": b"Hello, I am no sound.",
        "nothing": b" ",
        "the longest silence": longest,
        "a silence too long": streaminfo(longest, samples=140_000_000),
    }
    for kind, subtype in (
        ("WAV", "PCM_16"),
        ("OGG", "VORBIS"),
        ("AIFF", "PCM_16"),
        ("CAF", "PCM_16"),
        ("W64", "PCM_16"),
    ):
        bad[f"a {kind} file"] = flac(samples, subtype, kind)
    for lie in (
        {"rate": 0},
        {"rate": 1},
        {"channels": 8},
        {"bits": 4},
        {"samples": (1 << 36) - 1},
        {"samples": 1},
    ):
        bad[f"a head of {lie}"] = streaminfo(sound, **lie)
    for name, data in bad.items():
        yield Case(f"a sound: {name}", zipped(*clip(NEW, samples, sound=data)), {REFUSED})
    # What becomes the same samples is as good.
    for name, data in {
        "24 bits": flac(deep, "PCM_24"),
        "junk behind it": sound + b"junk" * 99,
    }.items():
        yield Case(f"a sound: {name}", zipped(*clip(NEW, samples, sound=data)), {"as new"})


def documents() -> Iterator[Case]:
    """Documents that are none, and those that fit their sounds but say what is not so."""
    samples, name = wave(9), key(NEW)
    sound = (f"{name}.flac", flac(samples))
    good = document(NEW, samples, FINE)
    deep = b"[" * 100_000 + b"]" * 100_000
    nested = b"[" * 900 + b"]" * 900
    bad = {
        "no JSON": b"Hello.",
        "nothing": b"",
        "a list": b"[]",
        "a depth": deep,
        "an open depth": b'{"request":' * 100_000,
        "a number of no kind": good.replace(FINE, b'{"measures":NaN}'),
        "an infinity": good.replace(FINE, b'{"measures":Infinity}'),
        "no digest": good.replace(b'"digest"', b'"digger"'),
        "a digest that is a number": re.sub(rb'"digest":"\w+"', b'"digest":1', good),
        "another digest": document(NEW, samples, FINE, "0" * 32),
        "another request": good.replace(b"Another", b"Whatever"),
        "another provenance": good.replace(b'"stop": "end"', b'"stop": "length"'),
        "a second request": good[:-1] + b',"request":' + form_of("Line 0.") + b"}",
        "a second digest": good[:-1] + b',"digest":"00"}',
        "too much": good[:-1] + b" " * (2 << 20) + b"}",
        "bytes that are no text": good.replace(b"Another", b"\xff\xfe"),
        "UTF-16": good.decode().encode("utf-16"),
    }
    for what, data in bad.items():
        yield Case(f"a document: {what}", zipped(sound, (f"{name}.json", data)), {REFUSED})
    yield Case(
        "a document: more of it",
        zipped(sound, (f"{name}.json", good[:-1] + b',"x":1}')),
        {"as new"},
    )
    origins = {
        "null": b"null",
        "a list": b"[]",
        "a depth": b'{"measures":null,"x":' + deep + b"}",
        "no text": b'{"measures":null,"x":"\xff"}',
        "half a surrogate": b'{"measures":null,"x":"\\ud800"}',
        "a huge number": b'{"measures":%s}' % MEASURED.replace(b"9", b"1e999"),
        "measures of another kind": b'{"measures":{"stop":1,"seconds":"1"}}',
        "measures of a text": b'{"measures":"fine"}',
        "measures of another sound": json.dumps({"measures": measured(wave(9, 5 * RATE))}).encode(),
        "measures twice": b'{"measures":null,"measures":%s}' % MEASURED,
        "a recording that is a number": b'{"recording":1}',
    }
    for what, origin in origins.items():
        yield Case(f"a provenance: {what}", zipped(*clip(NEW, samples, origin)), {REFUSED})
    forms = {
        "spaces": NEW.replace(b",", b", "),
        "another order": b"{" + b",".join(reversed(NEW[1:-1].split(b","))) + b"}",
        "escapes": NEW.replace(b"Another", b"\\u0041nother"),
        "a key twice": NEW[:-1] + b',"text":"Line 0."}',
        "decomposed letters": NEW.replace(b"Another", "A\u0308nother".encode()),
        "a fraction": NEW.replace(b'"take":1', b'"take":1.0'),
        "a list": b"[1]",
        "a text": b'"Line 0."',
        "a text that is a number": canonical_json({"engine": "tone", "text": 1}),
        "an engine that is none": canonical_json({"engine": None, "text": "Hello."}),
        "no text": NEW.replace(b"Another", b"\xff\xfe"),
        "a depth": b'{"x":' + nested + b"}",
    }
    for what, form in forms.items():
        yield Case(f"a request: {what}", zipped(*clip(form, samples, FINE)), {REFUSED})
    silence, whisper = np.zeros_like(samples), (samples // 1000).astype("<i2")
    for silent in (0.0, 0.95, 1.0):
        claimed = json.dumps({"measures": measured(samples) | {"silent": silent}}).encode()
        for what, quiet in {"silence": silence, "a whisper": whisper}.items():
            yield Case(
                f"{what} that is said to be {silent:.0%} so",
                zipped(*clip(NEW, quiet, claimed)),
                {REFUSED},
            )


def truncated(step: int) -> Iterator[Case]:
    data = zipped()
    for length in range(0, len(data), step):
        yield Case(f"cut to {length}", data[:length], {FOREIGN})


def mutated(count: int) -> Iterator[Case]:
    """A real archive with a few changes, of which some do no harm."""
    good = zipped()
    for seed in range(count):
        chance, data = random.Random(seed), bytearray(good)
        for _ in range(chance.randint(1, 4)):
            chance.choice(CHANGES)(chance, data)
        yield Case(f"seed {seed}", bytes(data), {FOREIGN, REFUSED, TAKEN})


def _place(chance: random.Random, data: bytearray) -> int:
    """Somewhere in the data, half of the time in the directory, which is at the end."""
    start = max(0, data.rfind(b"PK\x05\x06") - 600) if chance.random() < 0.5 else 0
    return chance.randrange(min(start, len(data) - 1), len(data))


def _flip(chance: random.Random, data: bytearray) -> None:
    data[_place(chance, data)] ^= 1 << chance.randrange(8)


def _overwrite(chance: random.Random, data: bytearray) -> None:
    at, size = _place(chance, data), chance.choice((1, 2, 4, 8))
    data[at : at + size] = chance.choice((bytes(size), b"\xff" * size, chance.randbytes(size)))


def _cut(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    del data[at : at + chance.randint(1, 40)]
    data += b" " * (not data)


def _insert(chance: random.Random, data: bytearray) -> None:
    at, source = _place(chance, data), _place(chance, data)
    data[at:at] = data[source : source + chance.randint(1, 80)]


CHANGES: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _flip,
    _flip,
    _overwrite,
    _cut,
    _insert,
)


# How they are met, in a process of its own


def meet(case: Case, root: Path, honest: dict[str, bytes]) -> tuple[str, list[str]]:
    """Take an archive in; say how that ended, and what is wrong with that."""
    cache, here = root / "cache", root / "project" / "deep"
    here.mkdir(parents=True)
    os.chdir(here)
    path = here / "clips.zip"
    with path.open("wb") as file:
        file.write(case.data[: case.at])
        file.seek(case.hole, os.SEEK_CUR)
        file.write(case.data[case.at :])
    try:
        imported = archive.import_clips(Path("clips.zip"), Store(cache))
        how = REFUSED if imported.refused else TAKEN
        how = "as new" if how == TAKEN and imported.new > len(honest) - 1 else how
    except UsageError:
        how = FOREIGN
    except BaseException as error:
        how = f"crash: {type(error).__name__}: {error}"[:300]
    faults = [] if how in case.meets else [how]
    ours = {root, here, here.parent, path}
    found = (
        each
        for each in root.parent.rglob("*")
        if each not in ours and not each.is_relative_to(cache)
    )
    faults += [f"outside: {each}" for each in found]
    entries = {path.name: path.read_bytes() for path in cache.glob("v1/*/*") if path.is_file()}
    faults += [f"dishonest: {name}" for name, data in entries.items() if honest.get(name) != data]
    faults += [f"damaged: {count}" for count in [Store(cache).verify()[1]] if count]
    if how == FOREIGN and entries:
        faults.append("foreign, and yet taken in")
    if how == REFUSED and "seed" not in case.name and case.meets == {REFUSED} and not entries:
        faults.append("the honest ones were not taken in")
    os.chdir("/")
    shutil.rmtree(root)
    return how.partition(":")[0], [f"{case.name}: {fault}" for fault in faults]


def main(kind: str, size: int) -> None:
    """Meet all cases of a kind; print what came of them."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        scratch = Path(folder)
        cases: dict[str, Callable[[], Iterable[Any]]] = {
            "crafted": lambda: (
                case for group in (names(scratch), lies(), sounds(), documents()) for case in group
            ),
            "truncated": lambda: truncated(size),
            "mutated": lambda: mutated(size),
        }
        honest = honest_entries() | {
            f"{key(NEW)}.wav": entry.compose(NEW, wave(9).tobytes(), RATE, msgspec.Raw(FINE))
        }
        ended: Counter[str] = Counter()
        faults: list[str] = []
        for number, case in enumerate(cases[kind]()):
            how, found = meet(case, scratch / str(number), honest)
            ended[how] += 1
            faults += found
    print(json.dumps({"ended": ended, "faults": faults, "mib": peak()}))


def peak() -> int:
    """The most memory that this process has had, in MiB."""
    with contextlib.suppress(OSError):
        match = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        assert match
        return int(match[1]) >> 10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most >> (20 if sys.platform == "darwin" else 10)


def run(kind: str, size: int = 0) -> Any:
    paths = [str(Path(__file__).parents[1]), *sys.path]
    done = subprocess.run(
        [sys.executable, __file__, kind, str(size)],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_no_archive_does_any_harm(figures: Figures) -> None:
    runs = [
        run("crafted"),
        run("truncated", figures.size(150, 3)),
        run("mutated", figures.size(300, 20_000)),
    ]
    ended = sum((Counter(each["ended"]) for each in runs), Counter())
    faults = [fault for each in runs for fault in each["faults"]]
    figures.report(
        "archives",
        cases=ended.total(),
        refused=ended[FOREIGN] + ended[REFUSED],
        imported=ended[TAKEN] + ended["as new"],
        outside=sum(": outside: " in fault for fault in faults),
        crashes=ended["crash"],
        most_mib=max(each["mib"] for each in runs),
    )
    assert faults == []
    assert ended["crash"] == 0
    assert max(each["mib"] for each in runs) < MOST_MIB


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
