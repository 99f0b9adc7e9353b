"""Characters that are written but not seen or not heard, and those that are one letter too many.

Sources: the Unicode property Default_Ignorable_Code_Point, and UAX #31 on where joiners matter.
"""

from __future__ import annotations

import re
import unicodedata

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_FLAG = "\U0001f3f4"
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_LIGATURES = dict(
    zip(range(0xFB00, 0xFB07), ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)
)

SILENT_CATEGORIES = {
    "Zs": "space",
    "Zl": "space",
    "Zp": "space",
    "Pd": "dash",
    "Pi": "quotation mark",
    "Pf": "quotation mark",
    "Ps": "bracket",
    "Pe": "bracket",
}
SILENT_NAMES = {
    "quotation mark": "QUOTATION|APOSTROPHE|GERESH|GERSHAYIM",
    "pause": "COMMA|STOP|COLON|QUESTION|EXCLAMATION|INTERROBANG|ELLIPSIS|DANDA|ANO TELEIA"
    "|SHAD|PERIOD|PHRASE|SENTENCE|PARAGRAPH|SECTION MARK|DIVIDER|PUNCTUATION"
    "|(?<!DECIMAL )(?<!THOUSANDS )SEPARATOR",
    "bullet": "BULLET|LEADER|MIDDLE DOT|HYPHENATION POINT",
    "space": "WORD ?SPACE|TSHEG|HYPHEN",
}
"""The classes of marks that have no words, as a voice only pauses at them or not even that.

A mark is in a class by its general category, or else, if it is punctuation, by its Unicode name.
Beside these, white space and invisible signs are silent.
"""
_SILENT_NAMES = {kind: re.compile(names) for kind, names in SILENT_NAMES.items()}


def silence(character: str) -> str:
    """The class of a mark that has no words; empty for letters, digits and signs."""
    if character.isspace():
        return "space"
    if _INVISIBLE.match(character):
        return "invisible sign"
    category = unicodedata.category(character)
    if category == "Po":
        name = unicodedata.name(character)
        found = (kind for kind, pattern in _SILENT_NAMES.items() if pattern.search(name))
        return next(found, "")
    return SILENT_CATEGORIES.get(category, "")


def visible(text: str) -> str:
    """The text without its invisible characters, and with each Latin ligature as letters.

    Joiners stay between letters of the scripts that need them, and what joins or colours an emoji
    or chooses the form of a Chinese character stays with it.
    """
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub(_kept, text).translate(_LIGATURES)


def collapse(text: str) -> str:
    """The text in normal form NFC, with one ordinary space for each stretch of white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def has_word(text: str) -> bool:
    """Whether there is anything in the text that a voice could say: a letter, digit or symbol."""
    return any(_is_said(char) for char in text)


def _is_said(char: str) -> bool:
    category = unicodedata.category(char)
    if category[0] in "LN" or category in ("Sm", "Sc", "So") or char in "%&@#":
        return True
    return not (char.isascii() or silence(char))


def _kept(run: re.Match[str]) -> str:
    """The characters of an invisible run that change how its neighbours look."""
    before = run.string[run.start() - 1 : run.start()]
    after = run.string[run.end() : run.end() + 1]
    signs = run[0]
    if signs in (_ZWJ, _ZWNJ) and _joins(before) and (_joins(after) or not after.strip()):
        return signs
    if before == _FLAG:
        return "".join(sign for sign in signs if sign > "\U000e0000")
    if _varies(before) or after == "\u20e3":
        joiner = _ZWJ if _ZWJ in signs and _varies(after) else ""
        return "".join(sign for sign in signs[:1] if _is_variation(sign)) + joiner
    return ""


def _joins(char: str) -> bool:
    """Whether a letter is of a script in which joiners change letters: Arabic to Khmer, Mongolian
    and their neighbours.
    """
    return "\u0600" <= char <= "\u18af" and unicodedata.category(char)[0] in "LM"


def _varies(char: str) -> bool:
    return bool(char) and (
        unicodedata.category(char) in ("So", "Sk") or "\u3400" <= char <= "\u9fff" or char in "↔©®‼"
    )


def _is_variation(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
