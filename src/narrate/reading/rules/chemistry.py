"""Chemical formulas and isotopes: `H2O`, `CO₂`, `NaCl`, `Ca²⁺`, `C-14`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import CAPITALS, Form, compiled, words

NAME = "chemistry"

_ELEMENTS = words(
    """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br
    Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho
    Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am
    """
)
_NAMED = {
    "C": "carbon",
    "Co": "cobalt",
    "Cs": "cesium",
    "H": "hydrogen",
    "He": "helium",
    "I": "iodine",
    "K": "potassium",
    "N": "nitrogen",
    "O": "oxygen",
    "Pu": "plutonium",
    "Ra": "radium",
    "Sr": "strontium",
    "Tc": "technetium",
    "Th": "thorium",
    "U": "uranium",
}
_ISOTOPES = (
    "C-1[234]|Co-60|Cs-137|H-3|He-[34]|I-131|K-40|Pu-239|Ra-226|Sr-90|Tc-99|Th-232|U-23[358]"
)
_KNOWN = words(
    "NaCl HCl NaOH KCl KOH HF HBr NaF LiF AgCl ZnO MgO CaO CuO FeO GaAs GaN SiC InP NaBr KBr"
)
_LOW = "₀₁₂₃₄₅₆₇₈₉"
_HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_PLAIN = str.maketrans(_LOW + _HIGH + "⁺⁻", "01234567890123456789+-")
_ATOMS = rf"[A-Z][a-z]?[0-9{_LOW}]{{0,3}}"
_GROUP = rf"{_ATOMS}|\((?:{_ATOMS}){{1,6}}\)[0-9{_LOW}]{{0,3}}"
_BEFORE = rf"(?<!\w)[0-9]{{0,2}}(?=[A-Za-z]*[0-9{_LOW}])(?:{_ATOMS}){{1,8}} $"
_PIECES = re.compile(rf"([A-Z][a-z]?|[()])([0-9{_LOW}]*)")


def _formula(match: re.Match[str]) -> str | None:
    body, charge = match["body"], match["charge"]
    pieces = _PIECES.findall(body)
    counted = charge or match["count"] or any(count for _, count in pieces) or body in _KNOWN
    elements = [element for element, _ in pieces if element not in "()"]
    if not counted or not elements or not _ELEMENTS.issuperset(elements):
        return None
    if len(pieces) == 1 and not charge and len(body) > 2 and body[-1] not in _LOW:
        return None
    words = [_piece(element, count) for element, count in pieces]
    many = [numerals.cardinal(match["count"])] if match["count"] else []
    return " ".join([*many, *filter(None, words), *_charge(charge)])


def _piece(element: str, count: str) -> str:
    name = "" if element in "()" else " ".join(element.upper())
    return f"{name} {numerals.cardinal(count.translate(_PLAIN))}".strip() if count else name


def _charge(charge: str | None) -> list[str]:
    if not charge:
        return []
    plain = charge.translate(_PLAIN)
    sign = "plus" if "+" in plain else "minus"
    number = plain.strip("+-")
    return [numerals.cardinal(number), sign] if number else [sign]


def _isotope(match: re.Match[str]) -> str | None:
    element = match["element"]
    if element not in _ELEMENTS:
        return None
    name = _NAMED.get(element) or " ".join(element.upper())
    return f"{name} {numerals.pairs(match['mass'].translate(_PLAIN))}"


def _yields(match: re.Match[str]) -> str | None:
    """An arrow between chemical formulas."""
    left = compiled(_BEFORE).search(match.string, max(0, match.start() - 40), match.start())
    return "yields" if left and _ELEMENTS.issuperset(re.findall("[A-Z][a-z]?", left[0])) else None


FORMS = (
    Form(
        frozenset("→⟶>"),
        rf"(?<= )(?:→|⟶|->)(?= [0-9]{{0,2}} ?{_ATOMS})",
        _yields,
    ),
    Form(
        frozenset(_HIGH),
        rf"(?<![\w.)])(?P<mass>[{_HIGH}]{{1,3}})(?P<element>[A-Z][a-z]?)(?!\w)",
        _isotope,
    ),
    Form(
        frozenset("-"),
        rf"(?<![\w-])(?={_ISOTOPES})(?P<element>[A-Z][a-z]?)-(?P<mass>[0-9]{{1,3}})(?![\w-])",
        _isotope,
    ),
    Form(
        CAPITALS,
        rf"(?<![\w.])(?P<count>[0-9]{{1,2}}(?=[A-Z][a-zA-Z0-9{_LOW}(]))?(?P<body>[A-Z](?:[a-z](?![a-z]))?[0-9{_LOW}]{{0,3}}(?:{_GROUP}){{0,12}})"
        rf"(?P<charge>[{_HIGH}]?[⁺⁻])?(?![\w.]*\w)",
        _formula,
    ),
)
