"""Captions as SRT and WebVTT: the written text, timed within a segment by counting characters."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from narrate.output.timeline import Timeline
from narrate.reading import utterances as spoken

LINE_CHARS = 42
CUE_LINES = 2
"""Characters of a line and lines of a cue, as Netflix, the BBC and most broadcasters require."""

CUE_CHARS = CUE_LINES * (LINE_CHARS - 5)
"""So many characters nearly always fit, though lines break between words."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A caption on the screen from `start` to `end`, in milliseconds."""

    start: int
    end: int
    lines: tuple[str, ...]


def cues(timeline: Timeline) -> Iterator[Cue]:
    """All captions in order, without overlap. A segment without text has none."""
    for slot in timeline.slots:
        groups = list(_groups(slot.planned.display))
        total = sum(sum(map(len, group)) for group in groups)
        before = 0
        for group in groups:
            chars = sum(map(len, group))
            start = slot.start + slot.samples * before // total
            before += chars
            end = slot.start + slot.samples * before // total
            yield Cue(_milliseconds(start, timeline.rate), _milliseconds(end, timeline.rate), group)


def srt(cues: Sequence[Cue]) -> str:
    """The captions as SubRip."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n"
        + "\n".join(map(_plain, cue.lines))
        for number, cue in enumerate(cues, 1)
    )
    return "\n\n".join(blocks) + "\n"


def vtt(cues: Sequence[Cue]) -> str:
    """The captions as WebVTT."""
    blocks = (
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n"
        + "\n".join(map(_escaped, cue.lines))
        for cue in cues
    )
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def _groups(text: str) -> Iterator[tuple[str, ...]]:
    """The lines of each cue, at most two; cues end at sentences or clauses where possible."""
    for chunk in spoken.split(text, CUE_CHARS):
        lines = _balanced(chunk)
        for start in range(0, len(lines), CUE_LINES):
            yield tuple(lines[start : start + CUE_LINES])


def _balanced(text: str) -> list[str]:
    """The text in as few lines as it needs, about equally long."""
    lines = textwrap.wrap(text, LINE_CHARS, break_on_hyphens=False)
    width = max(len(text) // max(1, len(lines)), 1)
    narrower = (
        textwrap.wrap(text, size, break_on_hyphens=False) for size in range(width, LINE_CHARS)
    )
    return next((each for each in narrower if len(each) == len(lines)), lines)


def _milliseconds(samples: int, rate: int) -> int:
    return (2000 * samples + rate) // (2 * rate)


def _clock(milliseconds: int, point: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"


def _plain(line: str) -> str:
    """A line without what SubRip players read as a time, a tag (<b>) or a command ({\\an8}).

    SubRip has no escapes, so an invisible word joiner after a bracket keeps it from opening a tag.
    """
    return re.sub(r"<(?=[/a-zA-Z])|\{(?=\\)", "\\g<0>\u2060", line.replace("-->", "→"))


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
