"""What is usual for each voice, learned from the clips that passed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import msgspec

from narrate.checks import speaker
from narrate.checks.findings import Findings
from narrate.checks.provenance import Provenance

MOST = 100
"""So many clips tell what is usual; more would tell the same."""

GROWTH = 1.2
"""The medians are taken again when there are so many times as many clips."""


@dataclass(slots=True)
class _Known:
    """The clips of a voice, and what was usual when there were `counted` of them."""

    made: list[Provenance] = field(default_factory=list)
    counted: int = 0
    speaker: speaker.Usual | None = None

    def refresh(self) -> None:
        if len(self.made) < self.counted * GROWTH:
            return
        self.counted = len(self.made)
        heard = [each.findings.speaker for each in self.made if each.findings.speaker]
        self.speaker = speaker.centre(heard)


class Usuals:
    """By voice, whatever names the voice. It may be used by several threads at a time."""

    def __init__(self) -> None:
        self._known: dict[object, _Known] = {}
        self._lock = threading.Lock()

    def add(self, voice: object, made: Provenance) -> None:
        """Learn from a clip that passed."""
        with self._lock:
            known = self._known.setdefault(voice, _Known())
            if len(known.made) < MOST:
                known.made.append(made)

    def compared(self, voice: object, made: Provenance) -> Provenance:
        """A clip beside what is usual; the same where too little is known."""
        with self._lock:
            known = self._known.setdefault(voice, _Known())
            known.refresh()
        return msgspec.structs.replace(made, findings=_likened(made.findings, known.speaker))

    def suffice(self, voice: object) -> bool:
        """Whether enough is known of a voice to compare its clips."""
        with self._lock:
            return voice in self._known and len(self._known[voice].made) >= speaker.CLIPS


def _likened(findings: Findings, usual: speaker.Usual | None) -> Findings:
    if findings.speaker is None or usual is None:
        return findings
    beside = speaker.compare(findings.speaker, None, usual)
    before = findings.likeness or beside
    likeness = msgspec.structs.replace(before, usual=beside.usual, distance=beside.distance)
    return msgspec.structs.replace(findings, likeness=likeness)
