"""Written text -> pauses and utterances, which are short enough for a model to say at once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from narrate.reading import durations, markup
from narrate.reading.characters import collapse, has_word, visible
from narrate.reading.markup import Marked
from narrate.reading.maths import Span
from narrate.reading.pieces import Piece, split
from narrate.reading.problems import Problem, Unreadable
from narrate.reading.words import Reading, Spelling, moved, spelled, spoken
from narrate.sound.pace import weight

Read: TypeAlias = Callable[[str, Sequence[Span]], Sequence[Reading]]
"""What reads a text of one line, in which formulas stand at these places. Raises Unreadable."""

SCENE_BREAK_SECONDS = 1.0
"""The silence of a scene break: longer than between two paragraphs."""

_SCENE_BREAK = re.compile(r"(\*|•|·|~|_|=|\+|#|-|—|–|◆|◇|●|○|★|✦|❖)(?:\s*\1){2,}|[⁂❦❧☙§*#◆❖✦]")
_LONGEST_BREAK = 200


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a model says at once: the written text with its readings, and the silence before it in
    seconds.
    """

    shown: str
    pause_before: float
    readings: tuple[Reading, ...] = ()

    @property
    def text(self) -> str:
        """What is said."""
        return spoken(self.shown, self.readings)

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


def read(
    text: str,
    say: str | None = None,
    *,
    lenient: bool = False,
    reader: Read = lambda line, formulas: (),
) -> Spoken:
    """Separate a text from its markup. Raises Unreadable, a ValueError with all its problems.

    `say` is said instead of the text, as it is; `reader` reads the text. If `lenient`, unknown
    markup is said, with a warning.
    """
    if say is None and (silence := _scene_break(text)):
        return silence
    said = markup.parse(visible(text if say is None else say), lenient=lenient)
    shown = said
    if say is not None and text.strip():
        shown = markup.parse(visible(text), lenient=lenient)
    lines = [collapse(run) for run in said.runs]
    readings = _readings(said, lines, reader) if say is None else [() for _ in lines]
    pieces = [
        [piece for piece in split(*line) if has_word(piece.spoken)]
        for line in zip(lines, readings, strict=True)
    ]
    utterances, pause_after = _utterances(pieces, said.pauses)
    return Spoken(
        collapse(" ".join(shown.runs)),
        utterances,
        pause_after,
        tuple(_marks(said, pieces)),
        tuple(said.warnings if shown is said else [*said.warnings, *shown.warnings]),
        tuple(_displayed(lines, readings)),
    )


def _readings(said: Marked, lines: Sequence[str], reader: Read) -> list[Sequence[Reading]]:
    """The readings of each line. Raises Unreadable with the problems of all of them."""
    found: list[Sequence[Reading]] = []
    problems: list[Problem] = []
    formulas: dict[int, list[Span]] = {}
    for number, start, end in said.formulas:
        formulas.setdefault(number, []).append((start, end))
    for number, (run, line) in enumerate(zip(said.runs, lines, strict=True)):
        try:
            found.append(reader(line, _placed(run, formulas.get(number, ()))))
        except Unreadable as error:
            problems += error.problems
    if problems:
        raise Unreadable(*problems)
    return found


def _placed(run: str, spans: Sequence[Span]) -> list[Span]:
    """Where parts of a run stand once it is on one line; they begin and end with a sign."""
    placed: list[Span] = []
    done = at = 0
    for start, end in spans:
        between = collapse(f"{'|' if done else ''}{run[done:start]}|")
        at += len(between) - (2 if done else 1)
        length = len(collapse(run[start:end]))
        placed.append((at, at + length))
        done, at = end, at + length
    return placed


def _displayed(lines: Sequence[str], readings: Sequence[Sequence[Reading]]) -> Iterator[Reading]:
    """What is said otherwise than it is written, with its places in the text that is displayed."""
    at = 0
    for line, found in zip(lines, readings, strict=True):
        yield from moved((each for each in found if line[each.start : each.end] != each.spoken), at)
        at += len(line) + 1 if line else 0


def plain(text: str) -> str:
    """A written text without its markup, on one line."""
    return collapse(" ".join(markup.parse(visible(text), lenient=True).runs))


def _scene_break(text: str) -> Spoken | None:
    signs = visible(text[:_LONGEST_BREAK]).strip()
    if len(text) > _LONGEST_BREAK or not _SCENE_BREAK.fullmatch(signs):
        return None
    warning = f"the scene break {signs!r} is {SCENE_BREAK_SECONDS:g} s of silence"
    return Spoken("", (), SCENE_BREAK_SECONDS, (), (warning,))


def _utterances(
    pieces: list[list[Piece]], pauses: list[float]
) -> tuple[tuple[Utterance, ...], float | None]:
    """The utterances of all runs, each with the pause before it, and the pause after the last."""
    utterances: list[Utterance] = []
    pending: float | None = None
    for run, pause in zip(pieces, [*pauses, None], strict=True):
        for piece in run:
            utterances.append(Utterance(piece.shown, pending or 0.0, piece.readings))
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
            known[run] = _heard(runs[run]), _heard_pieces(pieces[run])
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
