"""Power cuts: what a disk holds at an instant is copied while clips are stored on it, and the copy
is looked at.

A file of an XFS disk is the disk that the clips are stored on, as a reflink copies it in one
instant; a plain copy takes a while and would hold what no disk ever held. What the machine has not
yet written to the disk is not in it.
"""

from __future__ import annotations

import fcntl
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from narrate.request import key
from support.harness import Figures, tool
from support.injection import clips, mounted

FILE_SYSTEMS = {
    "ext4": (["mkfs.ext4", "-q", "-F"], "loop"),
    "xfs": (["mkfs.xfs", "-q", "-f"], "loop,nouuid"),
}
"""How each is made and mounted; a copy of an XFS disk has the same name as the disk, which would be
refused.
"""

FICLONE = 0x40049409
"""Makes one file a copy of another, as `cp --reflink` does, which takes too long to start."""

CLIPS = 16_000
"""How many clips are stored at most; a disk has room for them."""

PUTS = """
import os, sys
from pathlib import Path
from narrate.cache import Store

if sys.argv[2] == "careless":
    os.fsync = lambda fd: None
with Store(Path(sys.argv[1]), sys.exit) as store:
    for number in range(int(sys.argv[3])):
        store.put(b'{"text":%d}' % number, number.to_bytes(2, "little") * 10_000, 24_000, {})
        print(number, flush=True)
"""
"""Stores clips as fast as it can, and says of each that it is stored."""

NUMBERS = {key(b'{"text":%d}' % number): number for number in range(CLIPS)}
"""The clips by key, in the order in which they are stored."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk whose files can be copied in an instant."""
    root = tmp_path_factory.mktemp("power")
    with disk("xfs", root / "host.img", "4G", root / "host") as folder:
        yield folder


@contextmanager
def disk(kind: str, image: Path, size: str, folder: Path) -> Iterator[Path]:
    """A new file system in a file, mounted at a folder."""
    (program, *flags), options = FILE_SYSTEMS[kind]
    subprocess.run(["truncate", "-s", size, image], check=True)
    subprocess.run([tool(program), *flags, image], check=True)
    with mounted("-o", options, image, folder):
        yield folder
    image.unlink()


def cut(host: Path, kind: str, cuts: int, how: str, chance: random.Random) -> Counter[str]:
    """Cut the power several times while clips are stored on one disk; count what is lost and torn
    after each.
    """
    counts = Counter[str]()
    image, log = host / "disk.img", host / "stored"
    with disk(kind, image, "1G", host / "disk") as folder, log.open("w") as stored:
        command = [sys.executable, "-c", PUTS, str(folder / "cache"), how, str(CLIPS)]
        with subprocess.Popen(command, stdout=stored) as child:
            try:
                for _ in range(cuts):
                    wait_for_more(log, child, chance)
                    counts += one_cut(host, kind, image, log)
            finally:
                child.kill()
    return counts


def wait_for_more(log: Path, child: subprocess.Popen[bytes], chance: random.Random) -> None:
    """Wait until one more clip has just been stored, and every other time a while longer."""
    before = acknowledged(log)
    while acknowledged(log) == before and child.poll() is None:
        time.sleep(0.0002)
    assert child.poll() in (None, 0)
    time.sleep(chance.choice((0, chance.uniform(0, 0.3))))


def acknowledged(log: Path) -> int:
    return log.read_bytes().count(b"\n")


def one_cut(host: Path, kind: str, image: Path, log: Path) -> Counter[str]:
    """Copy the disk in an instant, and look for what had been stored by then."""
    copy = host / "copy.img"
    with image.open("rb") as source, copy.open("wb") as target:
        stored = acknowledged(log)
        fcntl.ioctl(target, FICLONE, source.fileno())
    with mounted("-o", FILE_SYSTEMS[kind][1], copy, host / "copy") as folder:
        held = clips(folder / "cache")
    copy.unlink()
    return Counter(
        cuts=1,
        acknowledged=stored,
        lost=len(set(list(NUMBERS)[:stored]) - held.keys()),
        torn=sum(
            sound != NUMBERS[name].to_bytes(2, "little") * 10_000 for name, sound in held.items()
        ),
    )


@pytest.mark.slow
def test_a_power_cut_loses_no_clip_that_was_said_to_be_stored(host: Path, figures: Figures) -> None:
    chance, counts, control_lost = random.Random(4), Counter[str](), []
    cuts, disks = figures.size(3, 10), figures.size(1, 3)
    for kind in FILE_SYSTEMS:
        for _ in range(disks):
            counts += cut(host, kind, cuts, "careful", chance)
        control_lost.append(cut(host, kind, 2, "careless", chance)["lost"])
    names = ("cuts", "acknowledged", "lost", "torn")
    figures.report(
        "power", **{name: counts[name] for name in names}, control_lost=sum(control_lost)
    )
    assert all(control_lost), "clips are not lost without fsync, so this harness proves nothing"
    assert counts["acknowledged"] > 0
    assert (counts["lost"], counts["torn"]) == (0, 0)
