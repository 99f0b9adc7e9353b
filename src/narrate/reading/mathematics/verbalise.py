"""A formula's tree, said as a teacher says it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from narrate.reading.mathematics import (
    brackets,
    factors,
    fractions,
    letters,
    numbers,
    rows,
    scripts,
    tables,
    tree,
)
from narrate.reading.mathematics.phrase import Level, Phrase, joined
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import PRODUCTS, RELATIONS, SIGNS_ALONE, SUMS
from narrate.reading.words import Unreadable


def verbalise(
    formula: tree.Row,
    exact: bool,
    fail: Callable[[str, str], Unreadable],
    *,
    noun: bool = False,
    size: bool = False,
) -> str:
    """The words of a formula; `fail` makes the error for a sign that has none.

    A `noun` is said as "x in R", not "x is in R", and `×` in a `size` as "by".
    """
    marks, functions = letters.marks(formula, exact), factors.functions(formula)
    sets = any(tree.sign(node, *"∪∩⊂⊆∖∅∈∉") for node in tree.walk(formula))
    speaker = Speaker(
        exact,
        _say,
        fail,
        marks,
        noun=noun,
        times="by" if size else "times",
        functions=functions,
        vectors=factors.vectors(formula),
        sets=sets,
    )
    return _tidy(speaker.say(formula).words)


def _tidy(said: str) -> str:
    """One space between words, one comma where a teacher pauses, none at the ends."""
    parts = (" ".join(part.split()) for part in said.split(","))
    return ", ".join(part for part in parts if part)


def _say(s: Speaker, node: tree.Node) -> Phrase:
    match node:
        case tree.Row():
            return rows.row(s, node.items)
        case tree.Name():
            return letters.name(s, node)
        case tree.Number():
            return Phrase(numbers.cardinal(node.text))
        case tree.Word():
            return Phrase(letters.text(s, node.text))
        case tree.Symbol():
            return _symbol(s, node)
        case tree.Script():
            return brackets.scripted(s, node) or scripts.script(s, node)
        case tree.Fence():
            return brackets.fence(s, node)
        case tree.Table():
            return tables.table(s, node)
        case tree.Fraction():
            return fractions.fraction(s, node)
        case tree.Choose():
            return fractions.choose(s, node)
        case tree.Root():
            return _root(s, node)
        case tree.Mark():
            return _mark(s, node)
        case tree.Integral():
            return _integral(s, node)
        case tree.Stacked():
            return _stacked(s, node)
        case tree.Function() | tree.Big():
            return factors.factor(s, (node,), 0)[0]


def _symbol(s: Speaker, node: tree.Symbol) -> Phrase:
    if node.text in SIGNS_ALONE and node.kind != "rel":
        dots = s.exact and node.text in "…⋯⋮⋱"
        return Phrase("dot dot dot" if dots else SIGNS_ALONE[node.text])
    for words in (RELATIONS, SUMS, PRODUCTS, SIGNS_ALONE):
        if node.text in words:
            return Phrase(words[node.text])
    raise s.fail(f"no words for the sign '{node.text}'", node.text)


def _root(s: Speaker, node: tree.Root) -> Phrase:
    inside = replace(s, beside=False, noun=False).say(node.inside)
    if not inside.words:
        raise s.fail("the root is empty", "")
    if inside.level == Level.FRACTION and not s.exact:
        inside = s.quantity(inside)
    index = tree.bare(node.index)
    name = "square root" if index is None else _degree(s, index)
    return s.ended(f"the {name} of", inside, "root")


def _degree(s: Speaker, index: tree.Node) -> str:
    if isinstance(index, tree.Number) and index.text.isdecimal():
        named = {"2": "square", "3": "cube"}
        return f"{named.get(index.text) or numbers.ordinal(index.text)} root"
    return "nth root" if index == tree.Name("n") else f"order {s.say(index).words} root"


def _mark(s: Speaker, node: tree.Mark) -> Phrase:
    inside = s.say(node.base)
    if node.word == "vector" and not s.exact:
        return Phrase(f"vector {inside.words}")
    is_short = isinstance(node.base, tree.Name | tree.Number | tree.Mark)
    if inside.level > Level.TERM or (s.exact and not is_short):
        inside = s.quantity(inside)
    return Phrase(inside.then(node.word))


def _integral(s: Speaker, node: tree.Integral) -> Phrase:
    head = factors.headed(s, node.sign)
    body = replace(s, noun=False, beside=False).say(node.body).words
    of = f"of {body}," if body else "of"
    if not node.differentials.items:
        return Phrase(f"{head} of {body}", Level.PRODUCT, open=True)
    differentials = " ".join(s.say(d).words for d in node.differentials.items)
    return Phrase(f"{head} {of} {differentials}", Level.PRODUCT, open=True)


def _stacked(s: Speaker, node: tree.Stacked) -> Phrase:
    if isinstance(node.base, tree.Symbol) and node.base.text in RELATIONS:
        return Phrase(rows.relation(s, node.base) if not _notes(node) else rows.relation(s, node))
    notes = " and ".join(s.say(note).words for note in _notes(node))
    inside = s.say(node.base)
    return Phrase(joined(inside.words, f"labelled {notes}", pause=True), Level.SUM, open=True)


def _notes(node: tree.Stacked) -> list[tree.Node]:
    return [note for note in (node.above, node.below) if note is not None]
