"""Files that get their final name only when they are complete and safe from a power cut."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

TEMP = re.compile(r"[0-9]{1,10}-[0-9a-f]{12}")
"""The names that `open_temp` gives: a process and a random part."""


def write_all(write: Callable[[memoryview], int], data: bytes | memoryview) -> None:
    """Write every byte through `write`, which may take fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[write(view) :]


def open_temp(folder: Path) -> tuple[Path, int]:
    """Create a file and lock it, so that no sweep removes it; return its path and descriptor."""
    while True:
        temp = folder / f"{os.getpid()}-{os.urandom(6).hex()}"
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        # A sweep may have removed the file before it was locked.
        if os.fstat(fd).st_nlink:
            return temp, fd
        os.close(fd)


def files(folder: Path, name: re.Pattern[str]) -> list[os.DirEntry[str]]:
    """The regular files in a folder whose names match; links are left out.

    The list is empty if the folder does not exist.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        return [
            each
            for each in found
            if name.fullmatch(each.name) and each.is_file(follow_symlinks=False)
        ]
    return []


def put(place: Path, data: bytes, temps: Path) -> None:
    """Give a file its name once it is whole, in place of an earlier one; its folder is made.

    Until then it is in the folder `temps`. It need not survive a power cut. Raises OSError.
    """
    place.parent.mkdir(mode=0o700, exist_ok=True)
    temp, fd = open_temp(temps)
    try:
        write_all(partial(os.write, fd), data)
        temp.replace(place)
    finally:
        temp.unlink(missing_ok=True)
        os.close(fd)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` once it is whole.

    If it cannot be completed, `path` stays as it was and nothing else is left. A second name of the
    old file keeps the old bytes. Raises OSError.
    """
    temp = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    with temp.open("xb") as file:
        try:
            yield file
            # Before the rename: what does not fit on the disk must not replace what does.
            file.flush()
            temp.replace(path)
        finally:
            temp.unlink(missing_ok=True)


def sweep(folder: Path) -> list[Path]:
    """Remove the files of `open_temp` whose processes have ended; return the others.

    The lock on such a file ends with its process.
    """
    living = []
    for path in (Path(each.path) for each in files(folder, TEMP)):
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            except BlockingIOError:
                living.append(path)
            finally:
                os.close(fd)
    return living


def make_folder(folder: Path) -> None:
    """Make a folder that would survive a power cut, unless it exists.

    Raises OSError, also if a link or a file is in its place.
    """
    try:
        folder.mkdir()
    except FileExistsError:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise
        return
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        # Some file systems cannot sync a folder; nothing more can be done there.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(fd)
