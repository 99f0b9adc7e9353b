"""A clip of real speech with its text and the times of its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.checks.expected import Expected
from narrate.engines.hibari import CAPABILITIES
from narrate.reading import utterances
from narrate.reading.reader import Reader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HERE = Path(__file__).parent
RATE = 16_000
"""Hz, at which pocketsphinx and Whisper hear."""


Token = tuple[str, str]

_TOKEN = re.compile(r"(?:\[[^]]*\]\(/[^/]*/\)|\S)+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a script, and what is said of it: as words, and in the notation of hibari."""

    written: str
    text: str
    spelled: str
    technical: bool

    @property
    def expected(self) -> Expected:
        """What a clip of it should say."""
        return Expected(self.text, self.spelled, "en")

    @property
    def words(self) -> list[str]:
        """The words that are said, with the punctuation on them."""
        return [word for word in self.text.split() if any(map(str.isalnum, word))]

    @property
    def tokens(self) -> list[Token]:
        """Each word that is said, and the same in the notation of hibari."""
        spelled = [part for part in _TOKEN.findall(self.spelled) if any(map(str.isalnum, part))]
        return list(zip(self.words, spelled, strict=True))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a clip, from sample `start` up to `end`; a pause may follow."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Clip:
    """A line, spoken: mono float32 at `rate` Hz."""

    voice: str
    number: int
    line: Line
    samples: NDArray[np.float32]
    rate: int
    words: tuple[Word, ...]

    def bounds(self, first: int, last: int) -> tuple[int, int]:
        """Where to cut the words from `first` to `last`: in the middle between two words."""
        start = 0 if first == 0 else (self.words[first - 1].end + self.words[first].start) // 2
        if last == len(self.words) - 1:
            return start, len(self.samples)
        return start, (self.words[last].end + self.words[last + 1].start) // 2


def line(written: str, technical: bool) -> Line:
    """A line of a script, which is said at once, as the reader reads it."""
    said = utterances.read(written, reader=Reader()).utterances
    text = " ".join(each.text for each in said)
    spelled = " ".join(each.spelled(CAPABILITIES.spelling) for each in said)
    return Line(written, text, spelled, technical)


@cache
def lines() -> tuple[Line, ...]:
    """The lines of the bench, one of everyday narration and a technical one by turns."""
    plain, technical = _written("plain.txt"), _written("technical.txt")
    pairs = zip(plain, technical, strict=True)
    return tuple(line(each, n % 2 == 1) for pair in pairs for n, each in enumerate(pair))


def _written(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()
