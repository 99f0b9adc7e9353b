"""What a tag asks for: letters one by one, a number, a date, a time or a telephone number.

The interpretations are those that the speech services share:
https://www.w3.org/TR/ssml-sayas/
"""

from __future__ import annotations

import re
import unicodedata

from narrate.reading.rules import dates, languages, numerals, symbols, times, web
from narrate.reading.rules.form import whole
from narrate.reading.words import is_english

NAME = "say-as"

_SIGNS = {"'": "apostrophe", '"': "quote", "`": "backtick", "<": "less than", ">": "greater than"}


def say_as(text: str, how: str, language: str) -> str | None:
    """A text as it is said; None if it is not what it should be said as."""
    interpretation, _, written = how.partition(" ")
    if interpretation == "characters":
        return _characters(text, language)
    if not is_english(language):
        return languages.number(text, language, interpretation)
    match interpretation:
        case "cardinal":
            number = re.fullmatch(r"([-−+]?)([0-9][0-9,]*(?:\.[0-9]+)?)", text)
            return _signed(number[1], number[2]) if number else None
        case "ordinal":
            plain = re.fullmatch(r"([0-9][0-9,]*)(?:st|nd|rd|th)?", text)
            return numerals.ordinal(plain[1].replace(",", "")) if plain else None
        case "date":
            return dates.in_order(text, written) if written else whole(dates.FORMS, text)
        case "time":
            return whole(times.FORMS, text)
    groups = re.fullmatch(r"\+?[-./() 0-9]*[0-9][-./() 0-9]*", text) and re.findall("[0-9]+", text)
    plus = ["plus"] if text.startswith("+") else []
    return " ".join([*plus, ", ".join(map(numerals.digits, groups))]) if groups else None


def _signed(sign: str, number: str) -> str:
    words = {"": "", "+": "plus "}
    return words.get(sign, "minus ") + numerals.number(number)


def _characters(text: str, language: str) -> str:
    """Each letter, digit and sign by its name."""
    signs = [sign for sign in text if not sign.isspace()]
    if not is_english(language):
        return " ".join(languages.number(sign, language, "cardinal") or sign for sign in signs)
    return " ".join(map(_character, signs))


def _character(sign: str) -> str:
    if sign.isalpha():
        return " ".join(sign.upper())
    if sign.isdecimal():
        return numerals.digits(sign)
    return _SIGNS.get(sign) or web.MARKS.get(sign) or symbols.WORDS.get(sign) or _named(sign)


def _named(sign: str) -> str:
    return unicodedata.name(sign, "sign").lower().replace("-", " ")
