"""The letter A where it is a name, which voices would say as the article: `matrix A`, `a + b`."""

from __future__ import annotations

import re

from narrate.reading.rules.form import Form, words
from narrate.reading.words import TAKEN

NAME = "letters"

_VERBS = (
    "is|equals|times|plus|minus|inverse|transpose|transposed|squared|cubed|sub|over|prime|hat|bar"
    "|tilde|star|dot|cross|has|maps|acts|goes|divided|multiplied|to the|applied|must|can|cannot"
)
_OPERATORS = "is|equals|times|plus|minus|squared|cubed|sub|over|prime|hat|bar"
_SIGNS = "=+*×·−<>≤≥≠≈∈^→"
_MARKS = rf"[{_SIGNS}_|⊂⊆∪∩,;:)?!]|- (?=\w\b)"
_OTHER = r"[B-Zb-z](?![\w'’])"
_START = r"(?<![\w'’.-])"
_NOUNS = words(
    "matrix vector point set vertex node angle line side edge event row column list array key"
)
_INTRODUCERS = words(
    "let Let variable variables letter letters scalar scalars vector vectors value values sub"
)


def _name(match: re.Match[str]) -> str:
    return "A"


def _named(match: re.Match[str], before: frozenset[str]) -> str | None:
    """A letter whose noun stands before it: `the vector a`."""
    left = match.string[max(0, match.start() - 12) : match.start()]
    found = left.split()
    return "A" if found and left[-1] == " " and found[-1] in before else None


FORMS = (
    # A grade, not the first half of a word: `an A- in art`, but `an A- or B-side`.
    Form(
        frozenset("-−"),
        r"(?:(?<=\b[Aa] )|(?<=\b[Aa]n ))[A-F][-−](?=[,;.!?)]*(?: (?!(?:or|and|to) [A-Z]-)|$))",
        lambda match: f"{match[0][0]} minus",
    ),
    # An article is a small letter within a sentence, so a capital A there is a name.
    Form(
        frozenset("A"),
        r"(?P<it>A)(?![\w'’/-]|\.\w| [A-Z][a-z])"
        rf"(?:(?<=[a-z,;(0-9{TAKEN}{_SIGNS}]\sA)|(?<=[(=+*]A))",
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
        rf"{_START}(?P<it>a)(?= (?:{_OPERATORS})\b| (?:and|or|by|with|from|into) {_OTHER}"
        r"| (?:to|in) [A-Zb-z](?![\w'’-])"
        rf"| ?(?:[{_SIGNS}]|!=|- \w\b)|[,;] {_OTHER})",
        _name,
    ),
    Form(
        frozenset("a"),
        r"(?P<it>a)(?=[\s.,;)]|$)(?! [a-z]{2}| [0-9$€£½])"
        rf"(?:(?<=[{_SIGNS}(] a)|(?<=[{_SIGNS}(]a)|(?<=\w {TAKEN} a)"
        r"|(?<=\btimes a)|(?<=\bplus a)|(?<=\bminus a))",
        _name,
    ),
    Form(
        frozenset("a"),
        r"(?P<it>a)(?![\w'’-]| [a-z]{3})",
        lambda match: _named(match, _INTRODUCERS),
    ),
    Form(
        frozenset("a"),
        r"(?P<it>a)(?=[,;:.!?)]|$| (?:and|or|is|to)\b)(?!\.\w)",
        lambda match: _named(match, _NOUNS),
    ),
)
