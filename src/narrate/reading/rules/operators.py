"""A minus between operands, and operators of programs: `+=`, `==`, `->`."""

from __future__ import annotations

from narrate.reading.rules.form import TAKEN, Form, one_of, table
from narrate.reading.rules.source import OPERATORS

NAME = "operators"

_WORDS = {sign: said for sign, said in OPERATORS.items() if sign not in ("...", "..")}
_SIGNS = r"[=!<>\-+*/&|:%~]"

_LEFT = rf"(?:(?<=(?<![\w'’])[A-Za-z] )|(?<=[0-9)\]{TAKEN}] ))"
_RIGHT = r" (?:[0-9(]|(?![AaI] [a-z])[A-Za-z](?![\w'’]))"

FORMS = (
    # A hyphen between operands; elsewhere it is a dash, as in `Part 2 - A new start`.
    Form(frozenset("-"), rf"{_LEFT}-(?={_RIGHT})", lambda match: "minus"),
    Form(frozenset("-"), r"(?<=[0-9])-(?=[a-ce-z](?![\w-]))", lambda match: "minus"),
    Form(
        frozenset("=!<>-+*/&|:%~"),
        rf"(?<!{_SIGNS})(?:{one_of(_WORDS)})(?!{_SIGNS})",
        table(_WORDS),
    ),
)
