"""A text, cut into pieces that are short enough for a model to say at once.

Where it is cut is decided on what is written, and how long a piece is on what is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from narrate.base import limits
from narrate.reading import cuts
from narrate.reading.words import Reading, moved, spoken


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a written text, and the readings in it; their places are in `shown`."""

    shown: str
    readings: tuple[Reading, ...] = ()

    @property
    def spoken(self) -> str:
        """What is said."""
        return spoken(self.shown, self.readings) if self.readings else self.shown


def split(
    text: str, readings: Sequence[Reading] = (), limit: int = limits.UTTERANCE_CHARS
) -> list[Piece]:
    """Cut a text of one line into pieces that say at most `limit` characters, at the best places.

    No piece ends inside a reading. A reading that is longer than the limit is said in several
    pieces, of which the first one shows all that is written.
    """
    cutter = _Cutter(text, readings, limit)
    spans: list[tuple[int, int]] = []
    for start, end in cutter.atoms(0, len(text), cuts.SENTENCE):
        if spans and cutter.length(spans[-1][0], end) <= limit:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return [piece for start, end in spans for piece in cutter.pieces(start, end)]


class _Cutter:
    """Cuts one text, and knows how long each part of it is when it is said."""

    def __init__(self, text: str, readings: Sequence[Reading], limit: int) -> None:
        self.text, self.readings, self.limit = text, readings, limit
        self.ends = [reading.end for reading in readings]
        # A reading may get a space on both sides.
        growth = (len(each.spoken) + 2 - (each.end - each.start) for each in readings)
        self.growth = [*accumulate(growth, initial=0)]

    def length(self, start: int, end: int) -> int:
        """How many characters a part says at most, without the white space at its end."""
        end = start + len(self.text[start:end].rstrip())
        return end - start + self.grown(end) - self.grown(start)

    def grown(self, place: int) -> int:
        """How much longer the text before a place is when it is said."""
        return self.growth[bisect_right(self.ends, place)]

    def within(self, start: int, end: int) -> Sequence[Reading]:
        """The readings in a part."""
        return self.readings[bisect_right(self.ends, start) : bisect_right(self.ends, end)]

    def is_inside(self, place: int) -> bool:
        """Whether a place is inside a reading."""
        number = bisect_right(self.ends, place)
        return number < len(self.readings) and self.readings[number].start < place

    def atoms(self, start: int, end: int, rank: int) -> Iterator[tuple[int, int]]:
        """Parts that add up to this one, each within the limit and cut at the best places."""
        if self.length(start, end) <= self.limit:
            yield start, end
        elif rank > cuts.ABBREVIATION:
            yield from self.chunks(start, end)
        else:
            places = (start + place for place in cuts.places(self.text[start:end], rank))
            free = [place for place in places if not self.is_inside(place)]
            for part in pairwise([start, *free, end]):
                yield from self.atoms(*part, rank + 1)

    def chunks(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Parts of one long word; each reading in it is a part."""
        for reading in self.within(start, end):
            yield from self.letters(start, reading.start)
            yield reading.start, reading.end
            start = reading.end
        yield from self.letters(start, end)

    def letters(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Parts of a word without readings."""
        for chunk in cuts.chunks(self.text[start:end], self.limit):
            yield start, start + len(chunk)
            start += len(chunk)

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """What is said of a part: one piece, none of white space, several of a long reading."""
        shown = self.text[start:end].strip()
        start = self.text.find(shown, start)
        piece = Piece(shown, tuple(moved(self.within(start, start + len(shown)), -start)))
        if not piece.readings or len(piece.spoken) <= self.limit:
            yield from (piece,) if shown else ()
            return
        for each in split(piece.spoken, limit=self.limit):
            reading = Reading(0, len(shown), each.shown, piece.readings[0].rule)
            yield Piece(shown, (reading,))
            shown = ""
