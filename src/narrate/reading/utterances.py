"""Written text -> pauses and utterances, which are short enough for a model to say at once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol

from narrate.base.spelling import Spelling
from narrate.base.text import quoted
from narrate.reading import durations, markup
from narrate.reading.characters import collapse, has_word, visible
from narrate.reading.markup import Marked, Run
from narrate.reading.passages import Passage
from narrate.reading.pieces import Piece, split
from narrate.reading.problems import Problem, Unreadable
from narrate.reading.words import Reading, moved, spelled, spoken
from narrate.sound.pace import weight


class Read(Protocol):
    """What reads a text of one line."""

    def __call__(
        self, text: str, passages: Sequence[Passage], language: str, /
    ) -> Sequence[Reading]:
        """What is said otherwise than it is written. `language` is what `speaks` gave for a tag
        around the text, or empty. Raises Unreadable.
        """

    def speaks(self, language: str, /) -> str | None:
        """The code of a language that a text may turn to; empty for its own, None if it may not."""


class _AsWritten:
    """Reads nothing, and stays in one language."""

    def __call__(self, text: str, passages: Sequence[Passage], language: str, /) -> list[Reading]:
        return []

    def speaks(self, language: str, /) -> None:
        return None


_AS_WRITTEN = _AsWritten()


SCENE_BREAK_SECONDS = 1.0
"""The silence of a scene break: longer than between two paragraphs."""

_SCENE_BREAK = re.compile(r"(\*|•|·|~|_|=|\+|#|-|—|–|◆|◇|●|○|★|✦|❖)(?:\s*\1){2,}|[⁂❦❧☙§*#◆❖✦]")
_LONGEST_BREAK = 200
_ACCENT = "write the letter and its accent on the same side of the tag or sign"


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a model says at once: the written text with its readings, and the silence before it in
    seconds. `language` is that of a tag around it; empty outside of one.
    """

    shown: str
    pause_before: float
    readings: tuple[Reading, ...] = ()
    language: str = ""

    @property
    def text(self) -> str:
        """What is said."""
        return spoken(self.shown, self.readings) if self.readings else self.shown

    def spelled(self, spelling: Spelling) -> str:
        """What is said, as an engine gets it."""
        return spelled(self.shown, self.readings, spelling)


@dataclass(frozen=True, slots=True)
class Mark:
    """A named place: the start of an utterance, or its end; `utterance` counts from 0."""

    name: str
    utterance: int
    at_end: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """A segment's text for captions, its utterances and marks, and the pause of a tag at its end.

    A text of nothing but pauses has no utterances, and `pause_after` is their sum. `warnings` say
    what a person may not expect. The places of `readings` are in `display`.
    """

    display: str
    utterances: tuple[Utterance, ...]
    pause_after: float | None
    marks: tuple[Mark, ...] = ()
    warnings: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    unspoken: tuple[str, ...] = ()
    """Languages of tags that the reader does not speak."""


def read(
    text: str,
    say: str | None = None,
    *,
    lenient: bool = False,
    reader: Read = _AS_WRITTEN,
) -> Spoken:
    """Separate a text from its markup. Raises Unreadable, a ValueError with all its problems.

    `say` is said instead of the text. If `lenient`, unknown markup is said, with a warning.
    """
    if say is None and (silence := _scene_break(text)):
        return silence
    said = markup.parse(
        visible(text if say is None else say), lenient=lenient, speaks=reader.speaks
    )
    lines = _Lines(said)
    readings = lines.read(reader)
    pieces = [
        [piece for piece in split(*line) if has_word(piece.spoken)]
        for line in zip(lines.lines, readings, strict=True)
    ]
    utterances, pause_after = _utterances(pieces, said)
    result = Spoken(
        lines.text,
        utterances,
        pause_after,
        tuple(_marks(said, pieces)),
        tuple(said.warnings),
        tuple(lines.displayed(readings)),
        tuple(said.unspoken),
    )
    if say is None or not text.strip():
        return result
    written = markup.parse(visible(text), lenient=lenient)
    warnings = (*said.warnings, *written.warnings, *_without_time(written, said))
    return replace(result, display=_Lines(written).text, readings=(), warnings=warnings)


def _without_time(written: Marked, said: Marked) -> Iterator[str]:
    """Warnings of the marks of a text that are not in what is said instead of it."""
    found = {name for name, _, _ in said.marks}
    for name, _, _ in written.marks:
        if name not in found:
            yield f"the mark {quoted(name)} is not in `say`, so it has no time"


def plain(text: str) -> str:
    """A written text without its markup, on one line."""
    try:
        return _Lines(markup.parse(visible(text), lenient=True)).text
    except Unreadable:
        # What is spoken is refused for it; a title is shown as it is written.
        return collapse(visible(text))


class _Lines:
    """The runs of a text, each on one line, and `text`, which is all of them in a row."""

    def __init__(self, said: Marked) -> None:
        self.runs = said.runs
        self.lines = [collapse(run.text) for run in said.runs]
        self.text = ""
        self.starts: list[int] = []
        glued = False
        for number, line in enumerate(self.lines):
            if self.text and line and not glued:
                self.text += " "
            self.starts.append(len(self.text))
            self.text += line
            glued = _runs_on(said, number) and (glued or bool(line))

    def read(self, reader: Read) -> list[Sequence[Reading]]:
        """The readings of each line. Raises Unreadable with the problems of all of them."""
        found: list[Sequence[Reading]] = []
        problems: list[Problem] = []
        for run, line in zip(self.runs, self.lines, strict=True):
            try:
                found.append(reader(line, _placed(run, line), run.language))
            except Unreadable as error:
                problems += error.problems
        if problems:
            raise Unreadable(*problems)
        return found

    def displayed(self, readings: Sequence[Sequence[Reading]]) -> Iterator[Reading]:
        """What is said otherwise than it is written, or in phonemes; its places are in `text`."""
        for start, found in zip(self.starts, readings, strict=True):
            for each in moved(found, start):
                if each.phonemes or self.text[each.start : each.end] != each.spoken:
                    yield each


def _runs_on(said: Marked, number: int) -> bool:
    """Whether a run goes on in the next one in another language, with no space between them."""
    if number == len(said.pauses) or said.pauses[number] is not None:
        return False
    return not (said.runs[number].text[-1:].isspace() or said.runs[number + 1].text[:1].isspace())


def _placed(run: Run, line: str) -> list[Passage]:
    """Where the passages of a run stand on its line. Raises Unreadable."""
    placed: list[Passage] = []
    text = run.text
    done = at = 0
    for each in run.passages:
        between = collapse(f"{'|' if done else ''}{text[done : each.start]}|")
        at += len(between) - (2 if done else 1)
        written = collapse(text[each.start : each.end])
        if line[at : at + len(written)] != written:
            raise Unreadable(Problem(f"an accent stands alone beside {written!r}", _ACCENT))
        placed.append(replace(each, start=at, end=at + len(written)))
        done, at = each.end, at + len(written)
    return placed


def _scene_break(text: str) -> Spoken | None:
    signs = visible(text[:_LONGEST_BREAK]).strip()
    if len(text) > _LONGEST_BREAK or not _SCENE_BREAK.fullmatch(signs):
        return None
    warning = f"the scene break {signs!r} is {SCENE_BREAK_SECONDS:g} s of silence"
    return Spoken("", (), SCENE_BREAK_SECONDS, (), (warning,))


def _utterances(
    pieces: list[list[Piece]], said: Marked
) -> tuple[tuple[Utterance, ...], float | None]:
    """The utterances of all runs, each with the pause before it, and the pause after the last."""
    utterances: list[Utterance] = []
    pending: float | None = None
    for run, found, pause in zip(said.runs, pieces, [*said.pauses, None], strict=True):
        for piece in found:
            utterances.append(Utterance(piece.shown, pending or 0.0, piece.readings, run.language))
            pending = None
        if pause is not None:
            pending = durations.bounded((pending or 0.0) + pause)
    return tuple(utterances), pending


def _marks(said: Marked, pieces: list[list[Piece]]) -> Iterator[Mark]:
    """Each mark at the nearest edge of an utterance, measured by how long the text sounds."""
    runs = said.runs
    firsts = [*accumulate(map(len, pieces), initial=0)]
    total = firsts[-1]
    known: dict[int, tuple[list[int], list[int]]] = {}
    for name, run, offset in said.marks:
        if run not in known:
            known[run] = _heard(runs[run].text), _heard_pieces(pieces[run])
        before, ends = known[run]
        first = firsts[run]
        place = bisect_left(ends, before[offset])
        if place == len(ends):
            yield Mark(name, min(first + place, total - 1), first + place >= total)
        else:
            start = ends[place - 1] if place else 0
            yield Mark(name, first + place, 2 * before[offset] > start + ends[place])


def _heard(text: str) -> list[int]:
    """How long the beginning of a text sounds, for each length of it."""
    return [*accumulate((0 if char.isspace() else weight(char) for char in text), initial=0)]


def _heard_pieces(pieces: list[Piece]) -> list[int]:
    return [*accumulate(_heard(piece.shown)[-1] for piece in pieces)]
