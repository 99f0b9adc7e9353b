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

APART_DB = -6.0
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


class Colour(StrEnum):
    """How good something is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: its colour, what was found, why that matters, and what to do
    about it.
    """

    name: str
    colour: Colour
    figure: str
    reason: str = ""
    mend: str = ""


def judge(measures: Measures, transcript: str) -> list[Finding]:
    """A finding for each thing that was measured; without a transcript none about the pace."""
    findings = [_length, _level, _clipping, _noise, _silence, _rate, _channels]
    return [look(measures) for look in findings] + (
        [_pace(measures, transcript)] if transcript else []
    )


def worst(findings: list[Finding]) -> Colour:
    """The colour of the whole."""
    return max((finding.colour for finding in findings), key=list(Colour).index)


def _graded(value: float, good: tuple[float, float], anyway: tuple[float, float]) -> Colour:
    if good[0] <= value <= good[1]:
        return Colour.GREEN
    return Colour.AMBER if anyway[0] <= value <= anyway[1] else Colour.RED


def _length(measures: Measures) -> Finding:
    seconds = measures.kept
    colour = _graded(seconds, SECONDS, SECONDS_ANYWAY)
    figure = f"{seconds:.1f} s"
    if colour == Colour.GREEN:
        return Finding("length", colour, figure, f"{SECONDS[0]:.0f} to {SECONDS[1]:.0f} s are best")
    if seconds < SECONDS[0]:
        return Finding(
            "length",
            colour,
            figure,
            "too short to hold the voice",
            "record a sentence or two of 3 to 15 s",
        )
    return Finding(
        "length", colour, figure, "long recordings make clones that ramble", "cut it: add --trim"
    )


def _level(measures: Measures) -> Finding:
    figure = f"{measures.level:.0f} dBFS, peak {measures.peak:.0f} dBFS"
    if measures.peak < 20 * math.log10(SILENT_PEAK) or not measures.spoken:
        return Finding(
            "level", Colour.RED, figure, "it is silent", "check the microphone and record again"
        )
    if not measures.gain:
        return Finding("level", Colour.GREEN, figure)
    reason = "quiet, and its noise grows with it" if measures.gain > 0 else "loud"
    return Finding(
        "level", Colour.AMBER, figure, reason, f"done: {measures.gain:+.0f} dB in the stored voice"
    )


def _clipping(measures: Measures) -> Finding:
    colour = _graded(-measures.clipped, (-CLIPPED_AMBER, 0), (-CLIPPED_SHARE, 0))
    if colour == Colour.GREEN:
        return Finding("clipping", colour, "none")
    figure = f"{measures.clipped:.2%} of the samples"
    return Finding(
        "clipping",
        colour,
        figure,
        "it crackles, and so will the clone",
        "record again with less gain",
    )


def _noise(measures: Measures) -> Finding:
    colour = _graded(measures.noise, (NOISE_DB[1], math.inf), (NOISE_DB[0], math.inf))
    figure = f"{measures.noise:.0f} dB below the voice"
    if colour == Colour.GREEN:
        return Finding("noise", colour, figure)
    return Finding(
        "noise",
        colour,
        figure,
        "noise is cloned too",
        "record in a quiet room, close to the microphone",
    )


def _silence(measures: Measures) -> Finding:
    figure = f"{measures.lead:.1f} s before the voice, {measures.tail:.1f} s after it"
    done = f"done: cut to {EDGE_SECONDS} s in the stored voice"
    if not measures.spoken:
        return Finding(
            "silence", Colour.RED, "all of it", "there is no voice in it", "record again"
        )
    if not min(measures.lead, measures.tail):
        reason = "it begins or ends in the middle of a sound"
        return Finding(
            "silence",
            Colour.AMBER,
            figure,
            reason,
            "record it whole, or cut it at a pause: add --trim",
        )
    if max(measures.lead, measures.tail) > EDGE_AMBER:
        return Finding("silence", Colour.AMBER, figure, "clones imitate pauses", done)
    return Finding(
        "silence", Colour.GREEN, figure, "", done if measures.kept < measures.seconds else ""
    )


def _rate(measures: Measures) -> Finding:
    colour = Colour.AMBER if measures.rate < DULL_RATE else Colour.GREEN
    reason = f"below {RATE:,} Hz the voice sounds duller" if measures.rate < RATE else ""
    mend = f"record at {RATE:,} Hz or more" if colour == Colour.AMBER else ""
    return Finding("rate", colour, f"{measures.rate:,} Hz", reason, mend)


def _channels(measures: Measures) -> Finding:
    if not measures.channels:
        return Finding(
            "channels", Colour.GREEN, "averaged", "those of video and AAC files are not compared"
        )
    if measures.channels == 1:
        return Finding("channels", Colour.GREEN, "mono")
    figure, done = f"{measures.channels}", "done: averaged in the stored voice"
    if measures.apart <= APART_DB:
        return Finding("channels", Colour.GREEN, figure, "", done)
    mend = "keep one: ffmpeg -i RECORDING -af 'pan=mono|c0=c0' one.wav"
    return Finding(
        "channels", Colour.AMBER, figure, "they differ, and their average is neither", mend
    )


def _pace(measures: Measures, transcript: str) -> Finding:
    pace = weight(transcript) / measures.spoken if measures.spoken else math.inf
    colour = _graded(pace, PACE, PACE_ANYWAY)
    figure = f"{pace:.0f} characters of the transcript a second"
    if colour == Colour.GREEN:
        return Finding("pace", colour, figure)
    slow = "words are missing from the transcript, or the speech is very slow"
    fast = "the transcript says more than is heard, or the speech is very fast"
    reason = f"{slow if pace < PACE[0] else fast}; a mismatch makes clones run away"
    return Finding("pace", colour, figure, reason, "write down exactly what is said, word for word")
