"""The best 3 to 15 s of a long recording, with the part of the transcript that is said there."""

from __future__ import annotations

from dataclasses import dataclass

from narrate.checks.recognizer import Heard, compare, places, split
from narrate.voices.measures import EDGE_SECONDS, Frames
from narrate.voices.verdict import SECONDS

BEST_SECONDS = 10.0
"""What guides agree on: resemble-ai/chatterbox#39 asks for 10 s and more, k2-fsa/OmniVoice#50 for 3
to 10 s.
"""

SENTENCE_ENDS = ".!?…。！？"  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a recording in seconds, and what it says."""

    start: float
    end: float
    transcript: str
    errors: int
    """Words in it on which the transcript and what was heard differ."""

    breaks: int
    """How many of its two ends are in the middle of a sentence."""

    @property
    def rank(self) -> tuple[int, float, float]:
        """The lower the better: whole sentences, then a good length, a doubtful word being as bad
        as a second.
        """
        return (
            self.breaks,
            round(abs(self.end - self.start - BEST_SECONDS) + self.errors, 1),
            self.start,
        )


def best(frames: Frames, heard: Heard, transcript: str) -> Cut | None:
    """The best cut between pauses where transcript and recognizer agree; None without any."""
    bounds = _bounds(frames, heard, transcript)
    pairs = [(first, last) for n, first in enumerate(bounds) for last in bounds[n + 1 :]]
    cuts = [_cut(*pair, heard, transcript) for pair in pairs if _fits(*_edges(*pair))]
    return min(cuts, key=lambda cut: cut.rank, default=None)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A pause, and how many words were heard and are written before it."""

    start: float
    end: float
    heard: int
    written: int


def _bounds(frames: Frames, heard: Heard, transcript: str) -> list[_Bound]:
    """The pauses at which it is certain which word of the transcript comes next."""
    agreed = compare(split(transcript), [word.text for word in heard.words]).boundaries
    bounds = []
    for start, end in frames.pauses():
        # Whisper's times are good to a tenth of a second or two, so words belong to the side that
        # has their middle.
        before = sum((word.start + word.end) / 2 < (start + end) / 2 for word in heard.words)
        if before in agreed:
            bounds.append(_Bound(start, end, before, agreed[before]))
    return bounds


def _edges(first: _Bound, last: _Bound) -> tuple[float, float]:
    """Where a cut begins and ends: with some of the silence of the pauses."""
    return max(first.start, first.end - EDGE_SECONDS), min(last.end, last.start + EDGE_SECONDS)


def _fits(start: float, end: float) -> bool:
    return SECONDS[0] <= end - start <= SECONDS[1]


def _cut(first: _Bound, last: _Bound, heard: Heard, transcript: str) -> Cut:
    begins = [*places(transcript), len(transcript)]
    text = transcript[begins[first.written] : begins[last.written]].strip()
    said = [word.text for word in heard.words[first.heard : last.heard]]
    before = transcript[: begins[first.written]].strip()
    whole = [
        not before or before.endswith(tuple(SENTENCE_ENDS)),
        text.endswith(tuple(SENTENCE_ENDS)),
    ]
    return Cut(*_edges(first, last), text, compare(split(text), said).errors, whole.count(False))
