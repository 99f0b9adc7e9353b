"""Durations as people write them in tags and fields."""

from __future__ import annotations

import re

from narrate.base import limits
from narrate.reading.problems import Problem, Unreadable

_DURATION = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})\s*(ms|s)?\s*")


def seconds(duration: str) -> float:
    """A duration such as `0.6s`, `600ms` or `0.6` in seconds. Raises ValueError."""
    match = _DURATION.fullmatch(duration)
    if not match:
        hint = "write [pause:0.6s] or [pause:600ms]"
        raise Unreadable(
            Problem(f"{duration[:20]!r} is not a duration such as 0.6s or 600ms", hint)
        )
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def bounded(pause: float) -> float:
    """A pause that is not too long, in seconds. Raises ValueError."""
    if pause > limits.PAUSE_SECONDS:
        what = f"a pause of {pause:g} s is longer than {limits.PAUSE_SECONDS:g} s"
        raise Unreadable(Problem(what, "shorten it"))
    return pause
