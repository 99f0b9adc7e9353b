"""What is said otherwise than it is written, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from narrate.base.text import printable
from narrate.planning.planner import PlannedSegment
from narrate.reading.utterances import plain


def entries(planned: PlannedSegment) -> list[dict[str, Any]]:
    """The readings of a segment, with their places in its text without markup, and with the
    phonemes of those that the engine gets in phonemes.
    """
    text = plain(planned.segment.text) if planned.readings else ""
    engines = [each.choice.capabilities for each in planned.utterances if each.choice]
    takes = any(engine.spelling.phonemes for engine in engines)
    found = []
    for each in planned.readings:
        written = text[each.start : each.end]
        entry = {
            "start": each.start,
            "end": each.end,
            "written": written,
            "spoken": each.spoken,
            "rule": each.rule,
        }
        if takes and each.phonemes:
            found.append(entry | {"phonemes": each.phonemes})
        elif written != each.spoken:
            found.append(entry)
    return found


def said(entry: Mapping[str, Any]) -> str:
    """How an entry is said: in phonemes, if the engine gets them, or in words."""
    return printable(f"/{entry['phonemes']}/" if "phonemes" in entry else entry["spoken"])


def lines(planned: PlannedSegment) -> list[str]:
    """A line for each of them: `v3.12 → version three point twelve (versions)`."""
    return [
        f"{printable(each['written'])} → {said(each)} ({each['rule']})" for each in entries(planned)
    ]
