"""Silences between segments: texts of only `[pause:2s]`, and scene breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from narrate.reading.utterances import Spoken
from narrate.script.model import Segment


def absorb(entries: Iterable[tuple[Segment, Spoken | None]]) -> list[Segment]:
    """The segments that are heard; each comes with what its text says, None if it was refused.

    A silence belongs to the pause after the segment before it or, at the beginning, to the segment
    after it. It takes the place of the default pause.
    """
    heard: list[Segment] = []
    own = before = 0.0
    for segment, said in entries:
        silence = _silence(segment, said)
        if silence is None:
            heard.append(replace(segment, pause_before=before))
            own, before = _own_pause(segment, said), 0.0
        elif heard:
            own += silence
            heard[-1] = replace(heard[-1], pause_after=own)
        else:
            before += silence
    return heard


def _silence(segment: Segment, said: Spoken | None) -> float | None:
    """The seconds of a segment of nothing but pauses; None for any other."""
    return None if said is None or said.utterances or segment.audio else said.pause_after


def _own_pause(segment: Segment, said: Spoken | None) -> float:
    return segment.pause_after or (said.pause_after if said else None) or 0.0
