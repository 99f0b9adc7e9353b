"""Dates, years, decades and centuries."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form
from narrate.reading.words import TAKEN

NAME = "dates"

_NAMES = """
    January February March April May June July August September October November December
"""
_MONTHS = _NAMES.split()
_SHORT = {month[:3]: month for month in _MONTHS} | {"Sept": "September"}
_WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_DAYS = {day[:3]: day for day in _WEEK.split()}
_MONTH = f"(?P<month>{'|'.join(_MONTHS)}|(?:{'|'.join(_SHORT)})(?:\\.|\\b))"
_DAY = r"(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?(?!\w)(?!:[0-9])"
_YEAR = r"(?P<year>[12][0-9]{3})(?![\w-]|[.,/:][0-9])"
_EDGE = r"(?=[0-9])(?<![\w./-])(?<![0-9],)"
_LATER = (
    r"[Ii]n|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]y|[Ff]rom|[Yy]ear|[Bb]efore"
    r"|[Aa]fter|[Dd]uring|[Cc]irca"
    r"|[Tt]he|©|[Ee]arly|[Ll]ate|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter"
)
_COUNTED = (
    r"(?! ?%)(?! (?:people|of|percent|million|billion|more|times|per)\b)"
    r"(?! (?!was|is|has|as|does)[a-z]+s\b)"
)


def year(text: str) -> str:
    """`1905` as nineteen oh five, `2005` as two thousand five."""
    return numerals.pairs(text)


def _date(month: str, day: str, written: str | None) -> str | None:
    if not 1 <= int(day) <= 31:
        return None
    said = f"{month} {numerals.ordinal(day)}"
    return f"{said}, {year(written)}" if written else said


def _numbered(match: re.Match[str]) -> str | None:
    month, day = int(match["month"]), match["day"]
    if month > 12 and int(day) <= 12:
        month, day = int(day), match["month"]
    if not 1 <= month <= 12:
        return None
    return _date(_MONTHS[month - 1], day.lstrip("0") or "0", match["year"])


def in_order(text: str, order: str) -> str | None:
    """A date in figures, of which `order` names the parts: `mdy`, `dmy`, `ymd`, `md`, `my`, `y`."""
    figures = re.findall(r"[0-9]+", text)
    if len(figures) != len(order) or not re.fullmatch(r"[0-9]+(?:[-/. ]+[0-9]+)*[.]?", text):
        return None
    parts = dict(zip(order, figures, strict=True))
    month = int(parts.get("m", "1"))
    if not parts.keys() <= {*"ymd"} or not 1 <= month <= 12:
        return None
    named = _MONTHS[month - 1] if "m" in parts else ""
    if "d" not in parts:
        return " ".join(filter(None, [named, year(parts["y"]) if "y" in parts else ""])) or None
    day = parts["d"].lstrip("0") or "0"
    if named:
        return _date(named, day, parts.get("y"))
    return f"the {numerals.ordinal(day)}" if len(parts) == 1 and 1 <= int(day) <= 31 else None


def _instant(match: re.Match[str]) -> str | None:
    from narrate.reading.rules.times import say_clock

    day = _numbered(match)
    clock = say_clock(match["hour"], match["minute"], match["second"])
    zone = {"Z": " U T C", None: ""}.get(match["zone"])
    return f"{day}, {clock}{zone}" if day and clock else None


def _month(match: re.Match[str]) -> str:
    written = match["month"].rstrip(".")
    return _SHORT.get(written, written)


def _named(match: re.Match[str]) -> str | None:
    return _date(_month(match), match["day"], match["year"])


def _day_first(match: re.Match[str]) -> str | None:
    if not 1 <= int(match["day"]) <= 31:
        return None
    article = "the " if match["the"] is None else ""
    said = f"{article}{numerals.ordinal(match['day'])} of {_month(match)}"
    return f"{said}, {year(match['year'])}" if match["year"] else said


def _days(match: re.Match[str]) -> str | None:
    first, last = match["day"], match["last"]
    if not 1 <= int(first) < int(last) <= 31:
        return None
    said = f"{_month(match)} {numerals.ordinal(first)} to {numerals.ordinal(last)}"
    return f"{said}, {year(match['year'])}" if match["year"] else said


def _years(match: re.Match[str]) -> str | None:
    last = match["last"]
    # `2024-05` is a month, `2024-25` and `2010-11` are seasons.
    is_next = int(last) == (int(match["year"]) + 1) % 100
    if len(last) == 2 and 1 <= int(last) <= 12 and not is_next:
        return f"{_MONTHS[int(last) - 1]} {year(match['year'])}"
    said = year(last) if len(last) == 4 else numerals.two_digits(last)
    return f"{year(match['year'])} to {said}"


def _months(match: re.Match[str]) -> str:
    said = f"{_SHORT[match['first']]} to {_month(match)}"
    return f"{said} {year(match['year'])}" if match["year"] else said


def _decade(match: re.Match[str]) -> str:
    written = match["decade"]
    if written.endswith("000"):
        return numerals.plural(numerals.cardinal(written))
    return numerals.plural(year(written))


_BEFORE = re.compile(rf"(?:\b(?:{_LATER}|and|or|to|of|between|about)|©) $")


def _dated(match: re.Match[str]) -> str | None:
    """A year, where the word before it or its size says so."""
    start = match.start("it")
    written = match["year"]
    if _BEFORE.search(match.string, max(0, start - 12), start):
        return year(written)
    return year(written) if "1900" <= written <= "2099" else None


_EARLIER = re.compile(
    r"(?:\b(?:the|his|her|their|my|your|early|late|mid|low|high|upper|lower) "
    r"|\bmid-|(?<!\w)['’‘])$",
    re.IGNORECASE,
)


def _short_decade(match: re.Match[str]) -> str | None:
    """`the 60s` and `'60s`, but not `60s`, which are seconds."""
    if _EARLIER.search(match.string, max(0, match.start("short") - 8), match.start("short")):
        return numerals.plural(numerals.cardinal(match["short"]))
    return None


FORMS = (
    Form(
        frozenset("MTWFS"),
        rf"(?<![\w–-])(?P<day>{'|'.join(_DAYS)})\.?(?=,? (?:[0-3]?[0-9]\b|(?:{'|'.join(_SHORT)})))",
        lambda match: _DAYS[match["day"]],
    ),
    Form(
        DIGITS,
        rf"(?:\b[A-Z]\w{{1,30}}+|{TAKEN})(?: \(|, )(?P<it>(?:1[1-9]|20)[0-9]{{2}})(?=[a-e]?\))",
        lambda match: year(match["it"]),
    ),
    Form(DIGITS, rf"(?<=\b[QH][1-4] ){_YEAR}", lambda match: year(match["year"])),
    Form(DIGITS, r"(?<=[0-9] \()(?:1[89]|20)[0-9]{2}(?=\))", lambda match: year(match[0])),
    Form(
        frozenset("-–"),
        rf"(?<!\w)(?P<first>{'|'.join(_SHORT)})\.?[-–]{_MONTH}(?: {_YEAR})?(?!\w)",
        _months,
    ),
    Form(
        frozenset(":"),
        rf"{_EDGE}(?P<year>[12][0-9]{{3}})-(?P<month>[01][0-9])-(?P<day>[0-3][0-9])[T ]"
        r"(?P<hour>[0-2][0-9]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]{1,6})?)?"
        r"(?P<zone>Z)?(?![\w+-]|:[0-9])",
        _instant,
    ),
    Form(
        DIGITS,
        rf"{_EDGE}(?P<year>[12][0-9]{{3}})(?P<mark>[-/.])(?P<month>[01]?[0-9])(?P=mark)"
        r"(?P<day>[0-3]?[0-9])(?![\w/-]|\.[0-9])",
        _numbered,
    ),
    Form(
        DIGITS,
        rf"{_EDGE}(?P<month>[0-3]?[0-9])(?P<mark>[-/.])(?P<day>[0-3]?[0-9])(?P=mark)"
        r"(?P<year>[12][0-9]{3})(?![\w/-]|\.[0-9])",
        _numbered,
    ),
    Form(
        frozenset("-–"),
        rf"(?<!\w){_MONTH} ?(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?"
        r"[-–](?P<last>[0-3]?[0-9])(?:st|nd|rd|th)?"
        rf"(?![\w-])(?:,? {_YEAR})?",
        _days,
    ),
    Form(DIGITS, rf"(?<!\w){_MONTH} {_DAY}(?:,? {_YEAR})?(?![0-9-])", _named),
    Form(
        DIGITS,
        rf"{_EDGE}(?P<it>(?P<the>(?<=[Tt]he ))?{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?)(?!\w)",
        _day_first,
    ),
    Form(
        DIGITS,
        rf"(?<!\w){_MONTH} {_YEAR}",
        lambda match: f"{_month(match)} {year(match['year'])}",
    ),
    Form(
        DIGITS,
        r"(?<![\w$€£.,])(?:(?P<decade>[12][0-9]{2}0)|(?<=[’'])(?P<short>[1-9]0))['’]?s(?!\w)",
        lambda match: _decade(match) if match["decade"] else None,
    ),
    Form(
        frozenset("'’‘"),
        r"(?<!\w)['’‘](?P<short>[0-9]{2})(?![\w'’])",
        lambda match: numerals.two_digits(match["short"]),
    ),
    Form(
        frozenset("-–"),
        rf"(?<!\w)(?P<first>{'|'.join(_DAYS)})\.?[-–](?P<last>{'|'.join(_DAYS)})(?!\w)",
        lambda match: f"{_DAYS[match['first']]} to {_DAYS[match['last']]}",
    ),
    Form(
        DIGITS,
        r"['’‘]?(?P<short>[2-9]0)['’]?s(?!\w)",
        _short_decade,
    ),
    Form(
        frozenset("-–—/"),
        rf"{_EDGE}(?P<year>1[1-9][0-9]{{2}}|20[0-9]{{2}})[-–—/]"
        r"(?P<last>1[1-9][0-9]{2}|20[0-9]{2}|[0-9]{2})"
        rf"(?![\w/-]|[.,:][0-9])(?! ?(?:[kKMGTm]?(?:Hz|B|g|m|s|px|W)|%)(?!\w))",
        _years,
    ),
    Form(
        DIGITS,
        r"(?:(?<=[a-z] )|(?<=© )|(?<=Q[1-4] )|(?<=^))(?<!\w)(?P<it>(?P<year>1[0-9]{3}|20[0-9]{2}))"
        r"(?![\w/-]|[.,:][0-9]|[%°€£¥])" + _COUNTED + r"(?! ?[×x+*/=<>^±≈-] ?[0-9])",
        _dated,
    ),
)
