"""How many clips runs found in the cache and how many they had to make, by day.

CACHE/uses/2026-11-21 holds a line "hits misses" for every run of that day (UTC); short appends need
no lock.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from narrate.base.files import durable, regular
from narrate.base.limits import INDEX_BYTES
from narrate.store import tag

DAYS = 366
"""Days that are kept."""

RUN = re.compile(rb"^([0-9]{1,18}) ([0-9]{1,18})$", re.MULTILINE)
"""A line of a day; others, such as one that a full disk cut, do not count."""

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Opens a day without waiting for the other end of a FIFO and without following a link."""


def count(cache: Path, hits: int, misses: int) -> None:
    """Record a run; failures here are ignored, and a run without a cache is not recorded."""
    if not tag.found(cache):
        return
    with contextlib.suppress(OSError):
        (cache / "uses").mkdir(exist_ok=True)
        fd = os.open(cache / "uses" / day(), _APPEND, 0o600)
        try:
            os.write(fd, f"{hits} {misses}\n".encode())
        finally:
            os.close(fd)


def by_day(cache: Path) -> dict[str, tuple[int, int]]:
    """Hits and misses of every day that had any, in order."""
    days = {}
    with contextlib.suppress(OSError):
        for file in sorted(durable.files(cache / "uses", DAY), key=lambda file: file.name):
            runs = RUN.findall(regular.read(Path(file.path), INDEX_BYTES))
            days[file.name] = (
                sum(int(hits) for hits, _ in runs),
                sum(int(misses) for _, misses in runs),
            )
    return days


def forget(cache: Path) -> None:
    """Remove days that are too old to be kept."""
    oldest = day(DAYS)
    for file in durable.files(cache / "uses", DAY):
        if file.name < oldest:
            Path(file.path).unlink(missing_ok=True)


def day(ago: float = 0) -> str:
    """Today, or so many days ago, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * 86_400))
