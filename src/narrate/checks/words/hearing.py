"""What a recognizer heard beside what is expected, by their phonemes.

A recognizer writes `926` for "nine twenty-six" and `numpy.argmax` for "numpy dot argmax". So a
token that is not a plain word is read in several ways, and the way that is nearest to the expected
words counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from narrate.checks.recognizer import Heard
from narrate.checks.words import sounds
from narrate.checks.words.pronouncer import Pronouncer, Word
from narrate.engines.hibari.spelling import SPELLING
from narrate.reading.reader import Reader
from narrate.reading.words import spelled

MOST_READINGS = 10
"""So many ways of one token are tried."""

MOST_TOKENS = 12
"""So many tokens of a line are tried in more than one way."""

GOOD = 1.0
"""No other way is tried where what was heard differs by no more than accents do."""

_PLAIN = re.compile(r"(?:[a-z'’]+|[A-Z][a-z'’]{4,})[.,;:!?]*")
_READER = Reader()


@dataclass(frozen=True, slots=True)
class Otherwise:
    """The place that was heard most otherwise: by how much, the spoken words `first` to before
    `end`, and what was heard there.
    """

    burst: float
    first: int
    end: int
    heard: str


def compare(pronouncer: Pronouncer, words: Sequence[Word], heard: Heard) -> Otherwise:
    """Where what was heard differs most from the expected words."""
    expected = "".join(word.phonemes for word in words)
    tokens = heard.text.split()
    said = _nearest(pronouncer, expected, tokens)
    found = sounds.burst(expected, "".join(said))
    first, end = _covering([len(word.phonemes) for word in words], *found.expected)
    since, until = _covering([len(part) for part in said], *found.heard)
    return Otherwise(found.cost, first, end, " ".join(tokens[since:until]))


def _nearest(pronouncer: Pronouncer, expected: str, tokens: Sequence[str]) -> list[str]:
    """The phonemes of each token, in the way that is nearest to what is expected."""
    said = [pronouncer.phonemes(_spelled(token)) for token in tokens]
    best = sounds.burst(expected, "".join(said))
    odd = (at for at in range(len(tokens)) if _is_odd(tokens, at))
    for at in islice(odd, MOST_TOKENS):
        for reading in islice(_readings(tokens[at]), MOST_READINGS):
            if best.cost < GOOD:
                return said
            other = [*said[:at], pronouncer.phonemes(reading), *said[at + 1 :]]
            found = sounds.burst(expected, "".join(other))
            # By all that differs: where two tokens are read otherwise, one alone changes no worst
            # place.
            if found.total < best.total:
                said, best = other, found
    return said


def _is_odd(tokens: Sequence[str], at: int) -> bool:
    """Whether a token may be read in several ways; after a number, a word may be a unit."""
    return not _PLAIN.fullmatch(tokens[at]) or (at > 0 and tokens[at - 1][-1].isdigit())


def _spelled(token: str) -> str:
    """A token as it is read by the rules for scripts, for hibari."""
    try:
        return spelled(token, _READER(token), SPELLING)
    except ValueError:
        return token


def _readings(token: str) -> Iterator[str]:
    """Other ways of reading a token."""
    bare = token.strip(".,;:!?")
    if not bare[:1].isdigit():
        # A unit, as it is read after a number, and a sign between two.
        yield from (_after_two(f"2 {unit}") for unit in (bare, f"{bare}²"))
        yield _after_two(f"2 {bare} 2").removesuffix(" two")
    digits = re.sub(r"\D", "", token)
    if len(digits) > 2:
        yield _spelled(f"{digits[:-2]} {digits[-2:]}")
        yield _spelled(f"{digits[:-2]} oh {digits[-1]}")
        yield _spelled(f"{digits[0]} hundred {digits[1:]}")
        yield _spelled(f"{digits[0]} thousand {digits[1:]}")
    if digits:
        yield _spelled(" ".join(digits))
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", token)
    for between in (" ", " dot ", " point "):
        yield _spelled(between.join(parts))
    letters = [char for char in token if char.isalnum()]
    if len(letters) < 8:
        yield _spelled(" ".join(char.upper() for char in letters))


def _after_two(text: str) -> str:
    """What is read after a 2."""
    return _spelled(text).removeprefix("two ")


def _covering(lengths: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Which of the parts in a row, of these lengths, lie in part between two places."""
    at, inside = 0, list[int]()
    for number, length in enumerate(lengths):
        if at < end and at + length > start:
            inside.append(number)
        at += length
    return (inside[0], inside[-1] + 1) if inside else (0, 0)
