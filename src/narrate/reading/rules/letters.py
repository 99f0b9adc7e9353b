"""The letter A where it is a name, which voices would say as the article: `matrix A`, `a + b`."""

from __future__ import annotations

import re

from narrate.reading.rules.form import TAKEN, Form

NAME = "letters"

_VERBS = (
    "is|equals|times|plus|minus|inverse|transpose|transposed|squared|cubed|sub|over|prime|hat|bar"
    "|tilde|star|dot|cross|has|maps|acts|goes|divided|multiplied|to the|applied|must|can|cannot"
)
_OPERATORS = "equals|times|plus|minus|squared|cubed|sub|over|prime|hat|bar"
_SIGNS = "=+*×·−<>≤≥≠≈∈^→"
_MARKS = rf"[{_SIGNS}_|⊂⊆∪∩,;:)?!]|- (?=\w\b)"
_OTHER = r"[B-Zb-z](?![\w'’])"
_START = r"(?<![\w'’.-])"
_NOUNS = "matrix|vector|point|set|vertex|node|angle|line|side|edge|event|row|column|list|array|key"
_INTRODUCED = "[Ll]et|variables?|letters?|scalars?|vectors?|values?|coefficients?|[b-z] and|sub"


def _name(match: re.Match[str]) -> str:
    return "A"


FORMS = (
    # An article is a small letter within a sentence, so a capital A there is a name.
    Form(
        frozenset("A"),
        rf"(?<=[a-z,;(0-9{TAKEN}{_SIGNS}])(?:\s|(?<=[(=+*]))(?P<it>A)(?![\w'’/-]|\.\w)",
        _name,
    ),
    Form(
        frozenset("A"),
        rf"{_START}(?P<it>A)(?= (?:{_VERBS})\b| ?(?:{_MARKS})|[.]?$)",
        _name,
    ),
    Form(
        frozenset("A"),
        rf"{_START}(?P<it>A)(?= (?:(?:and|or|to|into|onto|by) )?{_OTHER})",
        _name,
    ),
    Form(
        frozenset("a"),
        rf"{_START}(?P<it>a)(?= (?:{_OPERATORS})\b| (?:and|or) {_OTHER}| ?(?:[{_SIGNS}]|!=|- \w\b)"
        rf"|[,;] {_OTHER})",
        _name,
    ),
    Form(
        frozenset("a"),
        rf"(?:(?<=[{_SIGNS}(] )|(?<=[{_SIGNS}(])|(?<=\btimes )|(?<=\bplus )|(?<=\bminus ))"
        r"(?P<it>a)(?=[\s.,;)]|$)(?! [a-z]{2})",
        _name,
    ),
    Form(
        frozenset("a"),
        rf"(?<![\w'’])(?:{_INTRODUCED}) (?P<it>a)(?![\w'’-])(?! [a-z]{{3}})",
        _name,
    ),
    Form(
        frozenset("a"),
        rf"(?<!\w)(?:{_NOUNS}) (?P<it>a)(?=[,;:.!?)]|$| (?:and|or|is|to)\b)(?!\.\w)",
        _name,
    ),
)
