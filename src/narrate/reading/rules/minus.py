"""A hyphen between operands: `n - 1`, `1-b`; elsewhere it is a dash, as in `Part 2 - A start`."""

from __future__ import annotations

import re

from narrate.reading.rules.form import Form
from narrate.reading.words import TAKEN

NAME = "minus"

_NAME = r"(?![AaI] [a-z])[A-Za-z](?![\w'’])"
_AFTER_NAME = rf"(?:(?<=(?<![\w'’])[A-Za-z] )|(?<=[)\]{TAKEN}] ))-(?= (?:[0-9(]|{_NAME}))"
# Between two numbers it may be a range.
_AFTER_NUMBER = rf"(?<=[0-9] )-(?= (?:\(|{_NAME}))"


def _minus(match: re.Match[str]) -> str:
    return "minus"


FORMS = (
    Form(
        frozenset("-"), rf"(?:(?<=else )|(?<=return )|(?<== ))-(?={_NAME}|[a-z]{{2,4}}\b)", _minus
    ),
    Form(frozenset("-"), rf"{_AFTER_NAME}|{_AFTER_NUMBER}", _minus),
    Form(frozenset("-"), r"(?<=[0-9])-(?=[a-ce-z](?![\w-]))", _minus),
)
