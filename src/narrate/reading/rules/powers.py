"""Powers: `3.5e-4`, `6.02×10²³`, `10^6`, `2^n`, `x²`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form

NAME = "powers"

_SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ"
_PLAIN = str.maketrans(_SUPER, "0123456789+-n")
_EXPONENT = rf"(?:\^\{{[-−+]?\w{{1,9}}\}}|\^[-−+]?\w{{1,9}}|[⁺⁻]?[{_SUPER[:10]}ⁿ]{{1,9}})"
_MANTISSA = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
SCIENTIFIC = (
    rf"(?:{_MANTISSA}(?:[eE][-−+]?[0-9]{{1,4}}(?!\w)| ?[×·*x] ?10{_EXPONENT})|10{_EXPONENT})"
)
"""A number times a power of ten, or a power of ten."""

_PARTS = re.compile(rf"(?:({_MANTISSA})(?:[eE]| ?[×·*x] ?10))?(.+)")
_WORDS = {"2": "squared", "3": "cubed"}


def say_scientific(text: str) -> str | None:
    """A number such as `3.5e-4` in words, or None if the text is not one."""
    if not re.fullmatch(SCIENTIFIC, text):
        return None
    match = _PARTS.fullmatch(text)
    assert match
    power = f"ten to the {exponent(match[2].removeprefix('10') if not match[1] else match[2])}"
    return f"{numerals.number(match[1])} times {power}" if match[1] else power


def exponent(text: str) -> str:
    """`^-4` or `⁻⁴` as `minus four`; letters keep their names."""
    plain = text.translate(_PLAIN).strip("^{}")
    if plain.lstrip("-−+").isdecimal():
        return numerals.number(plain).removeprefix("plus ")
    sign = "minus " if plain[0] in "-−" else ""
    return sign + " ".join("A" if letter == "a" else letter for letter in plain.lstrip("-−+"))


def _power(match: re.Match[str]) -> str:
    base, raised = match["base"], match["exponent"].translate(_PLAIN).strip("^{}")
    said = base.replace("a", "A") if base.isalpha() else numerals.number(base)
    if raised in _WORDS and base != "10":
        return f"{said} {_WORDS[raised]}"
    return f"{said} to the {exponent(raised)}"


_BASE = r"(?P<base>[0-9]{1,15}(?:\.[0-9]{1,15})?|[A-Za-z])"

SCALES = Form(
    DIGITS,
    rf"(?<![\w.,])[-−+]?(?:{SCIENTIFIC})(?!\w)",
    lambda match: _signed(match[0]),
)
FORMS = (
    SCALES,
    Form(
        frozenset("^" + _SUPER),
        rf"(?<![\w.,])(?P<function>[A-Z])\((?P<inside>{_BASE}(?P<exponent>{_EXPONENT}))\)",
        lambda match: f"{match['function']} of {_power(match)}",
    ),
    Form(frozenset("^" + _SUPER), rf"(?<![\w.,]){_BASE}(?P<exponent>{_EXPONENT})(?!\w)", _power),
)


def _signed(text: str) -> str | None:
    said = say_scientific(text.lstrip("-−+"))
    return f"minus {said}" if said and text[0] in "-−" else said
