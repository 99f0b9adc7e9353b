"""Files read without waiting and with an end: regular files only, and at most so many bytes.

A FIFO in the place of a file would make a plain read wait for a writer, and a device would never
end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO


class NotRegular(OSError):
    """This is a FIFO, a device, a socket or a folder."""


class TooLarge(OSError):
    """This file has more bytes than are read."""


def read(path: Path, most: int) -> bytes:
    """The bytes of a regular file, or of the one that a link leads to; at most `most` of them.

    Raises NotRegular, TooLarge or another OSError, each with its reason in words as `strerror`.
    """
    return read_with_status(path, most)[0]


def read_with_status(path: Path, most: int) -> tuple[bytes, os.stat_result]:
    """What `read` returns, and the status of the very file that was read."""
    fd = opened(path)
    try:
        status = os.fstat(fd)
        # What a file under /proc or /sys holds is not what its size says, so the bytes are counted.
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
    """A descriptor of a regular file, open for reading; `flags` of os.open are added. Raises
    NotRegular or OSError.
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
    """A file to write text to line by line, emptied unless `append`.

    Devices and FIFOs will do, but no reader is waited for. Raises OSError, for a FIFO that nobody
    reads as well.
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
    # A reader that is slow, but there, is waited for.
    os.set_blocking(fd, True)
    return open(fd, "w", encoding="utf-8", buffering=1)


def _not_regular(path: Path) -> NotRegular:
    return NotRegular(errno.EINVAL, "is not a regular file", str(path))
