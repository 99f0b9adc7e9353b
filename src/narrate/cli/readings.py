"""What is said otherwise than it is written, for people and as JSON."""

from __future__ import annotations

from typing import Any

from narrate.base.text import printable
from narrate.planning.planner import PlannedSegment
from narrate.reading.utterances import plain


def entries(planned: PlannedSegment) -> list[dict[str, Any]]:
    """The readings of a segment, with their places in its text without markup."""
    text = plain(planned.segment.text) if planned.readings else ""
    return [
        {
            "start": each.start,
            "end": each.end,
            "written": text[each.start : each.end],
            "spoken": each.spoken,
            "rule": each.rule,
        }
        for each in planned.readings
    ]


def lines(planned: PlannedSegment) -> list[str]:
    """A line for each of them: `v3.12 → version three point twelve (versions)`."""
    return [
        f"{printable(each['written'])} → {printable(each['spoken'])} ({each['rule']})"
        for each in entries(planned)
    ]
