"""Words and sounds of the reference in a clip."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from narrate.checks import echo, mel
from narrate.checks.echo import Echo
from narrate.engines.base import ModelRef, Synthesis
from narrate.engines.hibari import CAPABILITIES, Engine
from narrate.thresholds import Thresholds

FOLDER = Path(__file__).parents[2] / "examples" / "voice_ref"
TRANSCRIPT = (FOLDER / "ref.txt").read_text("utf-8")
TEXT = "By noon the market was full of people and noise."
THRESHOLDS = Thresholds()


@cache
def reader() -> NDArray[np.float32]:
    samples, rate = soundfile.read(FOLDER / "ref.wav", dtype="float32")
    assert rate == mel.RATE
    return np.asarray(samples)


@cache
def said(text: str = TEXT) -> NDArray[np.float32]:
    engine = Engine()
    engine.load(ModelRef(CAPABILITIES.model))
    made = engine._speak(text, seed=0)
    assert isinstance(made, Synthesis)
    return np.asarray(soxr.resample(made.samples, made.rate, mel.RATE, quality="HQ"))


def measured(samples: NDArray[np.float32], heard: str | None = None, text: str = TEXT) -> Echo:
    found = echo.measure(samples, reader(), text, TRANSCRIPT, heard)
    refused = bool(echo.judge(found, THRESHOLDS))
    assert refused == (echo.worst(found, THRESHOLDS) >= 1)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Echo) == found
    return found


def test_a_clip_without_an_echo_passes() -> None:
    assert measured(said(), heard=TEXT) == Echo(echo.VERSION)


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_piece_of_the_recording_is_found(place: str, noise: float) -> None:
    piece = reader()[2 * mel.RATE : 3 * mel.RATE]
    hiss = np.random.default_rng(0).normal(0, noise * piece.std(), piece.size)
    piece = piece + hiss.astype(np.float32)
    parts = [piece, said()]
    samples = np.concatenate(parts if place == "before" else parts[::-1])
    found = measured(samples)
    start = 0 if place == "before" else said().size / mel.RATE
    assert found.start == pytest.approx(start, abs=0.3)
    assert THRESHOLDS.echo_seconds < found.seconds < 1.1
    [reason] = echo.judge(found, THRESHOLDS)
    assert reason.startswith("it repeats ")
    assert reason.endswith(f" s of its reference at {found.start:.1f} s")


def test_a_text_may_say_what_the_reference_says() -> None:
    assert measured(reader(), text="Some other words.").seconds > 6
    assert measured(reader(), heard=TRANSCRIPT, text=TRANSCRIPT) == Echo(echo.VERSION)


def test_silence_is_not_like_silence() -> None:
    quiet = np.zeros(2 * mel.RATE, np.float32)
    for samples in (quiet, np.concatenate([said(), quiet]), quiet[:100]):
        found = echo.measure(samples, np.concatenate([quiet, reader()]), TEXT, TRANSCRIPT)
        assert found == Echo(echo.VERSION)


def test_a_short_sound_between_silences_is_not_an_echo() -> None:
    quiet = np.zeros(mel.RATE // 2, np.float32)
    sound = reader()[mel.RATE : mel.RATE * 6 // 5]
    parts = np.concatenate([quiet, sound, quiet])
    found = echo.measure(
        np.concatenate([said(), parts]), np.concatenate([reader(), parts]), TEXT, TRANSCRIPT
    )
    assert found == Echo(echo.VERSION)


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        (f"In his power to do for them. {TEXT}", "in his power to do for them"),
        (f"{TEXT} In his Power!", "in his power"),
        (f"Power to {TEXT}", "power to"),
        (TEXT.replace("noon", "now"), ""),
    ],
)
def test_words_of_the_transcript_that_are_not_in_the_text(heard: str, words: str) -> None:
    found = measured(said(), heard)
    assert found.words == words
    reasons = echo.judge(found, THRESHOLDS)
    assert len(reasons) == (len(words.split()) >= 3)
    if reasons:
        assert words in reasons[0]


def test_a_threshold_decides_how_many_words_are_an_echo() -> None:
    found = measured(said(), f"Power to {TEXT}")
    assert echo.judge(found, Thresholds(echo_words=2))
