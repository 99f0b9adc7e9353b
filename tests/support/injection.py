"""What the fault harnesses share: faults in system calls, and what a cache and an output folder
hold after a fault.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from narrate.store import entry
from support.harness import absent, tool
from support.project import Ran, contents

TORN = b"torn"
"""Stands for the samples of an entry that does not read well."""


def clips(cache: Path) -> dict[str, bytes]:
    """The samples of every entry that has its name, by key."""
    return {path.stem: _samples(path) for path in sorted((cache / "v1").glob("*/*.wav"))}


def _samples(path: Path) -> bytes:
    try:
        return bytes(entry.read(path)[1])
    except entry.Damaged:
        return TORN


def temps(cache: Path) -> list[Path]:
    """Files that were being written to a cache and were never given their names."""
    return list((cache / "tmp").glob("*"))


def half_stamps(cache: Path) -> list[Path]:
    """The same for the stamps beside a cache."""
    return list((cache / "stamps").glob("*.*"))


def halves(out: Path, new: dict[str, bytes], old: dict[str, bytes] | None = None) -> list[str]:
    """What of an output folder is neither whole nor as it was, by name.

    Each file must be that of the new narration or that of the old one, and a manifest of the new
    one, which is moved into place last, may only be there when all that it names is.
    """
    held = {name: data for name, data in contents(out).items() if not name.startswith(".narrate")}
    record = held.pop("run.json", b"{}")
    torn = [
        name for name, data in held.items() if data not in (new.get(name), (old or {}).get(name))
    ]
    if held.get("manifest.json") == new["manifest.json"]:
        torn += [name for name, data in new.items() if held.get(name) != data]
    return torn + ["run.json"] * (not _is_json(record))


def _is_json(data: bytes) -> bool:
    try:
        return bool(json.loads(data) is not None)
    except ValueError:
        return False


def processes(cache: Path) -> list[str]:
    """The processes that were told to use a cache: a run, and the workers that it has started."""
    environments = "-AEww" if sys.platform == "darwin" else "axeww"
    table = subprocess.run(
        ["ps", environments, "-o", "pid=,stat=,command="], capture_output=True, check=True
    ).stdout
    rows = table.decode(errors="replace").splitlines()
    return [row for row in rows if f"NARRATE_CACHE_DIR={cache}" in row and row.split()[1][0] != "Z"]


# strace makes one system call of a program fail, or kills the program right before it.

CALLS = (
    "openat,write,pwrite64,fsync,fdatasync,link,linkat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "ftruncate,utimensat,flock,copy_file_range,sendfile"
)
"""System calls that change files or open them."""


class Call(NamedTuple):
    """A system call of a program: its number among those of its name, from 1, and strace's line."""

    name: str
    ordinal: int
    shown: str


class Subject:
    """A program that begins with the same files each time, and changes only what is below its
    folders.

    Its threads and children are left alone: with -f, strace would count, and hurt, the calls of
    each by itself.
    """

    def __init__(
        self, root: Path, command: list[str], cwd: Path, env: dict[str, str], folders: list[Path]
    ) -> None:
        self.command, self.cwd, self.folders = command, cwd, folders
        self.env = os.environ | env | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        self._root, self._log = root, root / "strace.log"

    def keep(self) -> None:
        """Begin with the files as they are now, each time from now on."""
        self._kept = {
            folder: self._root / "kept" / folder.name for folder in self.folders if folder.exists()
        }
        for folder, kept in self._kept.items():
            shutil.copytree(folder, kept)

    def _begin_anew(self) -> None:
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)
            if folder in self._kept:
                shutil.copytree(self._kept[folder], folder)

    def calls(self) -> list[Call]:
        """The calls of a calm run that have to do with its folders."""
        ran, shown = self._trace()
        if "ptrace" in ran.err:
            absent(f"strace may not trace here: {ran.err.strip()}")
        assert ran.code == 0, ran.err
        ordinals: Counter[str] = Counter()
        found = []
        for line in shown:
            name = line.partition("(")[0]
            ordinals[name] += 1
            if self._concerns(line):
                found.append(Call(name, ordinals[name], line))
        return found

    def hurt(self, call: Call, fault: str) -> tuple[Ran, bool]:
        """Run with a fault at a call, "signal=KILL" or "error=EIO"; also say whether it struck."""
        ran, shown = self._trace("-e", f"inject={call.name}:{fault}:when={call.ordinal}")
        struck = [
            line
            for line, after in pairwise(shown)
            if "(INJECTED)" in line or "killed by SIGKILL" in after
        ]
        return ran, len(struck) == 1 and struck[0].startswith(f"{call.name}(") and self._concerns(
            struck[0]
        )

    def calm(self) -> Ran:
        """Run without a fault, from the files as they are."""
        return self._run(self.command)

    def _trace(self, *options: str) -> tuple[Ran, list[str]]:
        self._begin_anew()
        # A question mark stands before calls that not every machine has.
        calls = ",".join(f"?{name}" for name in CALLS.split(","))
        ran = self._run(
            [
                tool("strace"),
                "-y",
                "-o",
                str(self._log),
                "-e",
                f"trace={calls}",
                *options,
                *self.command,
            ]
        )
        return ran, self._log.read_text(errors="replace").splitlines()

    def _run(self, command: list[str]) -> Ran:
        done = subprocess.run(command, cwd=self.cwd, env=self.env, capture_output=True, timeout=120)
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def _concerns(self, line: str) -> bool:
        return any(str(folder) in line for folder in self.folders)


@contextmanager
def mounted(*arguments: str | Path) -> Iterator[Path]:
    """Mount as `mount` is told to, the last argument being the folder, if this machine lets us."""
    folder = Path(arguments[-1])
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([tool("mount"), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        absent(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
