"""Which locks there are: the clips that they name are never pruned.

CACHE/locks/0123456789abcdef is of the narrate.lock whose path has this digest: the path, a NUL
byte, and what the file held when a run last used it. A prune reads the file itself. What is
remembered of it counts only while its whole folder is gone, for as long as a disk may be
unplugged. Failures to remember are ignored.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import xxhash

from narrate.base.files import durable, regular
from narrate.base.limits import LOCK_BYTES
from narrate.store import tag

FOLDER = "locks"
SECONDS = 30 * 86_400
"""How long the lock of a folder that is gone counts, after it was used last."""

RENEWED = 86_400
"""A lock that has not changed is remembered anew at most this often."""

_NAME = re.compile(r"[0-9a-f]{16}")
_DIGEST = re.compile(rb'^[ \t]*(?:clip|sound)[ \t]*=[ \t]*"([0-9a-f]{32})"', re.MULTILINE)
"""The key of an approved take, and the digest of its sound; see `takes.lockfile`."""

_MOST = LOCK_BYTES + 4096
"""Of what is remembered: a lock and its path."""


def remember(cache: Path, lock: Path) -> None:
    """Let prunes know of a lock, if there is one and there is a cache."""
    if not tag.found(cache):
        return
    with contextlib.suppress(OSError):
        path = os.path.abspath(lock)
        data = os.fsencode(path) + b"\0" + regular.read(lock, LOCK_BYTES)
        place = cache / FOLDER / xxhash.xxh3_64_hexdigest(os.fsencode(path))
        if not _is_known(place, data):
            durable.put(place, data, cache / "tmp")


def digests(cache: Path) -> frozenset[str]:
    """The keys and the digests of the sounds that the locks name; locks that are gone are
    forgotten.
    """
    return frozenset(digest.decode() for data in _living(cache) for digest in _DIGEST.findall(data))


def _living(cache: Path) -> Iterator[bytes]:
    """What the locks hold that are still there, or may come back."""
    for file in durable.files(cache / FOLDER, _NAME):
        with contextlib.suppress(OSError):
            path, _, remembered = regular.read(Path(file.path), _MOST).partition(b"\0")
            used = file.stat(follow_symlinks=False).st_mtime
            try:
                yield regular.read(Path(os.fsdecode(path)), LOCK_BYTES)
            except FileNotFoundError:
                if os.path.isdir(os.path.dirname(path)) or used < time.time() - SECONDS:
                    os.unlink(file.path)
                else:
                    yield remembered
            except OSError:
                # It is there, and cannot be read now.
                yield remembered


def _is_known(place: Path, data: bytes) -> bool:
    """Whether the same was remembered a short time ago."""
    with contextlib.suppress(OSError):
        known, status = regular.read_with_status(place, _MOST)
        return known == data and status.st_mtime > time.time() - RENEWED
    return False
