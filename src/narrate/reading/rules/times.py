"""Times of day and durations: `9:30 am`, `14:05`, `1:23:45`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form

NAME = "times"

_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9])(?:\.[0-9]{1,6})?)?"
)
_STRICT = r"[0-9]{1,2}:[0-5][0-9]"
_LOOSE = r"[0-9]{1,2}(?::[0-5][0-9])?"
_HALF = r"(?P<half>(?:[aApP]\.[mM]\.?|[aApP][mM])(?![a-zA-Z]))"
_EDGE = r"(?=[0-9])(?<![\w.:])(?<![0-9],)"
_RATIO = re.compile(
    r"(?:ratio|aspect|[Dd]ilut\w{1,6}|scale|odds|mix|proportion)s?(?: \w{1,8}){0,3} $"
)
_ZONES = r"UTC|GMT|CET|CEST|EST|EDT|CST|CDT|MST|MDT|PST|PDT|BST|JST|IST"


def say_clock(hour: str, minute: str, second: str | None = None, *, half: str = "") -> str | None:
    """A time of day in words, or None if there is no such hour."""
    if int(hour) > 24:
        return None
    first = numerals.cardinal(hour.lstrip("0") or "0")
    if second and not int(hour):
        return f"{_counted(minute, 'minute')} and {_counted(second, 'second')}"
    if second and (int(second) or minute == "00"):
        return f"{first} {_minutes(minute)} and {_counted(second, 'second')}"
    if minute == "00":
        if half:
            return first
        return f"{first} o'clock" if 1 <= int(hour) <= 12 and hour[0] != "0" else f"{first} hundred"
    return f"{first} {numerals.two_digits(minute)}"


def _minutes(minute: str) -> str:
    return "oh oh" if minute == "00" else numerals.two_digits(minute)


def _counted(digits: str, noun: str) -> str:
    value = str(int(digits))
    return f"{numerals.cardinal(value)} {noun}{'' if value == '1' else 's'}"


def _half(written: str | None) -> str:
    return f" {written[0].upper()} M" if written else ""


def _clock(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 30) : match.start()]
    if _RATIO.search(before):
        return None
    half = match["half"] or ""
    said = say_clock(match["hour"], match["minute"], match["second"], half=half)
    return f"{said}{_half(half)}{_stop(match)}" if said else None


def _stop(match: re.Match[str]) -> str:
    """The full stop of `a.m.` also ends a text."""
    return "." if match[0].endswith(".") and match.end() == len(match.string) else ""


def _lap(match: re.Match[str]) -> str:
    """`3:59.4`, the time of a race."""
    said = f"{numerals.cardinal(match['minute'])} {_minutes(match['second'])}"
    return f"{said} point {numerals.digits(match['part'])}"


def _hour(match: re.Match[str]) -> str | None:
    if not 1 <= int(match["hour"]) <= 12:
        return None
    return f"{numerals.cardinal(match['hour'])}{_half(match['half'])}{_stop(match)}"


def _span(match: re.Match[str]) -> str | None:
    said = [_end(match["from"]), _end(match["to"])]
    return f"{said[0]} to {said[1]}{_half(match['half'])}" if all(said) else None


def _end(text: str) -> str | None:
    hour, _, minute = text.partition(":")
    if int(hour) > 24:
        return None
    return say_clock(hour, minute, half=" ") if minute else numerals.cardinal(hour)


_OFFSET = (
    r"(?P<zone>UTC|GMT)(?P<sign>[-−+])(?P<hours>[0-9]{1,2})"
    r"(?::(?P<minutes>[0-9]{2}))?(?![\w:])"
)


def _offset(match: re.Match[str]) -> str:
    sign = "plus" if match["sign"] == "+" else "minus"
    hours = numerals.cardinal(match["hours"].lstrip("0") or "0")
    minutes = match["minutes"]
    rest = f" {numerals.two_digits(minutes)}" if minutes and minutes != "00" else ""
    return f"{' '.join(match['zone'])} {sign} {hours}{rest}"


_BOOKS = (
    "Genesis|Gen\\.|Exodus|Leviticus|Numbers|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|Job"
    "|Psalms?|Ps\\.|Proverbs|Prov\\.|Ecclesiastes|Isaiah|Isa\\.|Jeremiah|Ezekiel|Daniel|Hosea|Amos"
    "|Matthew|Matt\\.|Mark|Luke|John|Acts|Romans|Rom\\.|Corinthians|Cor\\.|Galatians|Ephesians"
    "|Philippians|Colossians|Thessalonians|Timothy|Titus|Hebrews|James|Peter|Jude|Revelation"
)


def _verse(match: re.Match[str]) -> str:
    said = [numerals.cardinal(match["chapter"]), numerals.cardinal(match["verse"])]
    return " ".join([*said, *(["to", numerals.cardinal(match["last"])] if match["last"] else [])])


FORMS = (
    Form(
        frozenset(":"),
        rf"(?<!\w)(?:{_BOOKS}) (?P<it>(?P<chapter>[1-9][0-9]{{0,2}}):(?P<verse>[1-9][0-9]{{0,2}})"
        r"(?:[-–](?P<last>[1-9][0-9]{0,2}))?)(?![\w:])",
        _verse,
    ),
    Form(frozenset("UG"), rf"(?<!\w){_OFFSET}", _offset),
    Form(
        DIGITS,
        rf"{_EDGE}(?P<from>{_LOOSE})\s?[-–—]\s?(?P<to>{_LOOSE})\s?{_HALF}",
        _span,
    ),
    Form(
        frozenset(":"),
        rf"{_EDGE}(?P<from>{_STRICT})\s?[-–—]\s?(?P<to>{_STRICT})(?P<half>)(?![\w:])",
        _span,
    ),
    Form(
        frozenset(":"),
        rf"{_EDGE}(?P<minute>[0-9]{{1,2}}):(?P<second>[0-5][0-9])\.(?P<part>[0-9]{{1,3}})(?![\w:])",
        _lap,
    ),
    Form(frozenset(":"), rf"{_EDGE}{_CLOCK}\s?{_HALF}", _clock),
    Form(frozenset(":"), rf"{_EDGE}{_CLOCK}(?P<half>)(?![\w:]|\.[0-9])", _clock),
    Form(
        DIGITS,
        rf"{_EDGE}(?P<hour>1?[0-9])\.(?P<minute>[0-5][0-9])(?P<second>)\s?{_HALF}",
        _clock,
    ),
    Form(DIGITS, rf"{_EDGE}(?P<hour>[0-9]{{1,2}})\s?{_HALF}", _hour),
)
