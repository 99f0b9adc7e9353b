"""What is written and what is said: the changes between a text and its spoken form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

TAKEN = "\ufffc"
"""Stands for each character that an earlier rule has read, so that places stay the same."""

_UNSPACED = "\u2e80"
"""Scripts from here on, such as Chinese, write no spaces between words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One change from written to spoken: `text[start:end]` is said as `spoken`.

    In `spoken`, a capital letter that stands alone is said by its name: `A inverse`, `G P U`.
    """

    start: int
    end: int
    spoken: str
    rule: str


class Unreadable(ValueError):
    """Text that cannot be read aloud: `text[start:end]` is `what`, and `hint` says what to do."""

    def __init__(self, what: str, start: int, end: int, hint: str) -> None:
        super().__init__(f"{what} cannot be read aloud; {hint}")
        self.what, self.start, self.end, self.hint = what, start, end, hint


def is_english(language: str) -> bool:
    """Whether a language code, such as `en-us`, is English."""
    return language.lower().replace("_", "-").partition("-")[0] == "en"


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
    return (replace(each, start=each.start + by, end=each.end + by) for each in readings)


def spelled(readings: Iterable[Reading], letters: Mapping[str, str]) -> Iterator[Reading]:
    """The readings as an engine is asked for them, with its own spelling of some single letters."""
    if not letters:
        return iter(readings)
    alone = re.compile(rf"(?<![\w'’])[{''.join(letters)}](?![\w'’])")
    return (
        replace(each, spoken=alone.sub(lambda found: letters[found[0]], each.spoken))
        for each in readings
    )


def spoken(text: str, readings: Iterable[Reading]) -> str:
    """The text with each reading in place; a space separates it from a word beside it."""
    parts: list[str] = []
    end = 0
    for reading in readings:
        parts += [text[end : reading.start], reading.spoken]
        end = reading.end
    return _join([*parts, text[end:]])


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
