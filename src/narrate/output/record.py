"""What a folder remembers of the requests that its narration was made of; `narrate why` compares
them with today's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from narrate.base import limits, regular
from narrate.output.stage import RECORD
from narrate.planning.planner import Plan
from narrate.request import canonical_json


class Past(msgspec.Struct, frozen=True):
    """Requests by segment id, and the reference transcripts that they name by digest."""

    requests: dict[str, list[dict[str, str | int | dict[str, str]]]] = {}
    transcripts: dict[str, str] = {}

    def forms(self, id: str) -> list[bytes]:
        """The canonical forms of a segment; empty if there was no such segment."""
        return [canonical_json(request) for request in self.requests.get(id, ())]


def remembered(plan: Plan) -> dict[str, Any]:
    """What run.json keeps of a plan that was carried out, for `recall`; requests as they are, to
    save memory.
    """
    requests = {
        each.segment.id: [msgspec.Raw(utterance.canonical) for utterance in each.utterances]
        for each in plan.segments
    }
    return {"requests": requests, "transcripts": transcripts(plan)}


def transcripts(plan: Plan) -> dict[str, str]:
    """The reference transcripts of a plan by the digest that names them in requests."""
    return {
        voice.clone.transcript: voice.reference.transcript or ""
        for voice in plan.voices.values()
        if voice.clone.transcript
    }


def recall(folder: Path) -> Past:
    """What a folder remembers: nothing, if nothing was made there or it cannot be read."""
    try:
        return msgspec.json.decode(regular.read(folder / RECORD, limits.RECORD_BYTES), type=Past)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Past()
