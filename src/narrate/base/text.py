"""Small text for people: names from outside, counts, durations and sizes."""

from __future__ import annotations

from narrate import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNITS = ("kB", "MB", "GB", "TB")

SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004"
    "\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
"""Harmless spaces that str.isprintable refuses; names of folders contain them."""


def printable(text: str) -> str:
    """Text in which control characters, line breaks and bidi overrides are escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in SPACES else char.encode("unicode_escape").decode()
        for char in text
    )


def encodable(text: str) -> str:
    """Text that UTF-8 can hold: the bytes of a file name that are not UTF-8 are escaped."""
    return text.encode(errors="backslashreplace").decode()


def unescaped(text: str) -> str:
    """The inverse of `encodable`, for names without such escapes of their own."""
    # Every run imports this module, and `re` takes time.
    import re

    return re.sub(r"\\u(dc[89a-f][0-9a-f])", lambda match: chr(int(match[1], 16)), text)


def quoted(text: str) -> str:
    """Text from outside in quotes: escaped, and at most 78 characters long."""
    return repr(text if len(text) <= 40 else text[:37] + "...")[:78]


def shortened(text: str, length: int) -> str:
    """Text of at most `length` characters, with an ellipsis where the rest was cut off."""
    return text if len(text) <= length else text[: length - 1] + "…"


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint for a name that does not exist: the known one that was probably meant.

    If no known name is similar, the hint is `otherwise`, or else the first twelve names.
    """
    # Few runs need it, and it takes time to import.
    from difflib import get_close_matches

    names = list(known)
    for close in get_close_matches(word[:100], names, 1):
        return f"did you mean {quoted(close)}?"
    return otherwise or "use one of: " + ", ".join(quoted(name)[1:-1] for name in names[:12])


def counted(number: int, noun: str) -> str:
    """A number and what it counts: 1 segment, 2 segments."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def some(names: Sequence[str]) -> str:
    """The first five of several names, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def duration(seconds: float) -> str:
    """Seconds as a person writes them: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def clock(milliseconds: int, point: str = ".") -> str:
    """A time as captions and chapters have it: 01:02:03.004, or with another decimal point."""
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"


def size(count: int) -> str:
    """Bytes as a person writes them: 512 bytes, 12.3 MB."""
    if count < 1000:
        return counted(count, "byte")
    unit = min((len(str(count)) - 1) // 3, len(UNITS))
    return f"{count / 1000**unit:,.1f} {UNITS[unit - 1]}"
