"""Amounts with units: `5 kg`, `9.81 m/s²`, `10 Mbit/s`, `-5 °C`, `50%`."""

from __future__ import annotations

import re
from functools import cache

from narrate.reading.rules import numerals
from narrate.reading.rules.amounts import AMOUNT, is_one, say_amount
from narrate.reading.rules.form import DIGITS, Form, has_article
from narrate.reading.rules.fractions import VULGAR

NAME = "units"

_PREFIXED = {
    "m": "meter",
    "g": "gram",
    "s": "second",
    "A": "amp",
    "K": "kelvin",
    "mol": "mole",
    "Hz": "hertz",
    "N": "newton",
    "Pa": "pascal",
    "J": "joule",
    "W": "watt",
    "V": "volt",
    "F": "farad",
    "C": "coulomb",
    "T": "tesla",
    "H": "henry",
    "Ω": "ohm",
    "\u2126": "ohm",
    "L": "liter",
    "l": "liter",
    "B": "byte",
    "b": "bit",
    "bit": "bit",
    "bits": "bit",
    "eV": "electronvolt",
    "Wh": "watt hour",
    "Ah": "amp hour",
    "cal": "calorie",
    "lm": "lumen",
    "lx": "lux",
    "Sv": "sievert",
    "Bq": "becquerel",
    "Wb": "weber",
    "pc": "parsec",
    "bps": "bit per second",
    "FLOPS": "flops",
    "FLOP/s": "flops",
    "ohm": "ohm",
    "ohms": "ohm",
}
_PREFIXES = {
    "": "",
    "k": "kilo",
    "K": "kilo",
    "M": "mega",
    "G": "giga",
    "T": "tera",
    "P": "peta",
    "E": "exa",
    "m": "milli",
    "µ": "micro",
    "μ": "micro",
    "u": "micro",
    "n": "nano",
    "p": "pico",
    "f": "femto",
    "c": "centi",
    "d": "deci",
    "h": "hecto",
    "Ki": "kibi",
    "Mi": "mebi",
    "Gi": "gibi",
    "Ti": "tebi",
}
_DIRECTIONS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_OTHER = {
    "°": "degree",
    "°C": "degree Celsius",
    "℃": "degree Celsius",
    "°F": "degree Fahrenheit",
    "℉": "degree Fahrenheit",
    "%": "percent",
    "‰": "per mille",
    "min": "minute",
    "mins": "minute",
    "sec": "second",
    "secs": "second",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "yr": "year",
    "yrs": "year",
    "px": "pixel",
    "pt": "point",
    "dB": "decibel",
    "dBm": "decibel milliwatt",
    "fps": "frame per second",
    "FPS": "frame per second",
    "rpm": "revolution per minute",
    "mph": "mile per hour",
    "kph": "kilometer per hour",
    "ft": "foot",
    "mi": "mile",
    "yd": "yard",
    "nmi": "nautical mile",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "st": "stone",
    "gal": "gallon",
    "tsp": "teaspoon",
    "tbsp": "tablespoon",
    "psi": "pound per square inch",
    "ppm": "part per million",
    "ppb": "part per billion",
    "dpi": "dot per inch",
    "ppi": "pixel per inch",
    "bpm": "beat per minute",
    "kn": "knot",
    "ha": "hectare",
    "atm": "atmosphere",
    "bar": "bar",
    "mbar": "millibar",
    "Å": "angstrom",
    "rad": "radian",
    "deg": "degree",
    "mAh": "milliamp hour",
    "MP": "megapixel",
    "mM": "millimolar",
    "µM": "micromolar",
    "μM": "micromolar",
    "uM": "micromolar",
    "nM": "nanomolar",
    "mmHg": "millimeter of mercury",
    "mcg": "microgram",
    "LUFS": "luffs",
    "dBTP": "decibel true peak",
    "dBFS": "decibel full scale",
    "ly": "light year",
    "GFLOPS": "gigaflops",
    "TFLOPS": "teraflops",
    "Ki": "kibibyte",
    "Mi": "mebibyte",
    "Gi": "gibibyte",
    "TOPS": "tera operation per second",
    "tok": "token",
    "req": "request",
    "vCPU": "virtual C P U",
    "vCPUs": "virtual C P U",
}
_PER_ONLY = {"d": "day", "day": "day", "month": "month", "week": "week", "year": "year"}
_PLURALS = {
    "foot": "feet",
    "henry": "henries",
    "lux": "lux",
    "stone": "stone",
    "millimolar": "millimolar",
    "micromolar": "micromolar",
    "nanomolar": "nanomolar",
    "millimeter of mercury": "millimeters of mercury",
    "percent": "percent",
    "per mille": "per mille",
    "flops": "flops",
    "gigaflops": "gigaflops",
    "teraflops": "teraflops",
    "luffs": "luffs",
}
_POWERS = {"2": "square", "3": "cubic"}
# What is a word, a time or a name rather than a unit after a number.
_NOT_UNITS = frozenset(("am", "pm", "AM", "PM", "as", "PC", "C", "F", "H", "l", "pH"))

_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = r"(?:\^?[-−]?[23](?![0-9])|[⁻]?[¹²³])"
_SYMBOL = r"(?:°\s?[CF](?![A-Za-z])|[°%‰℃℉]|[A-Za-zµμΩ\u2126Å]{1,6})"
_FACTOR = rf"{_SYMBOL}{_POWER}?"
_UNIT = rf"{_FACTOR}(?:[·⋅*/]{_FACTOR}){{0,3}}(?:/\({_FACTOR}(?:[·⋅* ]{_FACTOR}){{1,3}}\))?"
_BARE = r"kg[·⋅*]m[²2]?(?:/s[²2]?)?"
_BARE += r"|(?:[kM]?[mg]|[kKMGT]i?B|[kMG]?bit|J|N|V|ft|mi)/(?:s|h|kg|m|mol|min|K|L)"
_PIECES = re.compile(rf"([·⋅*/]?)\(?({_SYMBOL})({_POWER}?)")


@cache
def _name(symbol: str) -> str | None:
    """The name of a unit with its prefix, in the singular."""
    if symbol in _OTHER:
        return _OTHER[symbol]
    for length in (0, 1, 2):
        base = _PREFIXED.get(symbol[length:])
        prefix = _PREFIXES.get(symbol[:length])
        if base and prefix is not None and symbol not in _NOT_UNITS:
            # kilohm, megohm
            return (prefix[:-1] if base == "ohm" and len(prefix) == 4 else prefix) + base
    return None


def _plural(name: str) -> str:
    """`meter per second` as `meters per second`."""
    head, per, rest = name.partition(" per ")
    if name in _PLURALS:
        return _PLURALS[name]
    first, space, last = head.partition(" ")
    if first in ("degree", "decibel"):
        return f"{first}s{space}{last}"
    before, space, last = head.rpartition(" ")
    many = last if last.endswith("hertz") else _PLURALS.get(last, f"{last}s")
    return before + space + many + per + rest


def unit(text: str, *, one: bool) -> str | None:
    """A compound unit such as `m/s²` in words, or None if a part of it is unknown."""
    tops: list[str] = []
    bottoms: list[str] = []
    bracket = text.find("(") % (len(text) + 1)
    for match in _PIECES.finditer(text):
        join, symbol, power = match.groups()
        name = _name(symbol.replace(" ", ""))
        if join == "/":
            name = name or _PER_ONLY.get(symbol)
        if not name:
            return None
        raised = power.translate(_SUPER).strip("^").replace("−", "-")
        below = join == "/" or match.start() > bracket or raised.startswith("-")
        (bottoms if below else tops).append(_raised(name, raised.lstrip("-"), below=below))
    if not one and tops:
        tops[-1] = _plural(tops[-1])
    if bracket < len(text):
        bottoms = [" ".join(bottoms)]
    return " ".join([*tops, *(f"per {name}" for name in bottoms)])


def _raised(name: str, power: str, *, below: bool) -> str:
    if power not in _POWERS:
        return name
    if name.endswith("meter") or not below and name.endswith(("foot", "mile", "yard")):
        return f"{_POWERS[power]} {name}"
    return f"{name} {'squared' if power == '2' else 'cubed'}"


def _measured(match: re.Match[str]) -> str | None:
    amount, written = match["amount"], match["unit"]
    # `4K`, `7B` and `300A` are sizes or names; `1-b` is a difference.
    if len(written) == 1 and (match["space"] == "-" or (not match["space"] and written in "KTBAb")):
        return None
    if "/" in amount and len(written) == 1 and not match["space"]:
        return None  # A product: `1/2m`.
    if written == "st" and amount.endswith("1") and not match["space"]:
        return None  # An ordinal.
    if written == "C" and ("e" in amount or "10" in amount):
        return f"{say_amount(amount)} coulombs"
    if written == "bps" and len(amount.lstrip("+-−")) < 3:
        return f"{say_amount(amount)} basis point{'' if is_one(amount) else 's'}"
    adjective = match["space"] == "-" or (match["next"] is not None and has_article(match))
    said = unit(written, one=adjective or is_one(amount))
    scale = match["scale"] or ""
    return f"{say_amount(amount)}{scale} {said}" if said else None


AMOUNTS = Form(
    DIGITS | VULGAR,
    rf"(?P<amount>{AMOUNT})(?P<scale> (?:thousand|million|billion|trillion))?"
    rf"(?P<space>[\s-]?)(?P<unit>{_UNIT})(?![\w°/]|\.[A-Z]\.)(?!(?<=\d\s\w) [b-wyz]\b)"
    r"(?P<next>(?= [A-Za-z]{3}))?",
    _measured,
)


def _lasting(match: re.Match[str]) -> str:
    """`4m32s`, `1h05m`, `2d4h`."""
    names = {"d": "day", "h": "hour", "m": "minute", "s": "second"}
    parts = re.findall(r"([0-9]+)([dhms])", match[0])
    said = []
    for digits, letter in parts:
        number = numerals.cardinal(digits.lstrip("0") or "0")
        said.append(f"{number} {names[letter]}{'' if number == 'one' else 's'}")
    return " ".join(said)


FORMS = (
    Form(
        DIGITS,
        r"(?<![\w.])(?=[0-9]+[dhm][0-9])"
        r"(?:[0-9]{1,3}d)?(?:[0-9]{1,3}h)?(?:[0-9]{1,3}m)?(?:[0-9]{1,2}s)?(?!\w)",
        _lasting,
    ),
    Form(
        frozenset("°"),
        r"(?<=°) ?(?P<it>[NSEW])(?!\w)",
        lambda match: _DIRECTIONS[match["it"]],
    ),
    AMOUNTS,
    Form(
        frozenset('"″'),
        r"(?<![\w.\"])(?P<amount>[0-9]{1,3}(?:\.[0-9]{1,2})?)[\"″](?= ?[a-z(])",
        lambda match: (
            f"{numerals.number(match['amount'])} inches" if match.string.count('"') % 2 else None
        ),
    ),
    Form(
        frozenset("/"),
        r"(?<=[a-z]{3})(?<!month)(?<!day)(?P<it>/(?P<unit>second|minute|hour|day|week|month|year|s))"
        r"(?![\w/-]|\.\w)",
        lambda match: f"per {'second' if match['unit'] == 's' else match['unit']}",
    ),
    Form(
        frozenset("/"),
        r"(?<=[a-z]{4})/(?P<unit>[kcmµμd]?L|[mµμ]?g|kg|[kcm]?m[²³2])(?![\w/-]|\.\w)",
        lambda match: f"per {unit(match['unit'], one=True)}",
    ),
    Form(
        frozenset("/"),
        rf"(?<![\w/])(?P<unit>(?:{_BARE}){_POWER}?)(?![\w/])",
        lambda match: unit(match["unit"], one=False),
    ),
)
