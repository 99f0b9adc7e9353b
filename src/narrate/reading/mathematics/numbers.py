"""Numbers in formulas, in English words."""

from __future__ import annotations

from functools import lru_cache

_FRACTIONS = {"2": ("half", "halves"), "4": ("quarter", "quarters")}
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LONGEST = 15


@lru_cache(maxsize=4096)
def cardinal(digits: str) -> str:
    """Digits, perhaps with one decimal point, in words: "3.05" is "three point zero five"."""
    whole, point, decimals = digits.partition(".")
    said = _whole(whole) if whole else "zero"
    return f"{said} point {spelled(decimals)}" if point and decimals else said


def spelled(digits: str) -> str:
    """Each digit by its name."""
    return " ".join(_DIGITS[int(digit)] for digit in digits)


@lru_cache(maxsize=1024)
def ordinal(digits: str) -> str:
    """The place in an order: "3" is "third"."""
    return _words(int(digits), "ordinal")


def fraction(top: str, bottom: str) -> str | None:
    """A small fraction by its name, "two thirds", or None where there is no usual name."""
    if not (top.isdecimal() and bottom.isdecimal() and len(top) < 3 and 2 <= int(bottom) <= 10):
        return None
    one, many = _FRACTIONS.get(bottom) or (ordinal(bottom), ordinal(bottom) + "s")
    return f"{cardinal(top)} {one if top == '1' else many}"


def _whole(digits: str) -> str:
    leading_zero = len(digits) > 1 and digits[0] == "0"
    if leading_zero or len(digits) > _LONGEST:
        return spelled(digits)
    return _words(int(digits), "cardinal")


def _words(number: int, kind: str) -> str:
    from num2words import num2words  # imports its 50 languages: 30 ms

    return str(num2words(number, to=kind)).replace("-", " ").replace(",", "")
