"""Would a strict run refuse a stored clip? Asked of what was measured when it was made."""

from __future__ import annotations

from narrate.checks import provenance
from narrate.checks.judge import Judge, wanted
from narrate.checks.structure import judge_recording
from narrate.config import Settings
from narrate.planning.casting import Choice
from narrate.store.entry import Clip


def judge(choice: Choice, settings: Settings) -> Judge:
    """The judge of what an engine says."""
    return Judge(wanted(settings.checks.use, choice.capabilities), settings.checks)


def verdict(clip: Clip, text: str, choice: Choice | None, settings: Settings) -> tuple[str, ...]:
    """The reasons why a strict run refuses a stored clip of a text; a clip without measurements is
    refused.
    """
    assert choice, "a recording has no engine"
    return judge(choice, settings).reasons(provenance.of(clip.origin), text)


def verdict_recording(clip: Clip, transcript: str) -> tuple[str, ...]:
    """The same for a recording that was just imported."""
    measures = provenance.of(clip.origin).measures
    return judge_recording(measures, transcript) if measures else ()
