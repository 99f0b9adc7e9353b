"""A clip, its expected words and what a recognizer heard -> measurements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import structs

from narrate.base import languages
from narrate.checks.expected import Expected
from narrate.checks.recognizer import Heard
from narrate.checks.words import characters, hearing
from narrate.checks.words.differences import differences, times
from narrate.checks.words.hearing import Otherwise
from narrate.checks.words.listener import Listener
from narrate.checks.words.measures import (
    CHARACTERS,
    GRAPH,
    HEARING,
    INSTEAD,
    LEFT_OUT,
    Difference,
    Words,
)
from narrate.checks.words.pronouncer import Pronouncer, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 3
"""Of fewer words, a recognizer is not asked: it makes one up for a short sound."""

LEAST_BURST = 1.0
"""What is heard otherwise by less is a matter of accent, and is not kept."""


@dataclass(frozen=True)
class Tools:
    """What the check works with; each is loaded when it is first needed."""

    @cached_property
    def pronouncer(self) -> Pronouncer:
        return Pronouncer()

    @cached_property
    def listener(self) -> Listener:
        """Raises EnvironmentProblem without its acoustic model."""
        return Listener()


def measure(
    samples: NDArray[np.float32], expected: Expected, heard: Heard | None, tools: Tools
) -> Words:
    """Measure mono samples at 16 kHz. `heard` is what a recognizer heard in them, if one listened.

    Raises EnvironmentProblem without an acoustic model.
    """
    if languages.base(expected.language) != "en":
        return _by_characters(expected, heard)
    words = tools.pronouncer.words(expected)
    if not words:
        return Words(unchecked="it has no words that English can say")
    followed = tools.listener.follow(samples, words)
    found = Words(
        checked=GRAPH,
        ratio=round(followed.ratio, 1),
        differences=tuple(differences(words, followed.steps)),
        times=tuple(times(words, followed.steps)),
    )
    if heard is not None and len(words) >= FEWEST:
        found = _with_heard(found, words, heard, tools)
    written = expected.text.split()
    return structs.replace(
        found, differences=tuple(_written(each, written) for each in found.differences)
    )


def _by_characters(expected: Expected, heard: Heard | None) -> Words:
    if heard is None:
        return Words(unchecked=f"there is no recogniser, and {expected.language} needs one")
    return Words(checked=CHARACTERS, errors=round(characters.errors(expected.text, heard.text), 3))


def _with_heard(found: Words, words: Sequence[Word], heard: Heard, tools: Tools) -> Words:
    other = hearing.compare(tools.pronouncer, words, heard)
    known = tuple(_named(each, heard) for each in found.differences)
    return structs.replace(
        found,
        checked=HEARING,
        burst=round(other.burst, 1),
        differences=known or tuple(_difference(other, words, found.times)),
    )


def _named(found: Difference, heard: Heard) -> Difference:
    """A difference with the words that were heard at its time, if they have times."""
    if not heard.timed:
        return found
    middles = [(word.text, 50 * (word.start + word.end)) for word in heard.words]
    inside = [text for text, middle in middles if found.since <= middle < found.until]
    return structs.replace(found, heard=" ".join(inside).strip())


def _difference(
    other: Otherwise, words: Sequence[Word], times: Sequence[int]
) -> Iterator[Difference]:
    """The place that was heard otherwise, where the sound itself shows no difference."""
    if other.burst < LEAST_BURST or other.first == other.end:
        return
    first, end = words[other.first].place, words[other.end - 1].place + 1
    kind = INSTEAD if other.heard else LEFT_OUT
    since, until = times[2 * first], times[2 * end - 1]
    yield Difference(kind, first, end, since, until, heard=other.heard)


def _written(found: Difference, words: Sequence[str]) -> Difference:
    return structs.replace(found, written=" ".join(words[found.first : found.end]))
