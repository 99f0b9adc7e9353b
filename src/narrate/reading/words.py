"""What is written and what is said: the changes between a text and its spoken form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from narrate.base import languages

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


@dataclass(frozen=True, slots=True)
class Spelling:
    """How an engine is given what it would say wrongly otherwise.

    `letters` are single letters, and what stands in their place. `inline` is how phonemes stand
    in a text, with `{spoken}` and `{phonemes}`; empty if the engine takes none. `ipa` holds the
    engine's own signs for those of IPA. `words` has the phonemes of words in lower case, in the
    engine's own signs.
    """

    letters: Mapping[str, str] = field(default_factory=dict)
    inline: str = ""
    ipa: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def free(self, text: str) -> str:
        """What the engine gets for words that no reading says otherwise."""
        if not self.words:
            return text
        return _any_of(tuple(self.words)).sub(self._pronounced, text)

    def _pronounced(self, word: re.Match[str]) -> str:
        phonemes = self.words[word[0].lower().replace("’", "'")]
        return self.inline.format(spoken=word[0], phonemes=phonemes)

    def sounds(self, reading: Reading) -> str:
        """The phonemes of a reading in the engine's own signs; empty if it takes none."""
        if not self.inline:
            return ""
        phonemes = reading.phonemes
        for sign, own in self.ipa.items():
            phonemes = phonemes.replace(sign, own)
        return phonemes

    def of(self, reading: Reading) -> str:
        """What the engine gets for a reading."""
        if reading.phonemes and self.inline:
            return self.inline.format(spoken=reading.spoken, phonemes=self.sounds(reading))
        if not self.letters:
            return self.free(reading.spoken)
        alone = rf"(?<![\w'’])[{''.join(self.letters)}](?![\w'’])"
        return re.sub(alone, lambda found: self.letters[found[0]], self.free(reading.spoken))


@lru_cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first)).replace("'", "['’]")
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


def spelled(text: str, readings: Iterable[Reading], spelling: Spelling) -> str:
    """The text with each reading in place, as an engine gets it."""
    return _placed(text, readings, spelling.of, spelling.free)


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


def _ends_word(character: str) -> bool:
    return character.isalnum() or character in (")", "]", "}", "!")


def _join(parts: list[str]) -> str:
    """The parts in a row, with a space wherever a word would run into a word or a bracket."""
    joined: list[str] = []
    last = ""
    for part in filter(None, parts):
        runs_on = last.isalnum() and part[0] in "([{" or _ends_word(last) and part[0].isalnum()
        if runs_on and max(last, part[0]) < _UNSPACED:
            joined.append(" ")
        joined.append(part)
        last = part[-1]
    return "".join(joined)
