"""Sizes, ages and durations as people write them: 500MB, 2GiB, 30d, 0.6s."""

from __future__ import annotations

import re
from fractions import Fraction

BYTES = {"": 1} | {
    prefix + binary: (1024 if binary else 1000) ** power
    for power, prefix in enumerate("KMGT", 1)
    for binary in ("", "I")
}
SECONDS = {"S": 1, "MIN": 60, "H": 3600, "D": 86_400, "W": 7 * 86_400}
DURATION = r"^\s*([0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})\s*(ms|s)?\s*$"
"""How a duration is written, as a pattern for JSON Schema too."""


def size(text: str) -> int:
    """A size such as 500MB, 2G or 1.5GiB in bytes. Raises ValueError."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?I?)B?", text.strip().upper())
    if match is None or match[2] not in BYTES:
        raise ValueError(f"{text!r} is not a size; use a number and a unit, such as 500MB")
    return int(Fraction(match[1]) * BYTES[match[2]])


def age(text: str) -> float:
    """An age such as 90min, 12h, 30d or 4w in seconds. Raises ValueError."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(S|MIN|H|D|W)", text.strip().upper())
    if match is None:
        raise ValueError(f"{text!r} is not an age; use a number and a unit, such as 30d")
    return float(match[1]) * SECONDS[match[2]]


def seconds(written: str | float) -> float:
    """A duration in seconds: a number of seconds, or `0.6s`, `600ms`, `0.6`. Raises ValueError."""
    if not isinstance(written, str):
        return float(written)
    match = re.fullmatch(DURATION, written)
    if not match:
        raise ValueError(f"{written[:20]!r} is not a duration such as 0.6s or 600ms")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)
