"""Is this recording good enough to clone? Green, amber or red for each thing that was measured, and
what to do.
"""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

from narrate.checks.structure import CLIPPED_SHARE, SILENT_PEAK
from narrate.sound.pace import weight
from narrate.voices.measures import EDGE_SECONDS, Measures
from narrate.voices.voice import RATE

SECONDS = (3.0, 15.0)
"""Qwen3-TTS takes 3 s and more; past 15 s speech in the clone gets less stable
(k2-fsa/OmniVoice#50, SWivid/F5-TTS).
"""

SECONDS_ANYWAY = (1.5, 30.0)
"""A voice is caught from 1.6 s (Jemine 2019, p. 24); models cut what is past 30 s
(kyutai-labs/pocket-tts#93).
"""

CLIPPED_AMBER = CLIPPED_SHARE / 10

NOISE_DB = (12.0, 20.0)
"""Signal to noise. LibriTTS keeps 20 dB and more in its clean part; at 12 dB noise has a quarter of
the amplitude.
"""

DULL_RATE = 16_000
"""Hz. Below it the sibilants are missing altogether; from here to RATE the clone is only duller."""

CHANNELS_DB = -6.0
"""Where channels differ by more than half of what they share, they hold different sounds, or one of
them is silent.
"""

PACE = (10.0, 25.0)
"""Characters a second without pauses. 150 to 160 words a minute are 15 a second with pauses, about
18 without them; half a transcript, or one twice too long, falls outside.
"""

PACE_ANYWAY = (5.0, 30.0)
"""Nobody speaks like this; the transcript is not that of the recording
(pace.FASTEST_CHARS_PER_SECOND).
"""

EDGE_AMBER = 1.0
"""Up to 1 s is what cloning guides themselves ask for (the README of SWivid/F5-TTS)."""


class Grade(StrEnum):
    """How good something is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: its grade, what was found, why that matters, and what to do
    about it.
    """

    name: str
    grade: Grade
    figure: str
    reason: str = ""
    fix: str = ""


def judge(measures: Measures, transcript: str) -> list[Finding]:
    """A finding for each thing that was measured; without a transcript none about the pace."""
    findings = [_length, _level, _clipping, _noise, _silence, _rate, _channels]
    return [look(measures) for look in findings] + (
        [_pace(measures, transcript)] if transcript else []
    )


def worst(findings: list[Finding]) -> Grade:
    """The grade of the whole."""
    return max((finding.grade for finding in findings), key=list(Grade).index)


def _graded(value: float, good: tuple[float, float], anyway: tuple[float, float]) -> Grade:
    if good[0] <= value <= good[1]:
        return Grade.GREEN
    return Grade.AMBER if anyway[0] <= value <= anyway[1] else Grade.RED


def _length(measures: Measures) -> Finding:
    seconds = measures.kept
    grade = _graded(seconds, SECONDS, SECONDS_ANYWAY)
    figure = f"{seconds:.1f} s"
    if grade == Grade.GREEN:
        return Finding("length", grade, figure, f"{SECONDS[0]:.0f} to {SECONDS[1]:.0f} s are best")
    if seconds < SECONDS[0]:
        return Finding(
            "length",
            grade,
            figure,
            "too short to hold the voice",
            "record a sentence or two of 3 to 15 s",
        )
    return Finding(
        "length", grade, figure, "long recordings make clones that ramble", "cut it: add --trim"
    )


def _level(measures: Measures) -> Finding:
    figure = f"{measures.level:.0f} dBFS, peak {measures.peak:.0f} dBFS"
    if measures.peak < 20 * math.log10(SILENT_PEAK) or not measures.spoken:
        return Finding(
            "level", Grade.RED, figure, "it is silent", "check the microphone and record again"
        )
    if not measures.gain:
        return Finding("level", Grade.GREEN, figure)
    reason = "quiet, and its noise grows with it" if measures.gain > 0 else "loud"
    return Finding(
        "level", Grade.AMBER, figure, reason, f"done: {measures.gain:+.0f} dB in the stored voice"
    )


def _clipping(measures: Measures) -> Finding:
    grade = _graded(-measures.clipped, (-CLIPPED_AMBER, 0), (-CLIPPED_SHARE, 0))
    if grade == Grade.GREEN:
        return Finding("clipping", grade, "none")
    figure = f"{measures.clipped:.2%} of the samples"
    return Finding(
        "clipping",
        grade,
        figure,
        "it crackles, and so will the clone",
        "record again with less gain",
    )


def _noise(measures: Measures) -> Finding:
    grade = _graded(measures.noise, (NOISE_DB[1], math.inf), (NOISE_DB[0], math.inf))
    figure = f"{measures.noise:.0f} dB below the voice"
    if grade == Grade.GREEN:
        return Finding("noise", grade, figure)
    return Finding(
        "noise",
        grade,
        figure,
        "noise is cloned too",
        "record in a quiet room, close to the microphone",
    )


def _silence(measures: Measures) -> Finding:
    figure = f"{measures.lead:.1f} s before the voice, {measures.tail:.1f} s after it"
    done = f"done: cut to {EDGE_SECONDS} s in the stored voice"
    if not measures.spoken:
        return Finding("silence", Grade.RED, "all of it", "there is no voice in it", "record again")
    if not min(measures.lead, measures.tail):
        reason = "it begins or ends in the middle of a sound"
        return Finding(
            "silence",
            Grade.AMBER,
            figure,
            reason,
            "record it whole, or cut it at a pause: add --trim",
        )
    if max(measures.lead, measures.tail) > EDGE_AMBER:
        return Finding("silence", Grade.AMBER, figure, "clones imitate pauses", done)
    return Finding(
        "silence", Grade.GREEN, figure, "", done if measures.kept < measures.seconds else ""
    )


def _rate(measures: Measures) -> Finding:
    grade = Grade.AMBER if measures.rate < DULL_RATE else Grade.GREEN
    reason = f"below {RATE:,} Hz the voice sounds duller" if measures.rate < RATE else ""
    fix = f"record at {RATE:,} Hz or more" if grade == Grade.AMBER else ""
    return Finding("rate", grade, f"{measures.rate:,} Hz", reason, fix)


def _channels(measures: Measures) -> Finding:
    if not measures.channels:
        return Finding(
            "channels", Grade.GREEN, "averaged", "those of video and AAC files are not compared"
        )
    if measures.channels == 1:
        return Finding("channels", Grade.GREEN, "mono")
    figure, done = f"{measures.channels}", "done: averaged in the stored voice"
    if measures.channel_difference <= CHANNELS_DB:
        return Finding("channels", Grade.GREEN, figure, "", done)
    fix = "keep one: ffmpeg -i RECORDING -af 'pan=mono|c0=c0' one.wav"
    return Finding(
        "channels", Grade.AMBER, figure, "they differ, and their average is neither", fix
    )


def _pace(measures: Measures, transcript: str) -> Finding:
    pace = weight(transcript) / measures.spoken if measures.spoken else math.inf
    grade = _graded(pace, PACE, PACE_ANYWAY)
    figure = f"{pace:.0f} characters of the transcript a second"
    if grade == Grade.GREEN:
        return Finding("pace", grade, figure)
    slow = "words are missing from the transcript, or the speech is very slow"
    fast = "the transcript says more than is heard, or the speech is very fast"
    reason = f"{slow if pace < PACE[0] else fast}; a mismatch makes clones run away"
    return Finding("pace", grade, figure, reason, "write down exactly what is said, word for word")
