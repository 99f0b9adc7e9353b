"""What is said otherwise than it is written, for people and as JSON."""

from __future__ import annotations

from typing import Any

from narrate.base.text import printable
from narrate.planning.plan import PlannedSegment
from narrate.reading.utterances import plain


def entries(planned: PlannedSegment) -> list[dict[str, Any]]:
    """The readings of a segment, with their places in its text without markup, and with the
    phonemes of those that the engine gets in phonemes.
    """
    text = plain(planned.segment.text) if planned.readings else ""
    engines = [each.choice.capabilities for each in planned.utterances if each.choice]
    takes = any(engine.spelling.phonemes for engine in engines)
    found: list[dict[str, Any]] = []
    for each in planned.readings:
        written = text[each.start : each.end]
        phonemes = {"phonemes": each.phonemes} if takes and each.phonemes else {}
        if phonemes or written != each.spoken:
            place = {"start": each.start, "end": each.end}
            words = {"written": written, "spoken": each.spoken, "rule": each.rule}
            found.append(place | words | phonemes)
    return found


def said(entry: dict[str, Any]) -> str:
    """What is said for one of them: its words, or phonemes between slashes."""
    return printable(f"/{entry['phonemes']}/" if "phonemes" in entry else entry["spoken"])


def lines(planned: PlannedSegment) -> list[str]:
    """A line for each of them: `v3.12 → version three point twelve (versions)`."""
    return [
        f"{printable(each['written'])} → {said(each)} ({each['rule']})" for each in entries(planned)
    ]
