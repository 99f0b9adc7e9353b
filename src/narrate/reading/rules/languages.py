"""Numbers, percentages and currencies in other languages than English.

Only what is certain is read. A number stays in digits where its form hangs on the word beside it,
and where it is a part of a date, a time, a version or a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from narrate.reading.rules import variants
from narrate.reading.words import Reading

NAME = "numbers"


def _never(value: int) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language writes numbers, and what its signs are called."""

    decimal: str
    """What stands before the decimals; groups of three are set off by the other mark or a space."""
    point: str
    """What is said for it; if empty, decimals are said as fractions."""
    minus: str
    signs: str
    """Percent, dollars, euros, pounds and yen, with `|` between the forms after 1, 2 and 5."""
    cents: str | None = None
    """The word between a price and its cents; None if they are decimals like others."""
    ordinals: str = ""
    """The marks of an ordinal, as a pattern."""
    last: int = 0
    """The last ordinal that is read."""
    agrees: Callable[[int], bool] = _never
    """Whether a number agrees with a word after it."""
    left: str = ""
    """A pattern of what leaves a number before it in digits."""
    governs: str = ""
    """Words that change the form of a number after them."""


_LANGUAGES = {
    "de": _Language(
        ",",
        "Komma",
        "minus",
        "Prozent, Dollar, Euro, Pfund, Yen",
        cents="",
        agrees=lambda value: value % 100 == 1,
        left=r"\.(?! *$)",
    ),
    "fr": _Language(
        ",",
        "virgule",
        "moins",
        "pour cent, dollars, euros, livres, yens",
        cents="",
        ordinals="er|ème|e|(?P<feminine>è?re)",
        last=99,
        agrees=lambda value: value % 10 == 1 and value % 100 not in (11, 71, 91),
    ),
    "es": _Language(
        ",",
        "coma",
        "menos",
        "por ciento, dólares, euros, libras, yenes",
        cents="con",
        ordinals=r"\.?º|(?P<feminine>\.?ª)",
        last=10,
        agrees=lambda value: value % 10 == 1 and value % 100 != 11 or value % 1000 >= 200,
    ),
    "it": _Language(
        ",",
        "virgola",
        "meno",
        "per cento, dollari, euro, sterline, yen",
        cents="e",
        ordinals="º|(?P<feminine>ª)",
        last=99,
        agrees=lambda value: value == 1,
    ),
    "pt": _Language(
        ",",
        "vírgula",
        "menos",
        "por cento, dólares, euros, libras, ienes",
        cents="e",
        ordinals=r"\.?º|(?P<feminine>\.?ª)",
        last=99,
        agrees=lambda value: (
            value % 10 in (1, 2) and value % 100 not in (11, 12) or value % 1000 >= 200
        ),
    ),
    "ru": _Language(
        ",",
        "",
        "минус",
        "процент|процента|процентов, доллар|доллара|долларов, евро, фунт|фунта|фунтов,"
        " иена|иены|иен",
        ordinals="-й",
        last=99,
        agrees=lambda value: value % 10 in (1, 2) and value % 100 not in (11, 12),
        left=r"-[а-яё]| ?(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|г\.|год|век|час)",
        governs="в во на из от до с со без для у к ко по о об при около более менее между",
    ),
    "ja": _Language(
        ".", "点", "マイナス", "パーセント, ドル, ユーロ, ポンド, 円", ordinals="番目", last=99
    ),
    "ko": _Language(
        ".",
        "점",
        "마이너스",
        "퍼센트, 달러, 유로, 파운드, 엔",
        ordinals=" ?번째",
        last=99,
        left=" ?(?:개(?!월)|명|살|시|마리|번|잔|병|권|대|장|가지|사람|달|곳|줄|쪽|배)",
    ),
}
_DIALECTS = {"pt-br": "pt_BR", "fr-be": "fr_BE", "fr-ch": "fr_CH"}
"""The languages of regions that have number words of their own, as num2words calls them."""

_SIGNS = "%$€£¥"
_LONGEST = 15
_GERMAN_YEARS = range(1100, 2000)
"""Said in hundreds: neunzehnhundertneunundneunzig."""


def covers(language: str) -> bool:
    """Whether numbers are read in a language."""
    return _code(language).partition("_")[0] in _LANGUAGES


def readings(text: str, language: str) -> list[Reading]:
    """The numbers of a text in words; none in a language that is not covered."""
    if not covers(language):
        return []
    code = _code(language)
    found = _pattern(code).finditer(variants.digits(text))
    said = ((match, _say(match, code)) for match in found)
    return [Reading(*match.span(), words, NAME) for match, words in said if words]


def number(text: str, language: str, kind: str) -> str | None:
    """A whole number as a `cardinal` or `ordinal`; None for anything else."""
    code = _code(language)
    if not (covers(language) and text.isascii() and text.isdecimal()):
        return None
    if kind == "cardinal":
        return _cardinal(text, code)
    return (_ordinal(text, code, is_feminine=False) or None) if kind == "ordinal" else None


def _code(language: str) -> str:
    """A language as num2words calls it."""
    code = language.lower().replace("_", "-")
    return _DIALECTS.get(code, code.partition("-")[0])


def _rules(code: str) -> _Language:
    return _LANGUAGES[code.partition("_")[0]]


@lru_cache
def _pattern(code: str) -> re.Pattern[str]:
    rules = _rules(code)
    group = r"[.'’\u00a0\u202f ]" if rules.decimal == "," else ","
    governed = "".join(rf"(?<!\b{word} )" for word in rules.governs.split())
    number = (
        rf"(?P<whole>[0-9]{{1,3}}(?:{group}[0-9]{{3}}){{1,5}}+(?![0-9])|[0-9]++)"
        rf"(?:{re.escape(rules.decimal)}(?P<part>[0-9]++))?+"
    )
    after = rf"(?P<ordinal>{rules.ordinals or '(?!)'})(?!\w)|(?P<after>\s?[{_SIGNS}])"
    return re.compile(
        rf"{governed}(?<![A-Za-z0-9_#$€£¥])(?<![$€£¥]\s)(?<![0-9][-–.,:/])"
        rf"(?P<before>[$€£¥]\s?)?+(?P<minus>(?<![\w)])[-−])?+{number}"
        rf"(?:{after})?+(?![-–.,:/x×]?[0-9])(?![A-Za-zÀ-ÿА-яё_°]|{rules.left or '(?!)'})",
        re.IGNORECASE,
    )


def _say(match: re.Match[str], code: str) -> str:
    """A number with its sign; empty if it stays as it is written."""
    rules, found = _rules(code), match.groupdict()
    whole, part = re.sub(r"\D", "", match["whole"]), match["part"]
    sign = (match["before"] or match["after"] or "").strip()
    if match["ordinal"]:
        return _ordinal(whole, code, is_feminine=bool(found.get("feminine")))
    if not part and rules.agrees(int(whole[-_LONGEST:])) and _has_noun(match, sign, rules):
        return ""
    if sign and sign != "%" and len(part or "") == 2 and rules.cents is not None:
        words = [_cardinal(whole, code), _sign(sign, whole, rules)]
        if int(part):
            words += [rules.cents, _cardinal(part.lstrip("0"), code)]
    else:
        words = [*_decimal(whole, part, code), _sign(sign, "2" if part else whole, rules)]
    if match["minus"]:
        words.insert(0, rules.minus)
    return ("" if code == "ja" else " ").join(filter(None, words))


def _has_noun(match: re.Match[str], sign: str, rules: _Language) -> bool:
    """Whether a number is followed by a word, or a sign, with which it would have to agree."""
    if sign:
        return "|" not in rules.signs
    return match.string[match.end() : match.end() + 2].lstrip()[:1].isalpha()


def _decimal(whole: str, part: str | None, code: str) -> list[str]:
    if part and not _rules(code).point and len(part) <= 3:
        return [_words(f"{int(whole)}.{part}", code, "cardinal")]
    if part:
        decimals = (_cardinal(digit, code) for digit in part)
        return [_cardinal(whole, code), _rules(code).point, *decimals]
    if code == "de" and len(whole) == 4 and int(whole) in _GERMAN_YEARS:
        return [_words(int(whole), code, "year")]
    return [_cardinal(whole, code)]


def _sign(sign: str, number: str, rules: _Language) -> str:
    """What a sign is called after a number: in Russian, after 1, 2 and 5 in another form."""
    if not sign:
        return ""
    forms = rules.signs.split(", ")[_SIGNS.index(sign)].split("|")
    value = int(number[-2:])
    if 10 < value < 20 or value % 10 in (0, 5, 6, 7, 8, 9):
        return forms[-1]
    return forms[0 if value % 10 == 1 else len(forms) // 2]


def _cardinal(digits: str, code: str) -> str:
    if len(digits) > _LONGEST or (digits[0] == "0" and len(digits) > 1):
        return " ".join(_words(int(digit), code, "cardinal") for digit in digits)
    return _words(int(digits), code, "cardinal")


def _ordinal(digits: str, code: str, is_feminine: bool) -> str:
    value = int(digits[:_LONGEST])
    if not 1 <= value <= _rules(code).last:
        return ""
    said = _words(value, code, "ordinal").replace("vingtsième", "vingtième")
    if not is_feminine:
        return said
    return "première" if said == "premier" else re.sub(r"o\b", "a", said)


@lru_cache(maxsize=4096)
def _words(value: int | str, code: str, kind: str) -> str:
    from num2words import num2words

    return str(num2words(value, lang=code, to=kind)).replace(", ", " ")
