"""Amounts: numbers, fractions, powers of ten and ranges of them, as they stand before a unit."""

from __future__ import annotations

from narrate.reading.rules import numerals
from narrate.reading.rules.form import compiled
from narrate.reading.rules.fractions import FRACTION, VULGAR, say_fraction
from narrate.reading.rules.powers import SCIENTIFIC, say_scientific

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])|[0-9]++)(?:\.[0-9]++)?|\.[0-9]++"
START = r"(?<![\w.])(?<![0-9],)(?<![0-9][-−–])"
SIGN = r"(?:±|\+/-|[-−+~≈<>≤≥])"
ONE = rf"(?:{SCIENTIFIC}|{FRACTION}|{NUMBER})"
AMOUNT = rf"{START}{SIGN}?{ONE}(?:(?:%?\s?[-–—−]\s?|\s?±\s?| (?:to|and) ){ONE})?"
"""A number with what may precede it, or a range of two."""

_SIGNS = {
    "-": "minus",
    "−": "minus",
    "+": "plus",
    "±": "plus or minus",
    "+/-": "plus or minus",
    "~": "about",
    "≈": "approximately",
    "<": "less than",
    ">": "more than",
    "≤": "at most",
    "≥": "at least",
}
_PARTS = rf"({SIGN})?({ONE})%?(?:\s?([-–—−±]|to|and)\s?({ONE}))?"
_JOINS = {"±": "plus or minus", "and": "and"}


def say_amount(text: str) -> str:
    """What `AMOUNT` matched, in words."""
    match = compiled(_PARTS).fullmatch(text)
    assert match
    sign, first, join, second = match.groups()
    parts = [_SIGNS[sign.strip()]] if sign else []
    parts.append(_one(first))
    if second:
        parts += [_JOINS.get(join, "to"), _one(second)]
    return " ".join(parts)


def is_one(text: str) -> bool:
    """Whether a unit after the amount is said in the singular."""
    number = text.lstrip("-−+±~≈<>≤≥/ ")
    if "/" in number or number[-1:] in VULGAR:
        top, _, bottom = number.partition("/")
        if top.isdecimal() and bottom.isdecimal():
            return int(top) < int(bottom)
        return number in VULGAR
    return number == "1"


def _one(text: str) -> str:
    return say_fraction(text) or say_scientific(text) or numerals.number(text)
