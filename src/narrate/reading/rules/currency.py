"""Money: `$1,234.50`, `€19.99`, `$3.2 million`, `USD 5`, `5 €`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form, has_article

NAME = "currency"

_SIGNS = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₺": ("lira", "lira", "kurus", "kurus"),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "₫": ("dong", "dong", "", ""),
    "₴": ("hryvnia", "hryvnias", "kopek", "kopeks"),
    "₪": ("shekel", "shekels", "agora", "agorot"),
}
_CODES = {
    "USD": _SIGNS["$"],
    "EUR": _SIGNS["€"],
    "GBP": _SIGNS["£"],
    "JPY": _SIGNS["¥"],
    "INR": _SIGNS["₹"],
    "KRW": _SIGNS["₩"],
    "RUB": _SIGNS["₽"],
    "TRY": _SIGNS["₺"],
    "BTC": _SIGNS["₿"],
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "CNY": ("yuan", "yuan", "fen", "fen"),
}
_COUNTRIES = {
    "US": "U S ",
    "C": "Canadian ",
    "CA": "Canadian ",
    "A": "Australian ",
    "AU": "Australian ",
    "NZ": "New Zealand ",
    "HK": "Hong Kong ",
    "S": "Singapore ",
}
_SCALES = {
    "k": "thousand",
    "K": "thousand",
    "m": "million",
    "M": "million",
    "mn": "million",
    "bn": "billion",
    "B": "billion",
    "b": "billion",
    "T": "trillion",
    "tn": "trillion",
}
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])|[0-9]++)(?:\.[0-9]++)?"
_SCALE = (
    r"(?:(?P<scale>(?:k|K|m|M|mn|bn|B|b|T|tn)(?!\w))"
    r"| (?P<word>thousand|million|billion|trillion)\b)?"
)
_SIGN = f"[{''.join(_SIGNS)}]"
_PER = r"(?:/(?P<per>mo|yr|hr|h|kg|lb|oz|GB|TB|[a-z]{3,10})(?!\w))?"
_PERS = {"mo": "month", "yr": "year", "hr": "hour", "h": "hour", "kg": "kilogram"}
_PERS |= {"GB": "gigabyte", "TB": "terabyte", "lb": "pound", "oz": "ounce"}
_COUNTRY = rf"(?P<country>(?<!\w)(?:{'|'.join(_COUNTRIES)}))?"


def _money(match: re.Match[str]) -> str | None:
    names = _names(match["sign"])
    found = match.groupdict()
    if has_article(match) and match.string[match.end() : match.end() + 4].strip().islower():
        names = (names[0], names[0], *names[2:])
    scale = found["word"] or _SCALES.get(found["scale"] or "")
    said = _amount(match["amount"], scale, names, _COUNTRIES.get(found.get("country") or "", ""))
    if last := found.get("last"):
        said = f"{numerals.number(match['amount'])} to " + _amount(last, scale, names, "")
    if sign := found.get("minus"):
        said = ("about " if sign in "~≈" else "plus " if sign == "+" else "minus ") + said
    per = found["per"]
    return f"{said} per {_PERS.get(per, per)}" if per else said


def _names(sign: str) -> tuple[str, str, str, str]:
    return _SIGNS.get(sign) or _CODES[sign]


def _amount(text: str, scale: str | None, names: tuple[str, str, str, str], country: str) -> str:
    one, many, cent, cents = names
    whole, _, part = text.replace(",", "").partition(".")
    if scale:
        return f"{numerals.number(text)} {scale} {country}{many}"
    if len(part) != 2 or not cent:
        return f"{numerals.number(text)} {country}{one if text == '1' else many}"
    said = f"{numerals.cardinal(part.lstrip('0') or '0')} {cent if part == '01' else cents}"
    if not int(whole):
        return said
    units = f"{numerals.cardinal(whole)} {country}{one if whole == '1' else many}"
    return f"{units} and {said}" if int(part) else units


_CODE = "|".join(_CODES)

FORMS = (
    Form(
        frozenset(_SIGNS),
        rf"(?<![\w.])(?P<minus>[-−+~≈](?=[\w$€£]))?{_COUNTRY}"
        rf"(?P<sign>{_SIGN}) ?(?P<amount>{_NUMBER})(?:\s?[-–—]\s?{_SIGN}?(?P<last>{_NUMBER}))?"
        rf"{_SCALE}{_PER}(?!\w)",
        _money,
    ),
    Form(
        frozenset(_SIGNS),
        rf"(?<![\w.,])(?P<amount>{_NUMBER}) ?{_SCALE} ?(?P<sign>{_SIGN}){_PER}(?!\w)",
        _money,
    ),
    Form(
        DIGITS,
        rf"(?<!\w)(?P<sign>{_CODE}) (?P<amount>{_NUMBER}){_SCALE}{_PER}(?!\w)",
        _money,
    ),
    Form(
        DIGITS,
        rf"(?<![\w.,])(?P<amount>{_NUMBER}){_SCALE} (?P<sign>{_CODE}){_PER}(?!\w)",
        _money,
    ),
    Form(
        frozenset("¢"),
        rf"(?<![\w.,])(?P<amount>{_NUMBER}) ?¢",
        lambda match: f"{numerals.number(match['amount'])} cents",
    ),
)
