"""A form of notation: how it is found in a text, and how it is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from narrate.reading.words import Reading

DIGITS = frozenset("0123456789")
CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
LETTERS = CAPITALS | frozenset("abcdefghijklmnopqrstuvwxyz")

DOTTED = frozenset({"a full stop before a letter or digit"})
"""What names of files and the like need; most full stops end a sentence."""

_DOTTED = re.compile(r"\.\w")
_ARTICLE = r"(?i:\b(?:an?|each|every) )$"
_PAUSES = frozenset(" ,.:;!?'’-()")


@dataclass(frozen=True, slots=True)
class Form:
    """A pattern, the characters of which each match has at least one, and what a match says.

    The reading covers the group `it`, or else the whole match. `say` returns None where the text
    only looks like this form. Patterns must not backtrack far: a text may be a megabyte of one
    character.
    """

    needs: frozenset[str]
    pattern: str
    say: Callable[[re.Match[str]], str | None]

    def find(self, text: str, rule: str) -> Iterator[Reading]:
        """The readings of a text, in order."""
        finditer, group = _finder(self.pattern)
        for match in finditer(text):
            said = self.say(match)
            if said and is_sayable(said):
                yield Reading(*match.span(group), said, rule)


def whole(forms: Iterable[Form], text: str) -> str | None:
    """How the first form says a text that is all of one thing; None if it is not."""
    for form in forms:
        for reading in form.find(text, ""):
            if reading.end - reading.start == len(text):
                return reading.spoken
    return None


def signs(text: str) -> set[str]:
    """The characters of a text, with `DOTTED` if that is there."""
    found = set(text)
    return found | DOTTED if "." in found and _DOTTED.search(text) else found


def is_sayable(said: str) -> bool:
    """Whether a spoken form has only letters and the punctuation that makes a voice pause."""
    return all(character.isalpha() or character in _PAUSES for character in set(said))


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when it is first needed, as compiling all of them takes a while."""
    return re.compile(pattern)


@cache
def _finder(pattern: str) -> tuple[Callable[[str], Iterator[re.Match[str]]], str | int]:
    """What finds a pattern in a text, and the group that is read."""
    made = compiled(pattern)
    return made.finditer, "it" if "it" in made.groupindex else 0


def has_article(match: re.Match[str]) -> bool:
    """Whether `a`, `an`, `each` or `every` stands before a match: `a 5 kg weight`."""
    return bool(compiled(_ARTICLE).search(match.string, max(0, match.start() - 6), match.start()))


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def table(words: dict[str, str]) -> Callable[[re.Match[str]], str | None]:
    """What says the group `it`, or else the match, as a table has it."""

    def say(match: re.Match[str]) -> str | None:
        return words.get(match["it"] if "it" in match.re.groupindex else match[0])

    return say


def one_of(words: dict[str, str]) -> str:
    """A pattern for any key of a table, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
