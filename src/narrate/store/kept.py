"""What the texts of scripts say, as the last run of each found it.

CACHE/readings/0123456789abcdef is that of the script whose path has this digest. It only saves
time, so failures here are ignored, and a prune removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

import xxhash

from narrate.base.files import durable, regular
from narrate.base.limits import RECORD_BYTES
from narrate.store import tag

FOLDER = "readings"
SECONDS = 30 * 86_400
"""How long readings are kept if the texts do not change."""

_NAME = re.compile(r"[0-9a-f]{16}")


def recall(cache: Path, script: Path) -> bytes:
    """What the last run kept; nothing if there is none that can be read."""
    path = _place(cache, script)
    with contextlib.suppress(OSError):
        if not path.is_symlink():
            return regular.read(path, RECORD_BYTES)
    return b""


def keep(cache: Path, script: Path, data: bytes) -> None:
    """Replace what the last run kept. Without a cache, nothing is kept."""
    if not tag.found(cache):
        return
    with contextlib.suppress(OSError):
        (cache / FOLDER).mkdir(mode=0o700, exist_ok=True)
        forget(cache, SECONDS)
        durable.put(_place(cache, script), data, cache / "tmp")


def forget(cache: Path, seconds: float = 0.0) -> None:
    """Remove what was kept longer ago than so many seconds. Raises OSError."""
    for file in durable.files(cache / FOLDER, _NAME):
        if file.stat(follow_symlinks=False).st_mtime <= time.time() - seconds:
            Path(file.path).unlink(missing_ok=True)


def _place(cache: Path, script: Path) -> Path:
    return cache / FOLDER / xxhash.xxh3_64_hexdigest(os.fsencode(os.path.abspath(script)))
