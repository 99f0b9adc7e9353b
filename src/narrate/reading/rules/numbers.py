"""All other numbers: decimals, integers, rooms and ports."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form
from narrate.reading.words import TAKEN

NAME = "numbers"

_LABELS = (
    "[Rr]oom|[Pp]ort|[Ee]rror|[Ss]tatus|[Cc]ode|HTTP|RFC|ISO|IEEE|[Hh]ighway|[Rr]oute|[Ff]light"
    "|[Bb]oeing|[Aa]irbus|[Ii]nterstate|[Ll]ine|RTX|GTX|[Ss]uite|[Cc]hannel|[Mm]odel|[Bb]us"
)
_RESPONSES = (
    "OK|Created|Accepted|Moved|Found|Bad|Unauthorized|Forbidden|Not|Conflict|Gone|Too|Internal"
    "|Service|Gateway|errors?|responses?|status"
)
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9]|,[0-9])|[0-9]++)(?:\.[0-9]++)?"


def _spaced(match: re.Match[str]) -> str:
    return numerals.cardinal(re.sub(r"\s", "", match[0]))


def _number(match: re.Match[str]) -> str:
    sign, written = match["sign"], match["number"]
    said = numerals.number(written)
    if not sign:
        return said
    return f"{'minus' if sign in '-−–' else 'plus'} {said}"


FORMS = (
    Form(
        frozenset("\u20e3"),
        r"(?P<number>[0-9])\ufe0f?\u20e3",
        lambda match: numerals.cardinal(match["number"]),
    ),
    Form(
        frozenset("#"),
        r"(?<!\w)#(?P<number>[0-9]{1,9})(?!\w)",
        lambda m: f"number {numerals.cardinal(m['number'])}",
    ),
    Form(
        DIGITS,
        r"(?<![\w.,])[1-9][0-9]{0,2}(?!\w)(?:(?:[\u00a0\u202f\u2009][0-9]{3}){1,4}"
        r"|(?: [0-9]{3}){2,4}| 000)(?!\w)",
        _spaced,
    ),
    Form(
        DIGITS,
        r"(?:(?<=\b[Cc]all )|(?<=\b[Cc]alled )|(?<=\b[Dd]ial )|(?<=\b[Dd]ialed )|(?<=\b[Rr]ing ))"
        r"(?:911|999|112|411|101)(?![\w]|[.,][0-9]| [a-z]+s\b)",
        lambda match: numerals.digits(match[0]),
    ),
    Form(
        DIGITS,
        rf"(?<!\w)(?:{_LABELS}|[Pp]orts?(?: (?:to|is|from|number)| =)) #?(?P<it>[1-9][0-9]{{2,3}})"
        r"(?![\w]|[.,][0-9])",
        lambda match: numerals.pairs(match["it"]),
    ),
    Form(
        DIGITS,
        rf"(?<![\w.,$€£])[1-5][0-9]{{2}}(?= (?:{_RESPONSES})\b)",
        lambda match: numerals.pairs(match[0]),
    ),
    Form(
        DIGITS,
        r"(?<!\w)(?:[Rr]eturn(?:s|ed)?|[Gg]ets?|[Gg]ot|[Aa]) (?P<it>4[0-2][0-9]|50[0-4])"
        r"(?![\w]|[.,][0-9])",
        lambda match: numerals.pairs(match["it"]),
    ),
    Form(
        frozenset("-−"),
        r"(?<=(?<![\w-])[a-z])(?P<it>[-−](?P<number>[0-9]{1,9}))(?![\w-]|[.,][0-9])",
        lambda match: f"minus {numerals.cardinal(match['number'])}",
    ),
    Form(
        DIGITS,
        rf"(?:(?<![\w)\]{TAKEN}])(?P<sign>[-−–+])|(?<!\w))(?P<number>{_NUMBER}|\.[0-9]++)",
        _number,
    ),
    Form(DIGITS, r"(?P<sign>)(?P<number>[0-9]++)", _number),
)
