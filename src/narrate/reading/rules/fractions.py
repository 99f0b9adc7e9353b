"""Fractions: `1/2`, `3 1/2`, `¾`, `8/10` of a score."""

from __future__ import annotations

import re
import unicodedata

from narrate.reading.rules import numerals
from narrate.reading.rules.form import Form

NAME = "fractions"

VULGAR = frozenset("½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒")
_SIGN = f"[{''.join(sorted(VULGAR))}]"
_WRITTEN = r"(?:[1-9][0-9]{0,2}|0)[/⁄][1-9][0-9]{0,3}(?![0-9/⁄])(?!\.[0-9])"
FRACTION = rf"(?:(?:[0-9]{{1,4}}[ -])?{_WRITTEN}|(?:[0-9]{{1,4}} ?)?{_SIGN})"
"""A fraction with or without a whole number before it."""

_PARTS = re.compile(r"(?:([0-9]+)[ -])?([0-9]+)[/⁄]([0-9]+)")
_MIXED_SIGN = re.compile(rf"(?:([0-9]+) ?)?({_SIGN})")
_NAMES = {"2": ("half", "halves"), "4": ("quarter", "quarters")}
_TENTHS = {10, 100, 1000}
_OF = r"(?:[Ss]tep|[Ss]lide|[Pp]age|[Pp]art|[Ee]poch|[Bb]atch|[Ll]esson|[Ll]evel|[Ee]pisode)"
_OUT_OF = r"(?:[Ss]cored?|[Rr]ated|[Rr]ating|[Gg]ot|[Pp]assed)"


def say_fraction(text: str) -> str | None:
    """A fraction in words, or None if the text is not one."""
    if sign := _MIXED_SIGN.fullmatch(text):
        top, _, bottom = unicodedata.normalize("NFKC", sign[2]).partition("⁄")
        return _mixed(sign[1], top, bottom)
    match = _PARTS.fullmatch(text)
    return _mixed(match[1], match[2], match[3]) if match else None


def _mixed(whole: str | None, top: str, bottom: str) -> str:
    part = _proper(top, bottom)
    if not whole:
        return part
    # "three and a half", "two and two thirds"
    return f"{numerals.cardinal(whole)} and {part.replace('one ', 'a ', 1) if top == '1' else part}"


def _proper(top: str, bottom: str) -> str:
    first, value = numerals.cardinal(top), int(bottom)
    if value < 2 or (value > 20 and value % 10 and value not in (32, 64)) or len(top) > 2:
        return f"{first} over {numerals.cardinal(bottom)}"
    if top in ("0", bottom):
        return f"{first} of {numerals.cardinal(bottom)}"
    singular, plural = _NAMES.get(bottom) or _ordinals(bottom)
    return f"{first} {singular if top == '1' else plural}"


def _ordinals(bottom: str) -> tuple[str, str]:
    name = numerals.ordinal(bottom).removeprefix("one ")
    return name, f"{name}s"


def _counted(match: re.Match[str]) -> str:
    joint = "of" if match["of"] else "out of"
    return f"{numerals.cardinal(match['top'])} {joint} {numerals.cardinal(match['bottom'])}"


def _same(match: re.Match[str]) -> str | None:
    top, _, bottom = match[0].partition("/" if "/" in match[0] else "-")
    return f"{numerals.cardinal(top)} {numerals.cardinal(bottom)}"


FORMS = (
    Form(
        frozenset("/-"),
        r"(?<![\w/-])(?:24/7|20/20|50[/-]50|60/40|70/30|80/20|90/10)(?![\w/])",
        _same,
    ),
    Form(
        frozenset("/"),
        r"(?<![\w./])(?P<top>[0-9]\.[0-9])/(?P<bottom>5|10)(?![\w/]|\.[0-9])",
        lambda match: (
            f"{numerals.number(match['top'])} out of {numerals.cardinal(match['bottom'])}"
        ),
    ),
    Form(frozenset("/"), r"(?<=[Oo]n )9/11(?![\w/])|(?<![\w/])9/11(?= attack)", _same),
    Form(
        frozenset("/"),
        r"(?<![\w./])[1-9][0-9]?/(?:2|4|8|16)(?= (?:time|meter|signature|beat)\b)",
        _same,
    ),
    Form(
        frozenset("/"),
        rf"(?<!\w)(?:(?P<of>{_OF})|{_OUT_OF}) "
        rf"(?P<it>(?P<top>[0-9]{{1,4}})/(?P<bottom>[0-9]{{1,5}}))(?![\w/])",
        _counted,
    ),
    Form(
        frozenset("/⁄") | VULGAR,
        rf"(?<![\w/.,])(?<![0-9] )(?:{FRACTION})(?![\w/])",
        lambda match: say_fraction(match[0]),
    ),
)
