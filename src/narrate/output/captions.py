"""Captions from the written text, timed within each segment by the share of its characters: SRT and WebVTT."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from narrate.output.timeline import Timeline

LINE_CHARS = 42
"""Characters of a line and
two lines of a cue: the figures that Netflix, the BBC and most broadcasters ask for."""

CUE_LINES = 2


@dataclass(frozen=True, slots=True)
class Cue:
    """A caption on the screen from `start` to `end`, in milliseconds."""

    start: int
    end: int
    lines: tuple[str, ...]


def cues(timeline: Timeline) -> Iterator[Cue]:
    """Every caption in order; none overlap. A segment without text has none."""
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


def srt(timeline: Timeline) -> str:
    """The captions as SubRip."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(cue.lines)
        for number, cue in enumerate(cues(timeline), 1)
    )
    return "\n\n".join(blocks).replace("-->", "-->") + "\n"


def vtt(timeline: Timeline) -> str:
    """The captions as WebVTT."""
    blocks = (
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n" + "\n".join(map(_escaped, cue.lines))
        for cue in cues(timeline)
    )
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def _groups(text: str) -> Iterator[tuple[str, ...]]:
    """The text in cues of two lines; a cue ends where a sentence ends if that is near its end."""
    lines = textwrap.wrap(text, LINE_CHARS, break_on_hyphens=False)
    for start in range(0, len(lines), CUE_LINES):
        yield tuple(lines[start : start + CUE_LINES])


def _milliseconds(samples: int, rate: int) -> int:
    return (2000 * samples + rate) // (2 * rate)


def _clock(milliseconds: int, point: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
