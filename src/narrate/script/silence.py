"""Silences between segments: texts of only `[pause:2s]`, and scene breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from narrate.reading import utterances as spoken
from narrate.script.model import Segment


def absorb(entries: Iterable[tuple[Segment, float | None]]) -> list[Segment]:
    """The segments that are heard. Each one comes with its seconds, if it is only silence.

    A silence belongs to the pause after the segment before it or, at the beginning, to the segment
    after it. It takes the place of the default pause.
    """
    heard: list[Segment] = []
    before = 0.0
    for segment, silence in entries:
        if silence is None:
            heard.append(replace(segment, pause_before=before))
            before = 0.0
        elif heard:
            heard[-1] = replace(heard[-1], pause_after=_own_pause(heard[-1]) + silence)
        else:
            before += silence
    return heard


def _own_pause(segment: Segment) -> float:
    if segment.pause_after is not None:
        return segment.pause_after
    return spoken.read(segment.text, segment.say, lenient=True).pause_after or 0.0
