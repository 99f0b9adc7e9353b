"""What runs know of each other through one cache: which clips each is making, and since when each
may be using clips.

    CACHE/claims     empty; who makes a clip holds the lock of the byte that its key names
    CACHE/runs/      a locked file for every run that is alive, as old as the run

A lock ends with its holder however that ends, so nothing stale can be left behind. On file systems
without locks, as some network ones are, runs do not see each other: a clip may then be made twice,
and nothing worse happens.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import threading
import time
from pathlib import Path

from narrate.base.files import durable
from narrate.request import key

_CLAIMS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Presence:
    """One run, as the others see it. The folder of the cache need not exist."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        # Guards _claims and _run, so that each is opened once.
        self._lock = threading.Lock()
        self._claims: int | None = None
        self._run: tuple[Path, int] | None = None

    def claim(self, canonical: bytes) -> bool:
        """Whether this process may make a clip: no other living process is making it."""
        file = self._file()
        if file is None:
            return True
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte(canonical))
        except (BlockingIOError, PermissionError):
            return False
        except OSError:
            # A file system without locks.
            return True
        return True

    def release(self, canonical: bytes) -> None:
        """Give up a claim, if there is one."""
        if self._claims is not None:
            with contextlib.suppress(OSError):
                fcntl.lockf(self._claims, fcntl.LOCK_UN, 1, _byte(canonical))

    def stay(self) -> None:
        """Show the others that this run is alive, from now on. Raises OSError."""
        with self._lock:
            if self._run is None:
                runs = self._cache / "runs"
                runs.mkdir(exist_ok=True)
                self._run = durable.open_temp(runs)

    def leave(self) -> None:
        """Give up everything."""
        if self._claims is not None:
            os.close(self._claims)
        if self._run is not None:
            path, fd = self._run
            # What cannot be removed is swept by the next prune, as nobody holds its lock any more.
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(fd)
        self._claims = self._run = None

    def _file(self) -> int | None:
        with self._lock, contextlib.suppress(OSError):
            if self._claims is None:
                self._claims = os.open(self._cache / "claims", _CLAIMS, 0o600)
        return self._claims


def oldest(cache: Path) -> float:
    """When the oldest living run began (seconds of the epoch); infinity if there is none. Raises
    OSError.

    Minus infinity if the clock was set back since.
    """
    began = [math.inf]
    for path in durable.sweep(cache / "runs"):
        with contextlib.suppress(OSError):
            when = path.stat().st_mtime
            # The clock was set back since: what that run used may seem older than the run.
            began.append(when if when <= time.time() else -math.inf)
    return min(began)


def _byte(canonical: bytes) -> int:
    """Which byte of the file of claims stands for a request: 60 bits of its key, as an offset has
    63.
    """
    return int(key(canonical)[:15], 16)
