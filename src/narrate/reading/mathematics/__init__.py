"""Mathematics in a text, said as a teacher says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from narrate.reading import literals
from narrate.reading.literals import Span
from narrate.reading.mathematics.context import Place
from narrate.reading.words import Reading, Unreadable

NAME = "mathematics"

Style: TypeAlias = Literal["teacher", "exact"]

_HINT = "write it in another way or in words"


def speak(tex: str, style: Style = "teacher", where: Place = Place()) -> str:  # noqa: B008
    """The spoken form of a formula, the inside of `$…$`, where it stands in a text.

    The exact style says brackets and the ends of fractions. Raises Unreadable with the place, in
    characters of `tex`, of a character or command that has no words.
    """
    from narrate.reading.mathematics import ordinals, unicode

    if raised := ordinals.RAISED.search(tex):
        return ordinals.of(speak(tex[: raised.start()], style, where))
    made, pieces = unicode.to_tex(tex)
    try:
        said = _spoken(made, style, where)
    except Unreadable as error:
        start, end = unicode.origin(pieces, error.start, error.end)
        raise Unreadable(error.what, start, end, error.hint) from None
    if not said:
        raise Unreadable("the formula is empty", 0, len(tex), "remove it")
    return where.fitted(said)


def _spoken(tex: str, style: Style, where: Place) -> str:
    from narrate.reading.mathematics import spaces
    from narrate.reading.mathematics.parse import parse, place
    from narrate.reading.mathematics.verbalise import verbalise

    def fail(what: str, symbol: str) -> Unreadable:
        start, end = place(tex, symbol) if symbol else (0, len(tex))
        return Unreadable(what, start, end, _HINT)

    try:
        noun, size = where.is_noun, where.is_size(tex)
        formula = spaces.named(parse(tex), first=where.is_space)
        return verbalise(formula, style == "exact", fail, noun=noun, size=size)
    except RecursionError:
        raise Unreadable("the formula is nested too deeply", 0, len(tex), "split it") from None


def may_be_plain(text: str) -> bool:
    """Whether a text may have a formula without signs around it."""
    from narrate.reading.mathematics import plain

    return plain.SIGN.search(text) is not None


def find(
    text: str, style: Style = "teacher", formulas: Sequence[Span] | None = None
) -> Iterator[Reading]:
    """Each formula of a text with its spoken form, in order; `formulas` says where TeX stands.

    TeX between its signs, `$…$`, `$$…$$` and `\\(…\\)`, must be readable: else Unreadable names
    the place in the text. Plain forms are taken only where they are certainly mathematics.
    """
    from narrate.reading.mathematics import ordinals

    done = 0
    for start, end in literals.formulas(text) if formulas is None else formulas:
        yield from _plain(text, done, start, style)
        said = _tex(text, start, end, style)
        if ending := ordinals.ENDING.match(text, end):
            said = ordinals.of(_tex(text, start, end, style, ordinal=True))
            end = ending.end()
        yield Reading(start, end, said, NAME)
        done = end
    yield from _plain(text, done, len(text), style)


def _tex(text: str, start: int, end: int, style: Style, *, ordinal: bool = False) -> str:
    from narrate.reading.mathematics import ordinals

    width = 2 if text.startswith(("$$", "\\("), start) else 1
    tex = text[start + width : end - width]
    try:
        return speak(ordinals.bare(tex) if ordinal else tex, style, Place.of(text, start, end))
    except Unreadable as error:
        inside = start + width
        raise Unreadable(error.what, inside + error.start, inside + error.end, error.hint) from None


def _plain(text: str, first: int, last: int, style: Style) -> Iterator[Reading]:
    from narrate.reading.mathematics import ordinals

    for match in ordinals.PLAIN.finditer(text, first, last):
        yield from _formulas(text, first, match.start(), style)
        said = ordinals.of(speak(match["inside"] or match["base"], style))
        yield Reading(*match.span(), said, NAME)
        first = match.end()
    yield from _formulas(text, first, last, style)


def _formulas(text: str, first: int, last: int, style: Style) -> Iterator[Reading]:
    from narrate.reading.mathematics import plain

    for start, end, tex in plain.find(text[first:last]):
        start, end = first + start, first + end
        try:
            said = speak(tex, style, Place.of(text, start, end))
        except Unreadable:
            continue  # What looked like a formula is not one that can be read: other rules see it.
        yield Reading(start, end, said, NAME)
