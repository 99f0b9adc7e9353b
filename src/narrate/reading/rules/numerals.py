"""Numbers as English words: cardinals, ordinals, years, digits one by one."""

from __future__ import annotations

_WORDS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
    - - twenty thirty forty fifty sixty seventy eighty ninety
"""
_ONES, _TENS = _WORDS.split()[:20], _WORDS.split()[20:]
_NAMES = frozenset([*_ONES, *_TENS, "hundred", "thousand", "million", "billion", "trillion"])
_SCALES = ("", " thousand", " million", " billion", " trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LONGEST = 15
"""More digits than this are said one by one; so are those that begin with a zero."""


def is_number(word: str) -> bool:
    """Whether a word, such as `twenty-one`, is a number or the end of one."""
    return word.partition("-")[0] in _NAMES


def number(text: str) -> str:
    """A written number, such as `-1,234.50`, in words."""
    if text[0] in "-−–":
        return f"minus {number(text[1:])}"
    if text[0] == "+":
        return f"plus {number(text[1:])}"
    whole, point, fraction = text.replace(",", "").partition(".")
    said = cardinal(whole or "0")
    return f"{said} point {digits(fraction)}" if point else said


def cardinal(text: str) -> str:
    """A whole number in words; `0042` and numbers beyond trillions digit by digit."""
    if len(text) > _LONGEST or (text[0] == "0" and len(text) > 1):
        return digits(text)
    value = int(text)
    parts: list[str] = []
    for scale in _SCALES:
        value, group = divmod(value, 1000)
        if group:
            parts.append(_below_thousand(group) + scale)
    return " ".join(reversed(parts)) or "zero"


def _below_thousand(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    parts = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        parts.append(_below_hundred(rest))
    return " ".join(parts)


def _below_hundred(value: int) -> str:
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


def ordinal(text: str) -> str:
    """`21` as `twenty-first`."""
    return as_ordinal(cardinal(text))


def as_ordinal(said: str) -> str:
    """What ends with a number or a letter as an ordinal: `n plus first`, `k-th`."""
    cut = max(said.rfind(" "), said.rfind("-")) + 1
    last = said[cut:]
    if len(last) == 1 and last.isascii() and last.isalpha():
        return f"{said[:cut]}{last.lower()}-th"
    if last.endswith("y"):
        return f"{said[:-1]}ieth"
    return said[:cut] + _ORDINALS.get(last, f"{last}th")


def digits(text: str) -> str:
    """Each digit by its name."""
    return " ".join(_ONES[int(digit)] for digit in text)


def pairs(text: str) -> str:
    """As people say years, rooms and ports: `1905` as nineteen oh five, `404` as four oh four."""
    if not 3 <= len(text) <= 4 or text[0] == "0":
        return cardinal(text)
    high, low = text[:-2], text[-2:]
    if text[1:-1] == "00" or low == "00" and high[-1] == "0":
        return cardinal(text)
    if low == "00":
        return f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {two_digits(low)}"


def two_digits(text: str) -> str:
    """`05` as oh five."""
    return f"oh {cardinal(text[1:])}" if text[0] == "0" else cardinal(text)


def plural(said: str) -> str:
    """`nineteen ninety` as `nineteen nineties`."""
    if said.endswith("y"):
        return f"{said[:-1]}ies"
    return said + ("es" if said.endswith("x") else "s")
