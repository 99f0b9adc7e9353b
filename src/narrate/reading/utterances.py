"""Written text -> pauses and utterances, which are short enough for a model to say at once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from narrate.base import limits
from narrate.reading import cuts, durations, markup
from narrate.reading.characters import collapse, has_word, visible
from narrate.reading.markup import Marked
from narrate.sound.pace import weight

SCENE_BREAK_SECONDS = 1.0
"""The silence of a scene break: longer than between two paragraphs."""

_SCENE_BREAK = re.compile(r"(\*|•|·|~|_|=|\+|#|-|—|–|◆|◇|●|○|★|✦|❖)(?:\s*\1){2,}|[⁂❦❧☙§*#◆❖✦]")
_LONGEST_BREAK = 200


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a model says at once, and the silence before it in seconds."""

    text: str
    pause_before: float


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
    what a person may not expect.
    """

    display: str
    utterances: tuple[Utterance, ...]
    pause_after: float | None
    marks: tuple[Mark, ...] = ()
    warnings: tuple[str, ...] = ()


def read(text: str, say: str | None = None, *, lenient: bool = False) -> Spoken:
    """Separate a text from its markup. Raises Unreadable, a ValueError with all its problems.

    `say` is said instead of the text. If `lenient`, unknown markup is said, with a warning.
    """
    if say is None and (silence := _scene_break(text)):
        return silence
    said = markup.parse(visible(text if say is None else say), lenient=lenient)
    shown = said
    if say is not None and text.strip():
        shown = markup.parse(visible(text), lenient=lenient)
    pieces = [[piece for piece in split(run) if has_word(piece)] for run in said.runs]
    utterances, pause_after = _utterances(pieces, said.pauses)
    return Spoken(
        collapse(" ".join(shown.runs)),
        utterances,
        pause_after,
        tuple(_marks(said, pieces)),
        tuple(said.warnings if shown is said else [*said.warnings, *shown.warnings]),
    )


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
    pieces: list[list[str]], pauses: list[float]
) -> tuple[tuple[Utterance, ...], float | None]:
    """The utterances of all runs, each with the pause before it, and the pause after the last."""
    utterances: list[Utterance] = []
    pending: float | None = None
    for run, pause in zip(pieces, [*pauses, None], strict=True):
        for piece in run:
            utterances.append(Utterance(piece, pending or 0.0))
            pending = None
        if pause is not None:
            pending = durations.bounded((pending or 0.0) + pause)
    return tuple(utterances), pending


def _marks(said: Marked, pieces: list[list[str]]) -> Iterator[Mark]:
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


def _heard_pieces(pieces: list[str]) -> list[int]:
    return [*accumulate(_heard(piece)[-1] for piece in pieces)]


def split(text: str, limit: int = limits.UTTERANCE_CHARS) -> list[str]:
    """Cut a text into pieces of at most `limit` characters, at the best possible places."""
    pieces: list[str] = []
    for atom in _atoms(collapse(text), limit, cuts.SENTENCE):
        if pieces and len((pieces[-1] + atom).rstrip()) <= limit:
            pieces[-1] += atom
        else:
            pieces.append(atom)
    return [stripped for piece in pieces if (stripped := piece.strip())]


def _atoms(text: str, limit: int, rank: int) -> list[str]:
    """Parts that add up to the text, each within the limit and cut at the best boundaries."""
    if len(text.rstrip()) <= limit:
        return [text]
    if rank > cuts.ABBREVIATION:
        return [*cuts.chunks(text, limit)]
    atoms: list[str] = []
    for start, end in pairwise([0, *cuts.places(text, rank), len(text)]):
        atoms += _atoms(text[start:end], limit, rank + 1)
    return atoms
