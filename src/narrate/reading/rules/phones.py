"""Telephone numbers, digit by digit, with a pause between groups."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import Form

NAME = "phones"

_SEP = r"[-. ]"
_EDGE = r"(?=[0-9(])(?<![\w.,/-])"
_END = r"(?![\w/]|[-.,][0-9])"


def _grouped(match: re.Match[str]) -> str:
    written = match[0]
    groups = re.findall(r"[0-9]+", written)
    said = ", ".join(map(_group, groups))
    return f"plus {said}" if written.startswith("+") else said


def _group(digits: str) -> str:
    return "eight hundred" if digits == "800" else numerals.digits(digits)


FORMS = (
    Form(
        frozenset("+"),
        rf"(?<![\w+])\+[0-9]{{1,3}}(?:{_SEP}?\(?[0-9]{{2,5}}\)?){{2,5}}{_END}",
        _grouped,
    ),
    Form(
        frozenset("-"),
        rf"{_EDGE}(?:1-)?(?:\([0-9]{{3}}\) ?|[0-9]{{3}}-)[0-9]{{3}}-[0-9]{{4}}{_END}",
        _grouped,
    ),
    Form(frozenset("-"), rf"{_EDGE}[0-9]{{3}}-[0-9]{{4}}{_END}", _grouped),
    Form(
        frozenset("0"),
        rf"{_EDGE}0[0-9]{{2,4}}[ -][0-9]{{3,4}}[ -]?[0-9]{{3,4}}{_END}",
        _grouped,
    ),
)
