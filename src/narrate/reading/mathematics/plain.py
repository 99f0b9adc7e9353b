"""Mathematics in plain text, where it certainly is that: `C_ij = sum(A_ik * B_kj)`, `x^2`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from narrate.reading.mathematics.grammar import Formula, Grammar
from narrate.reading.mathematics.unicode import SUBSCRIPTS, plain
from narrate.reading.mathematics.vocabulary import (
    DEEPEST,
    FUNCTIONS,
    GREEK_NAMES,
    QUANTITY,
    ROUNDED,
    SCRIPTS,
    TOKEN,
)

# What has to be in a text for it to hold a formula: a quick look before the grammar.
SIGN = re.compile(
    rf"[\^=<>≤≥≠≈≡∝←∈∉⌈⌊|‖∥√∑∏∫∀∃∂∇+*·×~{SCRIPTS}]|[^\W\d_)]_|\)_|\w\(|E\[|[nkm]!|→|->"
    r"|\bd[a-z]?/d|\d[nxyz][-−]\d|\d/[a-zA-Z]\b|/Δ"
    r"|\)[-‑]?(?:st|nd|rd|th)\b|(?:sin|cos|tan|log|ln)[ ][α-ω]"
)

_VARIABLE = re.compile(r"(?<![A-Za-z\\])x(?![A-Za-z])")
_MULTIPLE = re.compile(
    r"(?<![\w.,/])\d{1,3}x(?![\w×^]|[ ]?\d)"
    r"(?![ ](?:faster|slower|more|less|bigger|larger|smaller|speed))"
)
_TIMES = re.compile(r"(?<=\d) x (?=\d[\d.]*+ =)")
_COMPOUND = rf"[0-9]{{0,2}}(?:[A-Z][a-z]?[0-9{SUBSCRIPTS}]{{0,3}}){{1,8}}"
_REACTION = re.compile(rf"(?=.*[{SUBSCRIPTS}]){_COMPOUND}(?: [+→] {_COMPOUND}){{1,6}}")
_LISTED = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z])_?(?P<first>[01₀₁])(?:, ?(?P=name)_?[12₁₂])?, ?(?:\.\.\.|…),? ?"
    r"(?P=name)_?(?P<last>[A-Za-zₙₘₖ])(?!\w)"
)
_MODULUS = re.compile(r" ?\(mod (\w{1,4})\)")
_MAPPING = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-zφψ]): ?(?P<source>[A-Zℝℂℤℕℚ](?:\^\w)?) (?:->|→) "
    r"(?P<target>[A-Zℝℂℤℕℚ](?:\^\w)?)(?![\w^])"
)
_STARTS = frozenset("(⌈⌊|‖∥√∑∏∫⋃⋂∀∃∂∇∞∅-−")


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and TeX of each plain formula that is certain."""
    if not SIGN.search(text):
        return
    text = _TIMES.sub(" × ", text)
    maps = [
        (*each.span(), rf"{each['name']}: {each['source']} \to {each['target']}")
        for each in _MAPPING.finditer(text)
    ]
    maps += [
        (*each.span(), _listed(each["name"], each["first"], each["last"]))
        for each in _LISTED.finditer(text)
    ]
    found = [*maps, *(each for each in _formulas(text) if not _overlaps(each, maps))]
    yield from sorted([*found, *_multiples(text, found)])


def _listed(name: str, first: str, last: str) -> str:
    """`x_1, …, x_n`, of which the ends are read."""
    return rf"{name}_{{{plain(first)}}}, \dots, {name}_{{{plain(last)}}}"


def _overlaps(one: tuple[int, int, str], others: list[tuple[int, int, str]]) -> bool:
    return any(start < one[1] and one[0] < end for start, end, _ in others)


def _multiples(text: str, formulas: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """`2x` where x is a variable of another formula; elsewhere it is twice as much."""
    if not any(_VARIABLE.search(tex) for _, _, tex in formulas):
        return
    for match in _MULTIPLE.finditer(text):
        found = (*match.span(), match[0])
        if not _overlaps(found, formulas):
            yield found


def _formulas(text: str) -> Iterator[tuple[int, int, str]]:
    tokens = list(TOKEN.finditer(text))
    brackets = _closed(tokens)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        found = None
        if _may_start(token) and _starts_well(text, token.start()) and not _is_point(text, token):
            found = Grammar(text, tokens, brackets, at).formula()
        if found and _REACTION.fullmatch(text, token.start(), found.end):
            found = None
        if found is not None:
            found = _congruent(text, found)
            yield token.start(), found.end, found.tex
        end = found.end if found else _end_of_quantity(text, token)
        at += 1
        while at < len(tokens) and tokens[at].start() < end:
            at += 1


def _is_point(text: str, token: re.Match[str]) -> bool:
    """Whether a character of Unicode begins here: `U+2155`."""
    return text.startswith("U+", token.start()) and text[token.end() + 1 :][:4].isalnum()


def _congruent(text: str, found: Formula) -> Formula:
    """The formula with the `(mod n)` of a congruence."""
    modulus = _MODULUS.match(text, found.end) if "≡" in found.tex else None
    if not modulus:
        return found
    return Formula(rf"{found.tex} \pmod{{{modulus[1]}}}", modulus.end(), certain=True)


def _closed(tokens: list[re.Match[str]]) -> frozenset[int]:
    """The opening brackets that are closed and hold few enough others."""
    opened: list[list[int]] = []
    closed: set[int] = set()
    for at, token in enumerate(tokens):
        if token[0] in ("(", "[", "{", *ROUNDED):
            opened.append([at, 1])
        elif token[0] in (")", "]", "}", *ROUNDED.values()) and opened:
            start, height = opened.pop()
            closed |= {start} if height <= DEEPEST else set()
            if opened:
                opened[-1][1] = max(opened[-1][1], height + 1)
    return frozenset(closed)


def _may_start(token: re.Match[str]) -> bool:
    """Whether a formula could start with the token: most words and signs cannot."""
    kind, value = token.lastgroup, token[0]
    if kind == "word":
        return len(value) <= 3 or value in FUNCTIONS or value in GREEK_NAMES
    return kind in ("number", "vulgar") or value in _STARTS


def _end_of_quantity(text: str, token: re.Match[str]) -> int:
    """Where a number with its unit ends, as `m²` after it is a unit too."""
    unit = QUANTITY.match(text, token.end()) if token.lastgroup == "number" else None
    return unit.end() if unit else token.end()


def _starts_well(text: str, start: int) -> bool:
    """Whether a formula may start here: not inside a word, path, price or option."""
    if start == 0:
        return True
    before = text[start - 1]
    return before.isspace() or before in "([{\"'“‘—–"
