"""Ranges of numbers: `10-15`, `3–5`, `1,000–2,000`, but `Listing 2-1`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form

NAME = "ranges"

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])|[0-9]++)(?:\.[0-9]++)?"


def _range(match: re.Match[str]) -> str:
    return f"{numerals.number(match['first'])} to {numerals.number(match['last'])}"


def _spaced(match: re.Match[str]) -> str:
    """`3 - 5` is a range, `10 - 3` and `3 - 5 = -2` are differences."""
    first, last = (float(match[name].replace(",", "")) for name in ("first", "last"))
    if first < last and match["equals"] is None:
        return _range(match)
    return f"{numerals.number(match['first'])} minus {numerals.number(match['last'])}"


FORMS = (
    Form(
        frozenset("-–"),
        r"\b(?:Algorithm|Equation|Example|Exercise|Figure|Lemma|Listing|Problem|Table|Theorem) "
        r"(?P<it>(?P<first>[0-9]{1,3})[-–](?P<last>[0-9]{1,3}))(?![\w-]|[.,/:][0-9])",
        lambda match: f"{numerals.number(match['first'])} dash {numerals.number(match['last'])}",
    ),
    Form(
        DIGITS,
        rf"(?<![\w.-])(?<![0-9],)(?P<first>{_NUMBER})(?:-|\s?[–—]\s?|\.\.\.?|…)(?P<last>{_NUMBER})"
        r"(?![\w-]|[.,/:][0-9])",
        _range,
    ),
    Form(
        frozenset("-−"),
        rf"(?<![\w.-])(?<![0-9],)(?P<first>{_NUMBER}) ?[-−] ?"
        rf"(?P<last>{_NUMBER})(?![\w-]|[.,/:][0-9])(?P<equals>(?= ?=))?",
        _spaced,
    ),
)
