"""Numbers, percentages and currencies in other languages than English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from narrate.reading.words import Reading

NAME = "numbers"


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language writes numbers, and what its signs are called."""

    decimal: str
    """What stands before the decimals; groups of three are set off by the other mark or a space."""
    point: str
    minus: str
    percent: str
    dollars: str
    euros: str
    pounds: str
    yen: str
    ordinals: str = ""
    """The marks of an ordinal, as part of a pattern."""


_LANGUAGES = {
    "de": _Language(",", "Komma", "minus", "Prozent", "Dollar", "Euro", "Pfund", "Yen"),
    "fr": _Language(
        ",", "virgule", "moins", "pour cent", "dollars", "euros", "livres", "yens", "er|re|e|ème"
    ),
    "es": _Language(
        ",", "coma", "menos", "por ciento", "dólares", "euros", "libras", "yenes", ".?º|.?ª"
    ),
    "it": _Language(
        ",", "virgola", "meno", "per cento", "dollari", "euro", "sterline", "yen", "º|ª"
    ),
    "pt": _Language(
        ",", "vírgula", "menos", "por cento", "dólares", "euros", "libras", "ienes", ".?º|.?ª"
    ),
    "ru": _Language(
        ",", "запятая", "минус", "процентов", "долларов", "евро", "фунтов", "иен", "-й"
    ),
    "ja": _Language(".", "点", "マイナス", "パーセント", "ドル", "ユーロ", "ポンド", "円", "番目"),
    "ko": _Language(".", "점", "마이너스", "퍼센트", "달러", "유로", "파운드", "엔", " ?번째"),
}
_SIGNS = "$€£¥"
_LONGEST = 15


def covers(language: str) -> bool:
    """Whether numbers are read in a language."""
    return _code(language) in _LANGUAGES


def readings(text: str, language: str) -> list[Reading]:
    """The numbers of a text in words; none in a language that is not covered."""
    code = _code(language)
    if code not in _LANGUAGES:
        return []
    return [
        Reading(*match.span(), _say(match, code), NAME) for match in _pattern(code).finditer(text)
    ]


def number(text: str, language: str, kind: str) -> str | None:
    """A whole number as a `cardinal` or `ordinal`; None for anything else."""
    code = _code(language)
    if code not in _LANGUAGES or not (text.isascii() and text.isdecimal()):
        return None
    if kind == "cardinal":
        return _cardinal(text, code)
    return _ordinal(text, code) if kind == "ordinal" else None


def _code(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


@lru_cache
def _pattern(code: str) -> re.Pattern[str]:
    rules = _LANGUAGES[code]
    group = "[.\u00a0\u202f ]" if rules.decimal == "," else ","
    number = (
        rf"(?P<whole>[0-9]{{1,3}}(?:{group}[0-9]{{3}})++(?![0-9])|[0-9]++)"
        rf"(?:{re.escape(rules.decimal)}(?P<part>[0-9]++))?"
    )
    ordinal = rf"(?P<ordinal>{rules.ordinals})(?!\w)" if rules.ordinals else r"(?P<ordinal>(?!))"
    return re.compile(
        rf"(?P<before>[{_SIGNS}]\s?)?(?P<minus>(?<![\w)])[-−])?{number}"
        rf"(?:{ordinal}|(?P<after>\s?[{_SIGNS}%]))?"
    )


def _say(match: re.Match[str], code: str) -> str:
    rules = _LANGUAGES[code]
    whole = re.sub(r"\D", "", match["whole"])
    said = _ordinal(whole, code) if match["ordinal"] else _cardinal(whole, code)
    glue = "" if code == "ja" else " "
    words = [rules.minus] if match["minus"] else []
    words.append(said)
    if part := match["part"]:
        words += [rules.point, *(_cardinal(digit, code) for digit in part)]
    sign = (match["before"] or match["after"] or "").strip()
    return glue.join([*words, *filter(None, [_sign(sign, rules)])])


def _sign(sign: str, rules: _Language) -> str:
    names = (rules.dollars, rules.euros, rules.pounds, rules.yen, rules.percent, "")
    return names["$€£¥%".find(sign)] if sign else ""


def _cardinal(digits: str, code: str) -> str:
    if len(digits) > _LONGEST or (digits[0] == "0" and len(digits) > 1):
        return " ".join(_words(int(digit), code, "cardinal") for digit in digits)
    return _words(int(digits), code, "cardinal")


def _ordinal(digits: str, code: str) -> str:
    if len(digits) > _LONGEST:
        return _cardinal(digits, code)
    return _words(int(digits), code, "ordinal")


@lru_cache(maxsize=4096)
def _words(value: int, code: str, kind: str) -> str:
    from num2words import num2words

    return str(num2words(value, lang=code, to=kind))
