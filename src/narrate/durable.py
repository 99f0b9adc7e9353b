"""Files that have their name only once they are whole, and would survive a power cut then."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path


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


def sweep(folder: Path) -> list[Path]:
    """Remove the files of `open_temp` whose holders are dead, as their locks died with them; return the others."""
    living = []
    for path in folder.iterdir():
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
    """Make a folder that would survive a power cut, unless it is there."""
    try:
        folder.mkdir()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
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
