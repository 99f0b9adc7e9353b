"""Operators of programs, of two signs or more: `+=`, `==`, `->`."""

from __future__ import annotations

from narrate.reading.rules.form import Form, one_of, table
from narrate.reading.rules.identifiers import say_identifier
from narrate.reading.rules.source import OPERATORS

NAME = "operators"

_WORDS = {sign: said for sign, said in OPERATORS.items() if sign not in ("...", "..")}
_SIGNS = r"[=!<>\-+*/&|:%~]"

FORMS = (
    Form(
        frozenset("/"),
        r"(?<=[\w)\]\ufffc] )//(?= [\w(\ufffc])",
        lambda match: "floor divided by",
    ),
    Form(frozenset("|"), r"(?<=KL\([A-Za-z] )\|\|(?= [A-Za-z]\))", lambda match: "and"),
    Form(
        frozenset("%"),
        r"(?<=[\w)\]\ufffc] )%(?= [\w\ufffc]{1,12} (?:[=!]=|=|is\b))",
        lambda match: "mod",
    ),
    Form(
        frozenset("*"),
        r"(?<=(?i:select) )\*(?= )|(?<=(?i:count)\()\*(?=\))",
        lambda match: "star",
    ),
    Form(
        frozenset("*"),
        r"(?<=[\s(,])(?P<stars>\*\*?)(?P<name>args|kwargs|kwds|opts|options|params)(?!\w)",
        lambda match: f"{'star ' * len(match['stars'])}{say_identifier(match['name'])}",
    ),
    Form(
        frozenset("=!<>-+*/&|:%~"),
        rf"(?<!{_SIGNS})(?:{one_of(_WORDS)})(?!{_SIGNS})",
        table(_WORDS),
    ),
)
