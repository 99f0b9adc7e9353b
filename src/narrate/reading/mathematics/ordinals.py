"""Ordinals that are made of formulas: `$i$-th`, `i^{th}`, `(n+1)-st`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals

_END = r"(?:st|nd|rd|th)"

RAISED = re.compile(rf"\^\{{?(?:\\(?:text|textrm|mathrm|mbox)\{{)?{_END}\}}{{0,2}}\s*\Z")
"""The end of a formula that is an ordinal: `^{th}`, `^\\text{th}`."""

ENDING = re.compile(rf"[-‑]?{_END}(?!\w)")
"""What makes an ordinal of the formula before it."""

PLAIN = re.compile(
    rf"""
    (?<![\w)\]^.])
    (?: \((?P<inside>[0-9]{{0,3}}[A-Za-z](?:[ ]?[+\-−,][ ]?[A-Za-z0-9]{{1,3}}){{0,3}})\)[-‑]?{_END}
    | (?P<base>[A-Za-z]|[0-9]{{1,3}})\^(?:{_END}|\{{{_END}\}})
    )(?!\w)
    """,
    re.VERBOSE,
)
"""An ordinal in plain text that is certain: `(n+1)-st`, `(i, j)th`, `k^th`."""

_IN_BRACKETS = re.compile(r"\s*(?:\\left)?\(([^()]*?)(?:\\right)?\)\s*")


def bare(tex: str) -> str:
    """A formula without the brackets around all of it, which an ordinal does not say."""
    found = _IN_BRACKETS.fullmatch(tex)
    return found[1] if found else tex


def of(said: str) -> str:
    """The ordinal of a formula that is said: `n plus first`, `k-th`."""
    return numerals.as_ordinal(said)
