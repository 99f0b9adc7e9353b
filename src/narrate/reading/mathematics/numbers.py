"""Numbers in formulas, in English words."""

from __future__ import annotations

from functools import lru_cache

from narrate.reading.rules import numerals

_FRACTIONS = {"2": ("half", "halves"), "4": ("quarter", "quarters")}


@lru_cache(maxsize=4096)
def cardinal(digits: str) -> str:
    """Digits, perhaps with one decimal point, in words: "3.05" is "three point zero five"."""
    return numerals.number(digits.removesuffix("."))


def spelled(digits: str) -> str:
    """Each digit by its name."""
    return numerals.digits(digits)


@lru_cache(maxsize=1024)
def ordinal(digits: str) -> str:
    """The place in an order: "3" is "third"."""
    return numerals.ordinal(digits)


def fraction(top: str, bottom: str) -> str | None:
    """A small fraction by its name, "two thirds", or None where there is no usual name."""
    if not (top.isdecimal() and bottom.isdecimal() and len(top) < 3 and 2 <= int(bottom) <= 10):
        return None
    one, many = _FRACTIONS.get(bottom) or (ordinal(bottom), ordinal(bottom) + "s")
    return f"{cardinal(top)} {one if top == '1' else many}"
