"""The rules that turn written notation into what a teacher says, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from narrate.reading.rules import (
    abbreviations,
    accents,
    acronyms,
    camel,
    chemistry,
    code,
    currency,
    dates,
    files,
    fractions,
    keys,
    letters,
    minus,
    names,
    numbers,
    numerals,
    operators,
    ordinals,
    phones,
    powers,
    quoted,
    ranges,
    roman,
    sizes,
    symbols,
    times,
    units,
    variants,
    versions,
    web,
)
from narrate.reading.rules.form import Form, signs
from narrate.reading.words import TAKEN, Reading, Unreadable, is_english, without

_ORDER = (
    quoted,
    names,
    keys,
    roman,
    abbreviations,
    web,
    currency,
    files,
    code,
    minus,
    accents,
    letters,
    dates,
    versions,
    chemistry,
    operators,
    times,
    phones,
    sizes,
    units,
    camel,
    powers,
    fractions,
    ordinals,
    ranges,
    acronyms,
    numbers,
)
"""A rule reads only what no rule before it has read; `symbols` reads the rest."""

NAMES = (*(rule.NAME for rule in _ORDER), symbols.NAME)
"""The names of all rules, in their order."""

_FORMS: tuple[tuple[str, Form], ...] = tuple(
    (rule.NAME, form) for rule in _ORDER for form in rule.FORMS
)


def readings(
    text: str,
    language: str = "en",
    taken: Sequence[tuple[int, int]] = (),
    code: Sequence[tuple[int, int]] = (),
) -> list[Reading]:
    """What is said otherwise than it is written, in order and without overlaps.

    The spans in `taken` are left as they are; those in `code` are program text. English notation is
    complete: whatever has no words raises `Unreadable`. In other languages, only numbers,
    percentages and currencies are read; see `covers`.
    """
    if TAKEN in text:
        at = text.index(TAKEN)
        raise Unreadable("the object replacement character", at, at + 1, "remove it")
    if not is_english(language):
        from narrate.reading.rules import languages

        return languages.readings(without(text, taken), language)
    found = quoted.readings(text, code)
    free = without(variants.plain(text), taken)
    free = without(free, [(reading.start, reading.end) for reading in found])
    characters = signs(free)
    for name, form in _FORMS:
        if form.needs.isdisjoint(characters):
            continue
        if new := list(form.find(free, name)):
            found += new
            free = without(free, [(reading.start, reading.end) for reading in new])
            characters = signs(free)
    left = list(symbols.find(free))
    found += left
    found += variants.find(text, without(free, [(each.start, each.end) for each in left]))
    return _apart(sorted(found, key=lambda reading: reading.start), text)


def _apart(found: list[Reading], text: str) -> list[Reading]:
    """The readings, with a pause between two numbers that would be heard as one: `A100 80GB`."""
    for at, (one, other) in enumerate(pairwise(found)):
        last, first = one.spoken.rpartition(" ")[2], other.spoken.partition(" ")[0]
        beside = text[one.end : other.start] == " "
        if beside and numerals.is_number(last) and numerals.is_number(first):
            found[at] = replace(one, spoken=f"{one.spoken},")
    return found


_ANGLES = ("sin(", "cos(", "tan(", "sin ", "cos ", "tan ")


def quantities(text: str) -> list[tuple[int, int]]:
    """Where numbers with units, powers of ten, sizes and calls stand, which are not mathematics."""
    found: list[tuple[int, int]] = []
    for form in (units.AMOUNTS, powers.SCALES, sizes.GRIDS, code.CALLS):
        free = without(text, sorted(found))
        spans = [(each.start, each.end) for each in form.find(free, units.NAME)]
        found += [span for span in spans if not _in_formula(free, span[0])]
    return sorted(found)


def _in_formula(text: str, start: int) -> bool:
    """Whether a quantity is a power, an index or an angle: `cos(60°)`."""
    before = text[max(0, start - 4) : start]
    return before.endswith(("^", "_")) or before in _ANGLES


def covers(language: str) -> bool:
    """Whether numbers are read in a language; otherwise an engine gets the digits themselves."""
    from narrate.reading.rules import languages

    return is_english(language) or languages.covers(language)
