"""Files that have their name only once they are whole, and would survive a power cut then."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

TEMP = re.compile(r"[0-9]{1,10}-[0-9a-f]{12}")
"""The names that `open_temp` gives: a process and a random part."""


def write_all(write: Callable[[memoryview], int], data: bytes | memoryview) -> None:
    """Write every byte through `write`, which may take fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[write(view) :]


def open_temp(folder: Path) -> tuple[Path, int]:
    """A new file that no sweep takes away: it is locked, and was still there once it was."""
    while True:
        temp = folder / f"{os.getpid()}-{os.urandom(6).hex()}"
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return temp, fd
        os.close(fd)


def files(folder: Path, name: re.Pattern[str]) -> list[os.DirEntry[str]]:
    """The regular files of a folder whose names match; links are not followed. Empty if there is no
    such folder.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        return [
            each
            for each in found
            if name.fullmatch(each.name) and each.is_file(follow_symlinks=False)
        ]
    return []


def sweep(folder: Path) -> list[Path]:
    """Remove the files of `open_temp` whose holders are dead, as their locks died with them; return
    the others.
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
    """Make a folder that would survive a power cut, unless it is there. Raises OSError, for a link
    as well.
    """
    try:
        folder.mkdir()
    except FileExistsError:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise
        return
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        # Some file systems cannot sync a folder; theirs are as durable as they get.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(fd)
