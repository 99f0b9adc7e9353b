"""Written text -> pauses and utterances, which are short enough for a model to say at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from narrate.base import limits
from narrate.base.units import seconds as seconds

_TAG = re.compile(r"(?<!\\)\[\s*pause\b([^\[\]]*\]?)", re.IGNORECASE)
_CLOSING = ",.;:!?…)”’，。、；：！？"

# One lookbehind for each length, as `re` requires; the last is for initials and "e.g.".
_NOT_AN_ABBREVIATION = (
    r"(?<!\b(?:Mr|Ms|Dr|St|Jr|Sr|vs|cf|al|Eq|Co|ca|Nr))(?<!\b(?:Mrs|etc|Fig|Inc|Ltd|bzw|usw))"
    r"(?<!\bProf)(?<!\bapprox)(?<!\b[^\W\d_])"
)
_BOUNDARIES = (
    re.compile(
        rf"""(?:[!?…]|{_NOT_AN_ABBREVIATION}\.)["'”’»)\]]*\s(?![a-z\d])|[。！？]+[」』”’）]*"""
    ),
    re.compile(r"[,;:]\s|—\s?|[，、；：]"),
    re.compile(r"\s"),
)
"""Where a long text may be cut, best first: after a sentence, a clause or a word."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a model says at once, and the silence before it in seconds."""

    text: str
    pause_before: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """A segment's text for captions, its utterances, and the pause of a tag at its end."""

    display: str
    utterances: tuple[Utterance, ...]
    pause_after: float | None


def read(text: str, say: str | None = None) -> Spoken:
    """Separate a text from its pause tags. Raises ValueError if a tag is malformed or too long."""
    runs, pauses = _runs(text if say is None else say)
    shown = runs if say is None or not text.strip() else _runs(text)[0]
    utterances: list[Utterance] = []
    pending: float | None = None
    for run, pause in zip(runs, [*pauses, None], strict=True):
        for piece in split(run):
            utterances.append(Utterance(piece, pending or 0.0))
            pending = None
        if pause is not None:
            pending = _bounded((pending or 0.0) + pause)
    return Spoken(_collapse(" ".join(shown)), tuple(utterances), pending)


def split(text: str, limit: int = limits.UTTERANCE_CHARS) -> list[str]:
    """Cut a text into pieces of at most `limit` characters, at the best possible places."""
    pieces: list[str] = []
    for atom in _atoms(_collapse(text), limit, _BOUNDARIES):
        if pieces and len((pieces[-1] + atom).rstrip()) <= limit:
            pieces[-1] += atom
        else:
            pieces.append(atom)
    return [stripped for piece in pieces if (stripped := piece.strip())]


def _atoms(text: str, limit: int, boundaries: Sequence[re.Pattern[str]]) -> list[str]:
    """Parts that add up to the text, each within the limit and cut at the best boundaries."""
    if len(text.rstrip()) <= limit:
        return [text]
    if not boundaries:
        return [text[i : i + limit] for i in range(0, len(text), limit)]
    cuts = [0, *(match.end() for match in boundaries[0].finditer(text)), len(text)]
    atoms: list[str] = []
    for start, end in pairwise(cuts):
        atoms += _atoms(text[start:end], limit, boundaries[1:])
    return atoms


def _runs(text: str) -> tuple[list[str], list[float]]:
    """The texts around the tags, and the seconds of each tag; there is one text more than tags."""
    parts = _TAG.split(text)
    runs = [part.replace("\\[", "[") for part in parts[::2]]
    for i in range(1, len(runs)):
        # Otherwise, "Hello[pause:1s]." would make the model say a full stop.
        rest = runs[i].lstrip(_CLOSING)
        if runs[i - 1].strip():
            runs[i - 1] += runs[i].removesuffix(rest)
            runs[i] = rest
    return runs, [_pause(tag) for tag in parts[1::2]]


def _pause(tag: str) -> float:
    body = tag.strip()
    if not (body.startswith(":") and body.endswith("]")):
        raise ValueError(
            f"malformed tag {'[pause' + tag[:20]!r}; write [pause:0.6s], or \\[ for a bracket"
        )
    return _bounded(seconds(body[1:-1]))


def _bounded(pause: float) -> float:
    if pause > limits.PAUSE_SECONDS:
        raise ValueError(f"a pause of {pause:g} s is longer than {limits.PAUSE_SECONDS:g} s")
    return pause


def _collapse(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
