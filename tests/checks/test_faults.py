"""Faults that engines make, put into real speech: each is refused for its own reason, and the
speech as it is passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from narrate.checks.structure import Measures, judge, judge_recording, measure
from narrate.engines.base import Synthesis
from narrate.thresholds import Thresholds
from support.speech import LINES, noise, reader, speech, spoken, vowel

Samples = NDArray[Any]
Fault = Callable[[Synthesis], Samples]


def zeros(sound: Synthesis, seconds: float) -> Samples:
    return np.zeros(round(seconds * sound.rate), "float32")


def power(sound: Synthesis) -> float:
    """The RMS of the speech without its pauses."""
    loud = np.abs(sound.samples) > 0.02 * np.abs(sound.samples).max()
    return float(sound.samples[loud].std())


def noisy(decibels: float) -> Fault:
    return lambda sound: (
        sound.samples + noise(sound.samples.size, power(sound) * 10 ** (-decibels / 20))
    )


def hole(seconds: float) -> Fault:
    def fault(sound: Synthesis) -> Samples:
        place = vowel(sound, 0.4)
        return np.concatenate([sound.samples[:place], zeros(sound, seconds), sound.samples[place:]])

    return fault


def dropout(milliseconds: int, level: float = 0.0) -> Fault:
    def fault(sound: Synthesis) -> Samples:
        place, found = vowel(sound, 0.3), sound.samples.copy()
        found[place : place + milliseconds * sound.rate // 1000] *= level
        return found

    return fault


def cut(sound: Synthesis) -> Samples:
    place = vowel(sound, 0.6)
    return np.concatenate([sound.samples[:place], zeros(sound, 0.1)])


def headless(sound: Synthesis) -> Samples:
    return np.concatenate([zeros(sound, 0.1), sound.samples[vowel(sound, 0.1) :]])


def jump(sound: Synthesis) -> Samples:
    found, half = sound.samples.copy(), sum(speech(sound)) // 2
    found[half:] *= 0.08
    return found


def runaway(tail: Callable[[Synthesis, Samples], NDArray[np.floating]]) -> Fault:
    def fault(sound: Synthesis) -> Samples:
        times: Samples = np.linspace(0, 3, 3 * sound.rate, dtype=np.float32)
        more: Samples = tail(sound, times).astype(np.float32)
        return np.concatenate([sound.samples, more])

    return fault


def looping(seconds: float) -> Fault:
    def fault(sound: Synthesis) -> Samples:
        last = speech(sound)[1]
        piece = sound.samples[last - round(seconds * sound.rate) : last]
        return np.concatenate([sound.samples[:last], *[piece] * 6, sound.samples[last:]])

    return fault


FAULTS: dict[str, tuple[Fault, str]] = {
    "noise 0 dB": (noisy(0), "its noise is only"),
    "noise 10 dB": (noisy(10), "its noise is only"),
    "hole": (hole(1.6), "silence that its text does not explain"),
    "short hole": (hole(0.15), "breaks off inside"),
    "dropout": (dropout(60), "breaks off inside"),
    "long dropout": (dropout(200), "breaks off inside"),
    "near silence": (dropout(100, 0.002), "breaks off inside"),
    "cut end": (cut, "its end does not fade"),
    "cut beginning": (headless, "begins in the middle"),
    "offset": (lambda sound: sound.samples + np.float32(0.05), "not centred on zero"),
    "quiet": (lambda sound: sound.samples * np.float32(0.02), "too quiet"),
    "jump": (jump, "its level jumps by"),
    "clipped": (lambda sound: np.clip(sound.samples * 20, -1, 1), "clipped"),
    "silence after": (runaway(lambda sound, times: 0 * times), "s of silence"),
    "noise after": (
        runaway(lambda sound, times: noise(times.size, power(sound))),
        "one steady sound",
    ),
    "tone after": (
        runaway(lambda sound, times: power(sound) * np.sin(2764 * times)),
        "one steady sound",
    ),
    "buzz after": (
        runaway(lambda sound, times: power(sound) * np.sign(np.sin(691 * times))),
        "one steady sound",
    ),
    "loop 0.3 s": (looping(0.3), "come again exactly"),
    "loop 1 s": (looping(1.0), "come again exactly"),
}
LOOSE = Thresholds(
    offset=1, quiet=-200, noise=0, silence=99, pauses=(99, 99, 99, 99), dropout=200, decay=0,
    ending=99, fall=200, start=99, jump=99, skew=-99, steady=99, repeated=99,
)  # fmt: skip


def reasons(samples: Samples, rate: int, text: str) -> tuple[str, ...]:
    return judge(measure(Synthesis(samples, rate)), text)


@pytest.mark.parametrize("line", LINES[:3])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_speech_is_refused(name: str, line: str) -> None:
    fault, reason = FAULTS[name]
    sound = spoken(line)
    assert any(reason in said for said in reasons(fault(sound), sound.rate, line))


@pytest.mark.parametrize("name", ["noise 10 dB", "dropout", "cut end", "noise after", "hole"])
def test_a_fault_in_a_person_is_refused(name: str) -> None:
    fault, reason = FAULTS[name]
    sound, text = reader()
    assert any(reason in said for said in reasons(fault(sound), sound.rate, text))


@pytest.mark.parametrize("line", LINES)
def test_speech_passes(line: str) -> None:
    assert judge(measure(spoken(line)), line) == ()


def test_a_person_passes() -> None:
    sound, text = reader()
    assert judge(measure(sound), text) == ()


@pytest.mark.parametrize(
    "text",
    ["Yes.", "A.", "3.14", "No?", "Shh.", "Wait — no — stop — now!", "One: two; three… four.",
     "No! No! No! No!", "Stop. Go. Stop. Go. Stop. Go.", "la la la la la la la la la la"],
)  # fmt: skip
def test_odd_texts_pass(text: str) -> None:
    assert judge(measure(spoken(text)), text) == ()


@pytest.mark.parametrize("name", ["hole", "noise after", "jump", "cut end", "loop 1 s"])
def test_a_recording_may_hold_what_speech_may_not(name: str) -> None:
    sound = spoken(LINES[0])
    found = measure(Synthesis(FAULTS[name][0](sound), sound.rate))
    assert judge_recording(found, LINES[0]) == ()


def test_a_recording_is_centred_on_zero() -> None:
    sound = spoken(LINES[0])
    found = measure(Synthesis(FAULTS["offset"][0](sound), sound.rate))
    assert "not centred" in judge_recording(found, "")[0]


def test_punctuation_explains_silence_where_it_stands() -> None:
    sound = spoken(LINES[0])
    found = measure(Synthesis(hole(0.8)(sound), sound.rate))
    (place, _), *_ = found.gaps
    at = round(place / 1000 * len(LINES[0]))
    paused = LINES[0][:at].rstrip() + ". " + LINES[0][at:]
    assert any("does not explain" in said for said in judge(found, LINES[0]))
    assert not any("does not explain" in said for said in judge(found, paused))


@pytest.mark.parametrize("name", FAULTS)
def test_thresholds_decide(name: str) -> None:
    sound = spoken(LINES[0])
    found = measure(Synthesis(FAULTS[name][0](sound), sound.rate))
    assert judge(found, LINES[0], msgspec.structs.replace(LOOSE, clipped=1)) == ()


def test_old_measurements_are_judged_by_what_they_have() -> None:
    old = b'{"stop":"end","seconds":3.5,"peak":0.5,"silent":0.2,"clipped":0.0}'
    measures = msgspec.json.decode(old, type=Measures)
    assert measures.version == 1
    assert judge(measures, LINES[0]) == ()
    assert judge(msgspec.structs.replace(measures, clipped=0.5), LINES[0])


def test_measurements_are_small_and_survive_storage() -> None:
    measures = measure(spoken(LINES[4]))
    stored = msgspec.json.encode(measures)
    assert len(stored) < 1000
    assert msgspec.json.decode(stored, type=Measures) == measures


def test_a_steady_tone_is_a_test_signal() -> None:
    times = np.arange(72_000) / 24_000
    tone = (0.3 * np.sin(2 * np.pi * 220 * times)).astype("float32")
    assert reasons(tone, 24_000, LINES[0]) == ()


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_every_rate_measures_alike(rate: int) -> None:
    import soxr

    sound = spoken(LINES[0])
    found = measure(Synthesis(soxr.resample(sound.samples, sound.rate, rate), rate))
    usual = measure(sound)
    assert judge(found, LINES[0]) == ()
    assert found.pitch == pytest.approx(usual.pitch, rel=0.02)
    assert found.spoken == pytest.approx(usual.spoken, abs=0.05)
    assert len(found.shape) == len(usual.shape)
