"""What is usual for each voice, learned from the clips that passed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import msgspec

from narrate.checks import speaker, usual
from narrate.checks.findings import Findings
from narrate.checks.provenance import Provenance

MOST = 100
"""So many clips tell what is usual; more would tell the same."""

GROWTH = 1.2
"""The medians are taken again when there are so many times as many clips."""


@dataclass(slots=True)
class _Known:
    """The clips of a voice with their texts, and what was usual when there were `counted`."""

    clips: list[tuple[Provenance, str]] = field(default_factory=list)
    counted: int = 0
    structure: usual.Usual | None = None
    speaker: speaker.Usual | None = None

    def refresh(self) -> None:
        """Take the medians again, if there are enough new clips."""
        if len(self.clips) < self.counted * GROWTH:
            return
        self.counted = len(self.clips)
        measured = [(made.measures, text) for made, text in self.clips if made.measures]
        heard = [made.findings.speaker for made, _ in self.clips if made.findings.speaker]
        self.structure, self.speaker = usual.usual_of(measured), speaker.centre(heard)


class Usuals:
    """By voice, whatever names the voice. It may be used by several threads at a time."""

    def __init__(self) -> None:
        self._known: dict[object, _Known] = {}
        self._lock = threading.Lock()

    def add(self, voice: object, made: Provenance, text: str) -> None:
        """Learn from a clip that passed."""
        with self._lock:
            known = self._known.setdefault(voice, _Known())
            if len(known.clips) < MOST:
                known.clips.append((made, text))

    def compared(self, voice: object, made: Provenance, text: str) -> Provenance:
        """A clip beside what is usual, unless it was compared before, so that it does not turn bad
        because other clips changed; the same where too little is known.
        """
        with self._lock:
            known = self._known.setdefault(voice, _Known())
            known.refresh()
            structure, voices = known.structure, known.speaker
        if structure and made.measures and not is_related(made):
            relative = usual.compare(made.measures, text, structure)
            made = msgspec.structs.replace(made, relative=relative)
        return msgspec.structs.replace(made, findings=_likened(made.findings, voices))


def is_compared(made: Provenance) -> bool:
    """Whether a clip was compared with what is usual for its voice, in all that was measured."""
    return is_related(made) and _is_likened(made.findings)


def is_related(made: Provenance) -> bool:
    """Whether its structure was compared."""
    return made.relative is not None and made.relative.version == usual.VERSION


def _is_likened(findings: Findings) -> bool:
    """Whether its voice was compared, or is too short to be."""
    if findings.speaker is None or not findings.speaker.enough:
        return True
    return findings.likeness is not None and findings.likeness.distance is not None


def _likened(findings: Findings, usually: speaker.Usual | None) -> Findings:
    if findings.speaker is None or usually is None or _is_likened(findings):
        return findings
    beside = speaker.compare(findings.speaker, None, usually)
    before = findings.likeness or beside
    likeness = msgspec.structs.replace(before, usual=beside.usual, distance=beside.distance)
    return msgspec.structs.replace(findings, likeness=likeness)
