"""Ordinals: `1st`, `21st`, `kth`, `i-th`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form

NAME = "ordinals"


def _ordinal(match: re.Match[str]) -> str | None:
    if match["number"][-1] != "1" and match[0].endswith("st"):
        return None  # Stones, a weight.
    return numerals.ordinal(match["number"].replace(",", ""))


def _letter(match: re.Match[str]) -> str | None:
    said = numerals.as_ordinal(match["letter"])
    return said if said != match[0] else None


FORMS = (
    Form(
        frozenset("("),
        r"\((?P<letter>[a-z]) ?(?P<sign>[-+−]) ?1\)(?:st|th)(?!\w)",
        lambda m: f"{m['letter'].upper()} {'plus' if m['sign'] == '+' else 'minus'} first",
    ),
    Form(
        DIGITS,
        r"(?<![\w.,])(?P<number>[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})"
        r"[-‑]?(?:st|nd|rd|th|ᵗʰ|ˢᵗ)(?!\w)",
        _ordinal,
    ),
    Form(
        frozenset("t"),
        r"(?<![\w'’.^_/\\-])(?P<letter>[A-Za-z](?=[-‑])|[ijklmpqr])[-‑]?th(?![\w'’])",
        _letter,
    ),
)
