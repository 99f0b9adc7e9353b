"""How an engine is given what it would say wrongly otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Spelling:
    """The way in which an engine takes letters, words and phonemes; by default, as they are."""

    letters: Mapping[str, str] = field(default_factory=dict)
    """Letters whose names it would say wrongly, and what it is given in their place: `A`, which is
    an article as well.
    """

    phonemes: str = ""
    """How phonemes stand in a text: a template with `{spoken}` and `{phonemes}`; empty if it would
    read them aloud.
    """

    ipa: Mapping[str, str] = field(default_factory=dict)
    """Its own signs for those of IPA, where they differ."""

    sounds: str = ""
    """The signs of phonemes that it says, in its own alphabet; others are refused, as it would
    leave them out. Empty if it says any.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    """Words in lower case that it would say wrongly, and their phonemes in its own signs."""

    def text(self, text: str) -> str:
        """What it gets for words."""
        if not self.words:
            return text
        return _any_of(tuple(self.words)).sub(self._word, text)

    def _word(self, word: re.Match[str]) -> str:
        phonemes = self.words[word[0].lower().replace("’", "'")]
        return self.phonemes.format(spoken=word[0], phonemes=phonemes)

    def reading(self, spoken: str, phonemes: str = "") -> str:
        """What it gets for notation that is said so, or as these phonemes in IPA."""
        if phonemes and self.phonemes:
            return self.phonemes.format(spoken=spoken, phonemes=self.own(phonemes))
        if not self.letters:
            return self.text(spoken)
        alone = rf"(?<![\w'’])[{''.join(self.letters)}](?![\w'’])"
        return re.sub(alone, lambda letter: self.letters[letter[0]], self.text(spoken))

    def own(self, phonemes: str) -> str:
        """Phonemes in its own signs."""
        for sign, own in self.ipa.items():
            phonemes = phonemes.replace(sign, own)
        return phonemes

    def unknown(self, phonemes: str) -> set[str]:
        """The signs among phonemes that it would leave out."""
        if not (self.phonemes and self.sounds):
            return set()
        return {*self.own(phonemes)} - {*self.sounds, " "}


@lru_cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first)).replace("'", "['’]")
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
