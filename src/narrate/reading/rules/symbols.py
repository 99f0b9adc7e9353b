"""Every other sign: operators, arrows, Greek letters, emoji; what has no words is an error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from narrate.reading.characters import silence
from narrate.reading.rules import fractions, numerals
from narrate.reading.words import TAKEN, Reading, Unreadable

NAME = "symbols"

WORDS = {
    "≥": "is greater than or equal to",
    "≤": "is less than or equal to",
    "≠": "is not equal to",
    "≈": "is approximately",
    "≡": "is equivalent to",
    "≅": "is congruent to",
    "∼": "is similar to",
    "∝": "is proportional to",
    "=": "equals",
    "<": "is less than",
    ">": "is greater than",
    "≪": "is much less than",
    "≫": "is much greater than",
    "+": "plus",
    "−": "minus",
    "±": "plus or minus",
    "∓": "minus or plus",
    "×": "times",
    "⋅": "times",
    "·": "dot",
    "∙": "times",
    "∗": "times",
    "*": "star",
    "÷": "divided by",
    "/": "slash",
    "⁄": "over",
    "∕": "over",
    "\\": "backslash",
    "√": "the square root of",
    "∛": "the cube root of",
    "∞": "infinity",
    "∂": "partial",
    "∇": "nabla",
    "∆": "delta",
    "∑": "the sum of",
    "∏": "the product of",
    "∫": "the integral of",
    "∬": "the double integral of",
    "∭": "the triple integral of",
    "∮": "the closed integral of",
    "∖": "without",
    "∈": "is in",
    "∉": "is not in",
    "∋": "contains",
    "∅": "the empty set",
    "∀": "for all",
    "∃": "there exists",
    "∄": "there does not exist",
    "¬": "not",
    "∧": "and",
    "∨": "or",
    "⊕": "x or",
    "⊗": "tensor",
    "∘": "composed with",
    "∪": "union",
    "∩": "intersection",
    "⊂": "is a subset of",
    "⊆": "is a subset of",
    "⊃": "is a superset of",
    "⊇": "is a superset of",
    "⊥": "is perpendicular to",
    "∥": "is parallel to",
    "∠": "angle",
    "⌈": "the ceiling of",
    "⌊": "the floor of",
    "⊤": "top",
    "∴": "therefore",
    "∵": "because",
    "∎": "Q E D",
    "→": "to",
    "←": "from",
    "↑": "up",
    "↓": "down",
    "∤": "does not divide",
    "⇌": "is in equilibrium with",
    "⊙": "elementwise times",
    "⋯": "and so on",
    "↔": "to and from",
    "↕": "up and down",
    "↗": "up",
    "↘": "down",
    "⇑": "up",
    "⇓": "down",
    "➔": "to",
    "➜": "to",
    "➝": "to",
    "➞": "to",
    "➡": "right arrow",
    "⬅": "left arrow",
    "⬆": "up arrow",
    "⬇": "down arrow",
    "⇒": "implies",
    "⇐": "is implied by",
    "⇔": "if and only if",
    "↦": "maps to",
    "⟶": "to",
    "⟹": "implies",
    "%": "percent",
    "٪": "percent",
    "‰": "per mille",
    "‱": "per ten thousand",
    "&": "and",
    "@": "at",
    "#": "hash",
    "$": "dollar",
    "€": "euro",
    "£": "pound",
    "¥": "yen",
    "¢": "cent",
    "₹": "rupee",
    "₿": "bitcoin",
    "₩": "won",
    "₽": "ruble",
    "₺": "lira",
    "₫": "dong",
    "₴": "hryvnia",
    "₪": "shekel",
    "₦": "naira",
    "₱": "peso",
    "¤": "currency",
    "©": "copyright",
    "®": "registered",
    "™": "trademark",
    "℠": "service mark",
    "℗": "sound recording copyright",
    "§": "section",
    "¶": "paragraph",
    "†": "dagger",
    "‡": "double dagger",
    "°": "degrees",
    "′": "prime",
    "″": "double prime",
    "‴": "triple prime",
    "^": "caret",
    "~": "tilde",
    "_": "underscore",
    "|": "bar",
    "¦": "bar",
    "‖": "double bar",
    "`": "backtick",
    "№": "number",
    "ħ": "h bar",
    "℃": "degrees Celsius",
    "℉": "degrees Fahrenheit",
    "\u2126": "ohm",
    "µ": "mu",
    "ℓ": "ell",
    "ℏ": "h bar",
    "ℝ": "the real numbers",
    "ℂ": "the complex numbers",
    "ℕ": "the natural numbers",
    "ℤ": "the integers",
    "ℚ": "the rational numbers",
    "✓": "check",
    "✔": "check",
    "✅": "check",
    "☑": "check",
    "✗": "cross",
    "✘": "cross",
    "✖": "cross",
    "❌": "cross",
    "❎": "cross",
    "⚠": "warning",
    "♠": "spades",
    "♡": "hearts",
    "♢": "diamonds",
    "♣": "clubs",
    "♦": "diamonds",
    "♭": "flat",
    "♯": "sharp",
    "△": "triangle",
    "★": "star",
    "☆": "star",
    "♥": "heart",
    "❤": "heart",
    "⌘": "command",
    "⌥": "option",
    "⇧": "shift",
    "⌃": "control",
    "⏎": "enter",
    "↵": "enter",
    "⌫": "backspace",
    "⎋": "escape",
    "␣": "space",
    "⇥": "tab",
    "⁰": "to the zero",
    "¹": "to the one",
    "²": "squared",
    "³": "cubed",
    "ⁿ": "to the n",
    "⁺": "plus",
    "⁻": "minus",
    "\U0001f3fb": "light skin tone",
    "\U0001f3fc": "medium light skin tone",
    "\U0001f3fd": "medium skin tone",
    "\U0001f3fe": "medium dark skin tone",
    "\U0001f3ff": "dark skin tone",
    "ª": "A",
    "º": "O",
}
_GREEK = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma
    sigma tau upsilon phi chi psi omega
"""
GREEK = {chr(0x3B1 + i): name for i, name in enumerate(_GREEK.split())}
GREEK |= {chr(0x391 + i): f"capital {name}" for i, name in enumerate(_GREEK.split()) if i != 17}
GREEK |= {"Δ": "delta", "Ω": "omega", "Σ": "sigma", "Π": "pi", "Θ": "theta", "Φ": "phi"}
GREEK |= {"Λ": "lambda", "Γ": "gamma", "Ψ": "psi", "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta"}

BULLETS = frozenset("•‣◦▪▫●○■□·*")
"""Silent at the start of a line, and all but the last two after the end of a sentence."""

_LETTERS = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me"))
_PICTURES = re.compile(r"[\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
"""Technical signs, shapes, dingbats and emoji, which have names that people use."""

_FLAG = r"[\U0001f1e6-\U0001f1ff]"
_HINT = "write it in words, or give it a reading in the lexicon"
_BOUNDS = {
    "≥": "at least",
    "≤": "at most",
    "<": "less than",
    ">": "more than",
    "≈": "approximately",
}
# Where no operand stands before the sign.
_BOUND = re.compile(r"(?:^|[(,;:] ?|\w\w )$")
_BE = re.compile(
    r"\b(?:is|are|was|were|be|been|being) (?:(?!(?:and|or|if|when|that|so) )\S+ ){0,4}$"
)
# A clause that has no other verb.
_CLAUSE = re.compile(
    r"\b(?i:if|when|while|until|where|that|unless|because|since)(?: [\w'-]+){1,3} $"
)
# The sign itself is meant.
_NAMED = re.compile(r" (?:is|means|sign|symbol|operator|relation|holds)\b")
_WINDOW = 60
_DIVISOR = re.compile(rf"{TAKEN}|[^\W\d_](?!\w)")
_DISTRIBUTION = re.compile(r" [A-Z][A-Za-z]*\(")
_STANDARD = tuple("EGHKS")  # `ΔG°` is no angle.
_BULLET = re.compile(
    rf"(?:^[ \t]*+[{''.join(BULLETS)}]|[.:;!?] [{''.join(BULLETS - {'*', '·'})}])(?=[ \t])",
    re.MULTILINE,
)
_ATTACHED = r"[\ufe00-\ufe0f\u200d\u20e3\U000e0020-\U000e007f]*+"
"""What chooses the look of the sign before it, or joins it with the next."""

_SIGN = re.compile(rf"(?:{_FLAG}{{2}}|[^A-Za-z\s.,;:!?'\"()\[\]{{}}…’‘“”—\ufffc-]){_ATTACHED}")


def stays(character: str) -> bool:
    """Whether a character is left to the voice: a letter, or a mark that has no words."""
    if character in WORDS:
        return False
    return unicodedata.category(character) in _LETTERS or bool(silence(character))


def bullets(text: str) -> set[int]:
    """The places of signs that only begin an item of a list."""
    return {match.end() - 1 for match in _BULLET.finditer(text)}


def find(text: str) -> Iterator[Reading]:
    """A reading of each sign that is left; raises Unreadable at the first that has none."""
    silent = bullets(text)
    for match in _SIGN.finditer(text):
        if match.start() in silent:
            continue
        said = _flag(match[0]) or _say(text, match.start())
        if said:
            yield Reading(*match.span(), said, NAME)


def _say(text: str, at: int) -> str | None:
    """What a character says; None if it stays as it is."""
    character = text[at]
    if character == "–":
        return "to" if text[max(0, at - 1) : at + 2] == f"{TAKEN}–{TAKEN}" else None
    if character in WORDS:
        return _in_context(text, at)
    if character in GREEK:
        return GREEK[character] if _stands_alone(text, at) else None
    if character in fractions.VULGAR:
        return fractions.say_fraction(character)
    if stays(character) and not _is_loose(text, at):
        return None
    return _numeral(character) or _picture(character, at)


def _in_context(text: str, at: int) -> str:
    character = text[at]
    after = text[at + 1 : at + 2]
    if character == "#" and after.isalpha():
        return "hashtag"
    if character == "~" and _DISTRIBUTION.match(text, at + 1):
        return "is distributed as"
    if character == "°" and text[at - 1 : at] in _STANDARD:
        return "naught"
    if character == "∑" and text.startswith((" from ", " over "), at + 1):
        return "the sum"
    if character == "~" and (after.isalnum() or after == TAKEN):
        return "about"
    if character == "*" and _between(text, at):
        return "times"
    if character == "^" and at and not text[at - 1].isspace() and after.strip():
        return "to the"
    if character == "/" and text[max(0, at - 2) : at + 3] == f"{TAKEN} / {TAKEN}":
        return "divided by"
    if character == "/" and text[at - 1 : at] in (")", "]") and _DIVISOR.match(text, at + 1):
        return "over"
    if character == "/" and after == "(":
        return "over"
    if WORDS[character].startswith("is "):
        return _related(text, at)
    if character == "/" and text[at - 1 : at] in GREEK and (after.isalnum() or after == TAKEN):
        return "over"
    return WORDS[character]


def _related(text: str, at: int) -> str:
    """A relation, which is no verb after "is" or where a noun stands before it."""
    said, start = WORDS[text[at]], max(0, at - _WINDOW)
    if _BE.search(text, start, at) or _NAMED.match(text, at + 1):
        return said.removeprefix("is ")
    bound = _BOUND.search(text, max(0, at - 3), at) and not _CLAUSE.search(text, start, at)
    if bound and text[at + 1 : at + 3].lstrip()[:1] == TAKEN:
        return _BOUNDS.get(text[at], said)
    return said


def _between(text: str, at: int) -> bool:
    """Whether a sign stands between two operands."""
    before, after = text[max(0, at - 2) : at], text[at + 1 : at + 3]
    if not before.strip() or not after.strip() or before[-1].isspace() != after[0].isspace():
        return False
    before, after = before.rstrip(), after.lstrip()
    return all(c.isalnum() or c in f"{TAKEN}()" for c in (before[-1], after[0]))


def _stands_alone(text: str, at: int) -> bool:
    """Greek letters beside other Greek letters are a word, and one with a mark is another."""
    beside = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return not any("\u0370" <= c <= "\u03ff" or _is_mark(c) for c in beside)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" and not silence(character)


def _is_loose(text: str, at: int) -> bool:
    """Whether a mark above or below a letter has none."""
    before = text[max(0, at - 1) : at]
    return _is_mark(text[at]) and not (before and unicodedata.category(before)[0] in "LMC")


def _numeral(character: str) -> str | None:
    """Digits of other scripts and circled, raised or Roman numerals."""
    value = unicodedata.numeric(character, None)
    if value is None or value != int(value):
        return None
    sign = "minus " if value < 0 else ""
    return sign + numerals.cardinal(str(abs(int(value))))


def _flag(signs: str) -> str:
    """A flag by the letters of its country."""
    letters = [chr(ord(sign) - 0x1F1E6 + ord("A")) for sign in re.findall(_FLAG, signs)]
    return " ".join(["flag", *letters]) if letters else ""


def _picture(character: str, at: int) -> str:
    """An emoji by its name, as screen readers say it."""
    point = ord(character)
    name = unicodedata.name(character, "")
    if not name or not _PICTURES.match(character):
        what = f"{character!r} ({name.lower() or f'U+{point:04X}'})"
        raise Unreadable(what, at, at + 1, _HINT)
    return re.sub(r"[0-9]+", lambda m: numerals.cardinal(m[0]), name.lower().replace("-", " "))
