"""Recordings that are used as they are: imported, checked, and told of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from narrate.cache import Store
from narrate.checks import provenance
from narrate.checks.provenance import Provenance
from narrate.checks.structure import measure_recording
from narrate.config import Qa
from narrate.errors import CheckError
from narrate.planning.plan import Plan, PlannedUtterance
from narrate.planning.verdicts import verdict_recording
from narrate.script import Segment
from narrate.sound import audio
from narrate.store.entry import Clip

Clips = Mapping[bytes, Clip]

HINT = "check that it is the right file, record it again, or use it as it is with --qa warn"
CANCELS_HINT = "keep one channel: ffmpeg -i RECORDING -af 'pan=mono|c0=c0' recording.wav"


def imported(utterance: PlannedUtterance, where: str, store: Store) -> Clip:
    """Decode and measure a recording, and store it, whatever the checks will say. Raises
    ScriptError if it cannot be read, and EnvironmentProblem when the disk is full.
    """
    assert utterance.recording is not None
    read = audio.recording(utterance.recording, where)
    made = Provenance(recording=_name(utterance), measures=measure_recording(read))
    pcm = audio.pcm16(read.samples)
    return store.put(utterance.canonical, pcm, read.rate, made, replace=utterance.replace)


def refusals(plan: Plan, clips: Clips) -> Iterator[tuple[Segment, CheckError]]:
    """The segments whose recordings, all imported just now, fail the checks."""
    for segment, utterance in _recordings(plan):
        if utterance.canonical in clips and (reason := _failure(utterance, clips)):
            cancels = "cancel each other" in reason
            where = f"segment {segment.id} ({segment.where})"
            yield segment, CheckError(reason, where=where, hint=CANCELS_HINT if cancels else HINT)


def remarks(plan: Plan, clips: Clips, qa: Qa) -> Iterator[str]:
    """What a person should know of recordings that are used: what was done to them, and with
    `--qa warn` which checks they fail.
    """
    for segment, utterance in _recordings(plan):
        where = f"segment {segment.id} ({segment.where})"
        clip = clips.get(utterance.canonical) or utterance.clip
        if clip and (decibels := _turned_down(clip)):
            what = f"the recording {_name(utterance)} is louder than full scale"
            yield f"{where}: {what}, so it was turned down by {decibels:.1f} dB"
        if qa == "warn" and (reason := _failure(utterance, clips)):
            yield f"{where}: {reason}"


def _recordings(plan: Plan) -> Iterator[tuple[Segment, PlannedUtterance]]:
    for planned in plan.segments:
        for utterance in planned.utterances:
            if utterance.recording:
                yield planned.segment, utterance


def _failure(utterance: PlannedUtterance, clips: Clips) -> str:
    """Which checks a recording fails, in words; "" if it passes."""
    clip = clips.get(utterance.canonical)
    flags = verdict_recording(clip, utterance.transcript) if clip else utterance.flags
    what = f"the recording {_name(utterance)} fails the checks"
    return f"{what}: {'; '.join(flags)}" if flags else ""


def _turned_down(clip: Clip) -> float:
    """By how many decibels a recording was turned down when it was imported."""
    measures = provenance.of(clip.origin).measures
    return -20 * math.log10(measures.gain) if measures and 0 < measures.gain < 1 else 0.0


def _name(utterance: PlannedUtterance) -> str:
    assert utterance.recording is not None
    return utterance.recording.name
