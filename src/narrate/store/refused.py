"""Attempts that the checks refused, kept to be listened to and never used.

CACHE/refused/KEY.ATTEMPT.wav is an entry like others. Together they have at most `MOST_BYTES`, the
newest of them, and a prune removes them before any clip. Failures here are ignored.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from narrate.base.files import durable
from narrate.request import key
from narrate.store import entry
from narrate.store.entry import Clip, Damaged

FOLDER = "refused"
MOST_BYTES = 200_000_000
"""An hour and more of speech at 24 kHz: more than anybody listens to because it went wrong."""

_NAME = re.compile(r"[0-9a-f]{32}\.[1-9][0-9]{0,5}\.wav")


def keep(cache: Path, canonical: bytes, attempt: int, data: bytes) -> Clip | None:
    """Keep the bytes of an entry, in place of an earlier one of the same attempt; return it, or
    None if it could not be kept.
    """
    place = cache / FOLDER / f"{key(canonical)}.{attempt}.wav"
    with contextlib.suppress(OSError):
        durable.put(place, data, cache / "tmp")
        _bound(cache)
        return entry.parse(data, place)
    return None


def of(cache: Path, canonical: bytes) -> list[Clip]:
    """The refused attempts at a request, in the order of their numbers."""
    found: list[tuple[int, Clip]] = []
    for _, _, path in sizes(cache):
        name, attempt, _ = path.name.split(".")
        with contextlib.suppress(Damaged, OSError):
            if name == key(canonical) and (clip := entry.peek(path)).canonical == canonical:
                found.append((int(attempt), clip))
    return [clip for _, clip in sorted(found, key=lambda pair: pair[0])]


def sizes(cache: Path) -> list[tuple[float, int, Path]]:
    """Time, bytes and path of each, the oldest first."""
    found = []
    with contextlib.suppress(OSError):
        for file in durable.files(cache / FOLDER, _NAME):
            with contextlib.suppress(OSError):
                status = file.stat(follow_symlinks=False)
                found.append((status.st_mtime, status.st_size, Path(file.path)))
    return sorted(found)


def _bound(cache: Path) -> None:
    """Remove the oldest until the others have no more than they may."""
    found = sizes(cache)
    excess = sum(size for _, size, _ in found) - MOST_BYTES
    for _, size, path in found:
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= size
