"""Captions as SRT and WebVTT: the written text, each part while its utterance is heard.

Within an utterance, where no times are known, time is shared by how long the words sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from narrate.base.text import clock
from narrate.output.timeline import Slot, Timeline
from narrate.output.writers import lines
from narrate.output.writers.shown import shares
from narrate.planning.plan import PlannedSegment
from narrate.reading import utterances as spoken
from narrate.reading.utterances import Utterance


@dataclass(frozen=True, slots=True)
class Cue:
    """A caption on the screen from `start` to `end`, in milliseconds."""

    start: int
    end: int
    lines: tuple[str, ...]


def cues(timeline: Timeline) -> Iterator[Cue]:
    """All captions in order, each within its utterance. A segment without text has none.

    An utterance with less than a millisecond for a caption has none either.
    """
    for slot in timeline.slots:
        spans = _spans(slot)
        for text, (start, end) in zip(_texts(slot.planned), spans, strict=True):
            yield from _within(text, start, end, timeline.rate)


def srt(cues: Sequence[Cue]) -> str:
    """The captions as SubRip."""
    blocks = (
        f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n"
        + "\n".join(map(_plain, cue.lines))
        for number, cue in enumerate(cues, 1)
    )
    return "\n\n".join(blocks) + "\n"


def vtt(cues: Sequence[Cue]) -> str:
    """The captions as WebVTT."""
    blocks = (
        f"{clock(cue.start)} --> {clock(cue.end)}\n" + "\n".join(map(_escaped, cue.lines))
        for cue in cues
    )
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def _spans(slot: Slot) -> list[tuple[int, int]]:
    """The first sample of each utterance, and the first one after it."""
    positions = accumulate((part.samples for part in slot.parts), initial=slot.start)
    return [span for part, span in zip(slot.parts, pairwise(positions), strict=True) if part.clip]


def _texts(planned: PlannedSegment) -> list[str]:
    """What is shown while each utterance is heard."""
    if len(planned.utterances) == 1:
        return [planned.display]
    parts = [each.said.shown for each in planned.utterances if each.said]
    if planned.segment.caption is None and planned.segment.say is None and parts:
        return parts
    said = [Utterance(each.text, each.pause_before) for each in planned.utterances]
    return shares(_shown(planned), said)


def _shown(planned: PlannedSegment) -> Sequence[Utterance]:
    """The displayed text, with its own pauses where it has a wording of its own."""
    segment = planned.segment
    if segment.caption is None and segment.say is not None and segment.text.strip():
        return spoken.read(segment.text, lenient=True).utterances
    return [Utterance(planned.display, 0.0)]


def _within(text: str, start: int, end: int, rate: int) -> Iterator[Cue]:
    """The cues of a text that is heard from one sample to another, in whole milliseconds."""
    first, last = -(-1000 * start // rate), 1000 * end // rate
    blocks = lines.blocks(text, (end - start) / rate)
    if last - first < len(blocks):
        return
    heard = list(accumulate((block.weight for block in blocks), initial=0))
    edges = [first + (last - first) * each // max(1, heard[-1]) for each in heard]
    for number, block in enumerate(blocks):
        yield Cue(edges[number], edges[number + 1], block.lines)


def _plain(line: str) -> str:
    """A line without what SubRip players read as a time, a tag (<b>) or a command ({\\an8}).

    SubRip has no escapes, so a space after a bracket keeps it from opening a tag.
    """
    return re.sub(r"<(?=[/a-zA-Z])|\{(?=\\)", r"\g<0> ", line.replace("-->", "→"))


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
