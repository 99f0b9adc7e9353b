"""What a line says, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from narrate.base import terminal
from narrate.base.text import printable
from narrate.cli import readings
from narrate.planning.planner import PlannedSegment, PlannedUtterance

WIDTH = 32
"""Columns in which the written parts are lined up; longer ones stand out."""

AS_WRITTEN = "  said as it is written"


def as_text(planned: PlannedSegment) -> str:
    """A line for each utterance, then one for each part that is said otherwise: written → spoken
    (rule).
    """
    changes = list(_changes(planned)) or [AS_WRITTEN]
    return terminal.text_of(*map(_said, planned.utterances), *changes)


def as_json(planned: PlannedSegment) -> str:
    """The same as one JSON object."""
    document = {
        "ok": True,
        "text": planned.display,
        "spoken": " ".join(each.text for each in planned.utterances),
        "words": _entries(planned),
    }
    return terminal.as_json(document)


def _said(utterance: PlannedUtterance) -> str:
    pause = f"[pause:{utterance.pause_before:g}s] " if utterance.pause_before else ""
    return pause + utterance.text


def _entries(planned: PlannedSegment) -> list[dict[str, Any]]:
    """The readings, with the phonemes of those that the engine gets in phonemes."""
    engines = [each.choice.capabilities for each in planned.utterances if each.choice]
    takes = any(engine.spelling.phonemes for engine in engines)
    return [
        entry | ({"phonemes": reading.phonemes} if takes and reading.phonemes else {})
        for entry, reading in zip(readings.entries(planned), planned.readings, strict=True)
    ]


def _changes(planned: PlannedSegment) -> Iterator[str]:
    entries = _entries(planned)
    parts = [printable(each["written"]) for each in entries]
    width = max((len(each) for each in parts if len(each) <= WIDTH), default=0)
    for written, each in zip(parts, entries, strict=True):
        spoken = f"/{each['phonemes']}/" if "phonemes" in each else each["spoken"]
        yield f"  {written:{width}} → {printable(spoken)}  ({each['rule']})"
