"""Keys pressed together and steps of a menu: `Ctrl+C`, `Cmd-Shift-P`, `File > Open`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import Form

NAME = "keys"

_KEYS = {"Ctrl": "control", "Cmd": "command", "Alt": "alt", "Esc": "escape", "Del": "delete"}
_HELD = "Ctrl|Control|Cmd|Command|Alt|Option|Opt|Shift|Win|Super|Meta|Fn"


def _pressed(match: re.Match[str]) -> str:
    return " ".join(map(_key, re.split(r" ?[-+] ?", match[0])))


def _key(name: str) -> str:
    if re.fullmatch(r"F[0-9]{1,2}", name):
        return f"F {numerals.cardinal(name[1:])}"
    if name.isdecimal():
        return numerals.cardinal(name)
    return name.upper() if len(name) == 1 else _KEYS.get(name, name.lower())


FORMS = (
    Form(
        frozenset(">"),
        r"(?<=[a-z]) > (?=[A-Z][a-z])",
        lambda match: ", then ",
    ),
    Form(
        frozenset("C"),
        r"(?<![\w+-])(?:Ctrl|Cmd)(?![\w+-]| \+)",
        lambda match: _KEYS.get(match[0], ""),
    ),
    Form(
        frozenset("+-"),
        rf"(?<![\w+-])(?:(?:{_HELD})(?:-| ?\+ ?)){{1,4}}"
        r"(?:F[0-9]{1,2}|[A-Z][a-z]{1,9}|\w)(?!\w)",
        _pressed,
    ),
)
