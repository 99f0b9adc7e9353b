"""Telephone numbers, postal codes and the like, digit by digit, with a pause between groups."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form

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


def _coded(match: re.Match[str]) -> str:
    """The number of a book or journal."""
    return ", ".join(" ".join(map(_digit, part)) for part in re.findall(r"[0-9X]+", match[0]))


def _digit(sign: str) -> str:
    return sign if sign == "X" else numerals.digits(sign)


def _vulnerability(match: re.Match[str]) -> str:
    _, year, number = match[0].split("-")
    return f"{numerals.pairs(year)}, {numerals.digits(number)}"


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
    Form(frozenset("."), rf"{_EDGE}[0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{4}}{_END}", _grouped),
    Form(
        DIGITS,
        r"(?<=\bIS[BS]N )(?:97[89][- ]?)?[0-9](?:[0-9]|[- ](?=[0-9X])){7,12}X?(?!\w)",
        _coded,
    ),
    Form(
        DIGITS,
        r"(?<=\b(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HR]"
        r"|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]) )[0-9]{5}(?:-[0-9]{4})?(?![\w-])",
        _grouped,
    ),
    Form(frozenset("-"), r"(?<=\bCVE)-[12][0-9]{3}-[0-9]{4,6}(?![\w-])", _vulnerability),
    Form(frozenset("-"), rf"{_EDGE}[0-9]{{3}}-[0-9]{{4}}{_END}", _grouped),
    Form(
        frozenset("0"),
        rf"{_EDGE}0[0-9]{{2,4}}[ -][0-9]{{3,4}}[ -]?[0-9]{{3,4}}{_END}",
        _grouped,
    ),
)
