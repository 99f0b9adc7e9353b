"""What is written and what is said: the changes between a text and its spoken form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from narrate.base import languages
from narrate.base.spelling import Spelling

TAKEN = "\ufffc"
"""Stands for each character that an earlier rule has read, so that places stay the same."""

_UNSPACED = "\u2e80"
"""Scripts from here on, such as Chinese, write no spaces between words."""

_PHONEMES = re.compile(r"[^\s\[\]()/0-9]+(?: [^\s\[\]()/0-9]+)*")


@dataclass(frozen=True, slots=True)
class Reading:
    """One change from written to spoken: `text[start:end]` is said as `spoken`.

    In `spoken`, a capital letter that stands alone is said by its name: `A inverse`, `G P U`.
    """

    start: int
    end: int
    spoken: str
    rule: str
    phonemes: str = ""
    """The same in IPA, for engines that take phonemes; from a lexicon only."""


class Unreadable(ValueError):
    """Text that cannot be read aloud: `text[start:end]` is `what`, and `hint` says what to do."""

    def __init__(self, what: str, start: int, end: int, hint: str) -> None:
        super().__init__(f"{what} cannot be read aloud; {hint}")
        self.what, self.start, self.end, self.hint = what, start, end, hint


def are_phonemes(text: str) -> bool:
    """Whether a text may be phonemes: it has no brackets, slashes, digits or needless spaces."""
    return _PHONEMES.fullmatch(text) is not None


def is_english(language: str) -> bool:
    """Whether a language code, such as `en-us`, is English."""
    return languages.base(language) == "en"


def without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with each character in the spans, which are in order, marked as taken."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], TAKEN * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


def moved(readings: Iterable[Reading], by: int) -> Iterator[Reading]:
    """The readings of a text that begins `by` characters later."""
    if not by:
        return iter(readings)
    return (
        Reading(each.start + by, each.end + by, each.spoken, each.rule, each.phonemes)
        for each in readings
    )


def spelled(text: str, readings: Iterable[Reading], spelling: Spelling) -> str:
    """The text with each reading in place, as an engine gets it."""
    return _placed(
        text, readings, lambda each: spelling.reading(each.spoken, each.phonemes), spelling.text
    )


def spoken(text: str, readings: Iterable[Reading]) -> str:
    """The text with each reading in place; a space separates it from a word beside it."""
    return _placed(text, readings, lambda reading: reading.spoken, lambda part: part)


def _placed(
    text: str,
    readings: Iterable[Reading],
    said: Callable[[Reading], str],
    free: Callable[[str], str],
) -> str:
    parts: list[str] = []
    end = 0
    for reading in readings:
        parts += [free(text[end : reading.start]), said(reading)]
        end = reading.end
    return _join([*parts, free(text[end:])])


def _join(parts: list[str]) -> str:
    """The parts in a row, with a space wherever a word would run into a word or a bracket."""
    joined: list[str] = []
    last = ""
    for part in filter(None, parts):
        runs_on = last.isalnum() and (part[0].isalnum() or part[0] in "([{")
        if runs_on and max(last, part[0]) < _UNSPACED:
            joined.append(" ")
        joined.append(part)
        last = part[-1]
    return "".join(joined)
