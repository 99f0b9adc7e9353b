"""Safe reading: regular files only, without waiting, and with a limit on their size.

A plain read of a FIFO in the place of a file would wait for a writer, and that of a device might
never end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO


class NotRegular(OSError):
    """The path names a FIFO, a device, a socket or a folder."""


class TooLarge(OSError):
    """The file is larger than the limit."""


def read(path: Path, most: int) -> bytes:
    """The bytes of a regular file, or of the file that a link leads to, if they are at most `most`.

    Raises NotRegular, TooLarge or another OSError, each with its reason in words as `strerror`.
    """
    return read_with_status(path, most)[0]


def read_with_status(path: Path, most: int) -> tuple[bytes, os.stat_result]:
    """What `read` returns, and the status of the same open file."""
    fd = opened(path)
    try:
        status = os.fstat(fd)
        # The size of a file under /proc or /sys says nothing about its content, so count the bytes.
        data = bytearray()
        while len(data) <= most:
            block = os.read(fd, min(most + 1 - len(data), 1 << 20))
            if not block:
                return bytes(data), status
            data += block
    finally:
        os.close(fd)
    raise TooLarge(errno.EFBIG, f"is larger than {most:,} bytes", str(path))


def opened(path: Path, flags: int = 0) -> int:
    """Open a regular file for reading, with more `flags` of os.open; return its descriptor.

    Raises NotRegular or OSError.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | flags)
    except OSError as error:
        # A socket cannot be opened, and neither can a device without a driver.
        if error.errno in (errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP):
            raise _not_regular(path) from error
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _not_regular(path)
    return fd


def created(path: Path, *, append: bool = False) -> IO[str]:
    """Open a file to write text to line by line, emptied unless `append`.

    Devices and FIFOs are allowed, but a FIFO must have a reader already. Raises OSError.
    """
    start = os.O_APPEND if append else os.O_TRUNC
    try:
        fd = os.open(
            path,
            os.O_WRONLY | os.O_CREAT | start | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC,
            0o666,
        )
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads from it", str(path)) from error
        raise
    # From here on, a slow reader is waited for.
    os.set_blocking(fd, True)
    return open(fd, "w", encoding="utf-8", buffering=1)


def _not_regular(path: Path) -> NotRegular:
    return NotRegular(errno.EINVAL, "is not a regular file", str(path))
