"""How long a pause is, as tags say it."""

from __future__ import annotations

from narrate.base import limits, units
from narrate.reading.problems import Problem, Unreadable


def seconds(written: str) -> float:
    """A duration such as `0.6s`, `600ms` or `0.6` in seconds. Raises Unreadable."""
    try:
        return units.seconds(written)
    except ValueError as error:
        raise Unreadable(Problem(str(error), "write [pause:0.6s] or [pause:600ms]")) from None


def bounded(pause: float) -> float:
    """A pause that is not too long, in seconds. Raises Unreadable."""
    if pause > limits.PAUSE_SECONDS:
        what = f"a pause of {pause:g} s is longer than {limits.PAUSE_SECONDS:g} s"
        raise Unreadable(Problem(what, "shorten it"))
    return pause
