"""Program text that is certainly code without backticks: `np.einsum`, `snake_case`, `a[i]`."""

from __future__ import annotations

import re

from narrate.reading.rules.form import DIGITS, DOTTED, Form
from narrate.reading.rules.identifiers import say_identifier
from narrate.reading.rules.source import say_literal, say_source, spell

NAME = "code"

_BRACKETED = r"\[[^\[\]\n]{1,40}\]"
_MODULES = "np|pd|tf|nn|torch|jax|keras|pathlib|datetime|collections|typing|self|cls|os|sys|React"
_ARGUMENTS = r"\((?:[^()\n]|\([^()\n]{0,40}\)){0,80}\)"


def _hash(match: re.Match[str]) -> str | None:
    """A commit or a UUID, sign by sign."""
    letters = sum(character.isalpha() for character in match[0])
    if letters < 2 or letters == len(match[0].replace("-", "")):
        return None
    return ", ".join(map(spell, match[0].split("-")))


CALLS = Form(
    frozenset("."),
    rf"(?<![\w.])(?:[A-Za-z_]\w++\.)(?:[a-z_]\w++\.)*(?:{_ARGUMENTS}|[A-Za-z_]\w+{_ARGUMENTS})"
    rf"(?:\.[a-z_]\w++(?:{_ARGUMENTS})?)*",
    lambda match: say_source(match[0]),
)
FORMS = (
    Form(
        frozenset("<"),
        r"(?<![\w.:])(?P<name>[A-Za-z_][\w:]{0,60})<(?P<types>[\w:]{1,40}(?:, ?[\w:]{1,40}){0,4})>",
        lambda match: (
            f"{say_source(match['name'])} of"
            f" {', '.join(map(say_source, re.split(', ?', match['types'])))}"
        ),
    ),
    Form(
        frozenset("["),
        rf"(?<![\w.])[A-Za-z]\([A-Za-z_]\w{{0,20}}{_BRACKETED}\)(?!\w)",
        lambda match: say_source(match[0]),
    ),
    Form(
        frozenset(":"),
        r"(?<![\w:])[A-Za-z_]\w*+(?:::\w++)+",
        lambda match: say_source(match[0]),
    ),
    Form(
        DIGITS,
        r"(?<![\w.-])[0-9a-f]{7,64}(?:-[0-9a-f]{4,12}){0,4}(?![\w-])",
        _hash,
    ),
    Form(frozenset("0"), r"(?<!\w)0[xXbB][0-9A-Fa-f]{1,32}(?!\w)", lambda m: say_literal(m[0])),
    Form(
        frozenset("#"),
        r"(?<!\w)#(?P<digits>(?=[0-9A-Fa-f]*[0-9])(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}))(?!\w)",
        lambda m: f"hash {spell(m['digits'])}",
    ),
    Form(
        frozenset("({["),
        rf"(?<![\w.])[A-Za-z_][\w.]{{1,60}}+(?:\(\)|{_BRACKETED}(?:{_BRACKETED})?)(?!\w)",
        lambda match: say_source(match[0]),
    ),
    Form(frozenset("["), rf"(?<![\w.])[A-Za-z](?:{_BRACKETED}){{1,3}}", lambda m: say_source(m[0])),
    CALLS,
    Form(
        frozenset("("),
        # Not `file(s)` or `color(ed)`.
        r"(?<![\w.])[a-z_]\w{2,40}+\((?:[a-rt-z]|\w{4,40}|(?=[^()\n]{0,80}[,=\"'\[0-9_.])[^()\n]{1,80})\)"
        r"(?!\w)",
        lambda match: say_source(match[0]),
    ),
    Form(
        DOTTED,
        r"(?<![\w.])[A-Za-z_]\w++(?:\.[a-z_]\w++)+(?!\.?\w)",
        lambda match: say_source(match[0]),
    ),
    Form(
        DOTTED,
        rf"(?<![\w.])(?:{_MODULES}|[a-z_]\w++(?:\.[a-z_]\w++)+)\.[A-Z]\w++(?!\.?\w)",
        lambda match: say_source(match[0]),
    ),
    Form(
        frozenset("_"),
        r"(?<!\w)(?=\w*_)(?=_*[^\W_])\w++",
        lambda match: say_identifier(match[0]) if "_" in match[0] else None,
    ),
)
