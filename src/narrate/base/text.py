"""Small text for people: counts, durations and sizes."""

from __future__ import annotations

UNITS = ("kB", "MB", "GB", "TB")


def counted(number: int, noun: str) -> str:
    """A number and what it counts: 1 segment, 2 segments."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
    )


def size(count: int) -> str:
    """Bytes as a person says them: 12.3 MB."""
    if count < 1000:
        return f"{count} byte{'s' * (count != 1)}"
    unit = min((len(str(count)) - 1) // 3, len(UNITS))
    return f"{count / 1000**unit:,.1f} {UNITS[unit - 1]}"
