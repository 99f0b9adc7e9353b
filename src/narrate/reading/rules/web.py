"""Addresses: URLs, domains, e-mail and hosts."""

from __future__ import annotations

import re
from itertools import pairwise

from narrate.reading.rules import numerals, symbols
from narrate.reading.rules.form import DOTTED, Form
from narrate.reading.rules.identifiers import say_identifier
from narrate.reading.rules.source import spell

NAME = "web"

_TOP = (
    "com|org|net|edu|gov|mil|int|io|dev|ai|app|co|me|tv|info|biz|xyz|sh|so|gg|ly|uk|us|de|fr|es|it"
    "|pt|ru|jp|cn|kr|eu|ch|at|nl|se|no|pl|ca|au|nz|in|br|local|test|example|tech|cloud|page"
)
_HOST = rf"(?:[\w-]++\.)+(?:{_TOP})(?![\w-])"
MARKS = {
    ".": "dot",
    "/": "slash",
    "-": "dash",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "#": "hash",
    "@": "at",
    ":": "colon",
    "\0": "port",
    "%": "percent",
    "+": "plus",
    "~": "tilde",
    "_": "underscore",
    ",": "comma",
    ";": "semicolon",
    "!": "exclamation mark",
    "*": "star",
    "$": "dollar",
    "(": "open paren",
    ")": "close paren",
    "[": "open bracket",
    "]": "close bracket",
    "{": "open brace",
    "}": "close brace",
    "|": "pipe",
    "\\": "backslash",
    "^": "caret",
}
_PORT = re.compile(r"(?<=\w):(?=[0-9]{2,5}(?:[/?#]|$))")
_PARTS = re.compile(r"[^\W_]++|.", re.DOTALL)
_NAMES = re.compile(r"\w++|.", re.DOTALL)
_NUMBERS = frozenset(numerals.cardinal(str(n)) for n in [*range(20), *range(20, 100, 10)])
_SPELLED_TOPS = frozenset(("io", "ai", "tv", "uk", "us", "eu", "gg", "sh"))


def say_address(text: str, parts_of: re.Pattern[str] = _PARTS) -> str:
    """An address in words, without its scheme and a slash at its end; empty if a part has none."""
    scheme, mark, rest = text.partition("://")
    body = (rest if mark else scheme).rstrip("/") or scheme
    parts = parts_of.findall(_PORT.sub("\0", body))
    words = [MARKS.get(part) or _word(part, previous) for previous, part in pairwise(["", *parts])]
    if not all(words):
        return ""
    # After letters and numbers, a pause keeps the next step of a path apart.
    pauses = [_ends_short(word) and mark == "slash" for word, mark in pairwise([*words, ""])]
    return " ".join(word + "," * pause for word, pause in zip(words, pauses, strict=True))


def _ends_short(word: str) -> bool:
    return len(word.rpartition(" ")[2]) == 1 or word.partition(" ")[0] in _NUMBERS


def say_names(text: str) -> str:
    """As `say_address`, but a name such as `max_len` is said without its underscores."""
    return say_address(text, _NAMES)


def _word(part: str, previous: str) -> str:
    if previous == "." and part in _SPELLED_TOPS:
        return " ".join(part.upper())
    if previous in (":", "\0") and part.isdecimal():
        return numerals.pairs(part)
    return say_identifier(part) or symbols.WORDS.get(part, "")


def say_image(text: str) -> str:
    """`python:3.12-slim`, an image of a container with its tag."""
    image, _, tag = text.partition(":")
    parts = [
        numerals.number(each) if each.replace(".", "", 1).isdecimal() else say_address(each)
        for each in tag.split("-")
    ]
    return f"{say_address(image)} colon {' '.join(parts)}"


def _trimmed(match: re.Match[str]) -> str:
    return say_address(match["it"])


_IMAGES = (
    "python|node|ubuntu|debian|alpine|nginx|redis|postgres|mysql|mongo|golang|rust|busybox|fedora"
)
_END = r"(?<![.,;:!?)\]])"


def _hosts(match: re.Match[str]) -> str | None:
    """An address of IPv6, whose groups are said sign by sign."""
    groups = match[0].split(":")
    if "" not in groups and len(groups) != 8:
        return None
    return " colon ".join(map(spell, groups)).replace("  ", " ").strip()


FORMS = (
    Form(
        frozenset(":"),
        r"(?<![\w:.])(?=[a-fA-F:]*[0-9])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?![\w:])",
        _hosts,
    ),
    Form(
        frozenset(":"),
        rf"(?<!\w)(?P<it>(?i:https?|ftp|file|git|ssh|wss?|s3)://[^\s<>\"'`”’»\ufffc]+{_END})",
        _trimmed,
    ),
    Form(
        frozenset("@"),
        rf"(?<![\w.+-])(?P<it>[\w.+-]++@[\w-]++(?:\.[\w-]++)*(?:(?<=\w):[\w./-]+{_END})?)",
        _trimmed,
    ),
    Form(
        DOTTED,
        rf"(?<![\w.@/-])(?P<it>{_HOST}(?:[:/?#][^\s<>\"'`”’»\ufffc]+{_END})?)",
        _trimmed,
    ),
    Form(
        frozenset(":"),
        rf"(?<![\w./-])(?P<it>(?:[\w-]++/)*+(?:{_IMAGES}):[0-9A-Za-z][\w.-]*\w)",
        lambda match: say_image(match["it"]),
    ),
    Form(frozenset(":"), r"(?<![\w.])(?P<it>localhost:[0-9]{1,5}(?:/[\w./-]*\w)?)", _trimmed),
)
