"""Operators of programs, of two signs or more: `+=`, `==`, `->`."""

from __future__ import annotations

from narrate.reading.rules.form import Form, one_of, table
from narrate.reading.rules.source import OPERATORS

NAME = "operators"

_WORDS = {sign: said for sign, said in OPERATORS.items() if sign not in ("...", "..")}
_SIGNS = r"[=!<>\-+*/&|:%~]"

FORMS = (
    Form(
        frozenset("=!<>-+*/&|:%~"),
        rf"(?<!{_SIGNS})(?:{one_of(_WORDS)})(?!{_SIGNS})",
        table(_WORDS),
    ),
)
