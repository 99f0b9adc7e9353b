"""What a line says, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from narrate.base import terminal
from narrate.base.text import printable
from narrate.cli import readings
from narrate.planning.plan import PlannedSegment, PlannedUtterance
from narrate.reading.utterances import plain

WIDTH = 32
"""Columns in which the written parts are lined up; longer ones stand out."""

AS_WRITTEN = "  said as it is written"
AS_SAY = "  said as `say` has it"


def as_text(planned: PlannedSegment) -> str:
    """A line for each utterance, then one for each part that is said otherwise: written → spoken
    (rule).
    """
    unchanged = AS_WRITTEN if planned.segment.say is None else AS_SAY
    changes = list(_changes(planned)) or [unchanged]
    return terminal.text_of(*map(_said, planned.utterances), *changes)


def as_json(planned: PlannedSegment) -> str:
    """The same as one JSON object."""
    document = {
        "ok": True,
        "text": plain(planned.segment.text),
        "spoken": " ".join(each.text for each in planned.utterances),
        "words": readings.entries(planned),
    }
    return terminal.as_json(document)


def _said(utterance: PlannedUtterance) -> str:
    pause = f"[pause:{utterance.pause_before:g}s] " if utterance.pause_before else ""
    return pause + utterance.text


def _changes(planned: PlannedSegment) -> Iterator[str]:
    entries = readings.entries(planned)
    parts = [printable(each["written"]) for each in entries]
    width = max((len(each) for each in parts if len(each) <= WIDTH), default=0)
    for written, each in zip(parts, entries, strict=True):
        yield f"  {written:{width}} → {readings.said(each)}  ({each['rule']})"
