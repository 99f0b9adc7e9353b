"""What is usual for a voice: a clip at the wrong rate or pace is refused, the voice's own pass."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import soxr

from narrate.checks.structure import Measures, measure
from narrate.checks.usual import (
    LEAST_CLIPS,
    Relative,
    Usual,
    compare,
    judge,
    usual_of,
    usual_of_reference,
)
from narrate.engines.base import Synthesis
from support.speech import LINES, reader, spoken

OTHERS = (
    "Rice is often served in round bowls.",
    "The derivative of x squared is two x.",
    "It snowed, rained, and hailed the same morning.",
    "A run of three hundred lines takes about four minutes.",
)


@pytest.fixture(scope="module")
def usual() -> Usual:
    found = usual_of([(measure(spoken(line)), line) for line in LINES])
    assert found is not None
    return found


def relative(usual: Usual, text: str, speed: float = 1.0, rate: int = 0) -> Relative:
    sound = spoken(text)
    samples = soxr.resample(sound.samples, 1000 * speed, 1000) if speed != 1 else sound.samples
    return compare(measure(Synthesis(samples, rate or sound.rate)), text, usual)


@pytest.mark.parametrize("text", [*OTHERS, "Yes.", "A.", "3.14", "Shh.", "1111 1111 1111 1111"])
def test_other_lines_of_the_voice_pass(usual: Usual, text: str) -> None:
    assert judge(relative(usual, text)) == ()


@pytest.mark.parametrize("speed", [0.5, 0.667, 0.75, 1.25, 1.333, 1.5, 2.0])
@pytest.mark.parametrize("text", OTHERS)
def test_the_wrong_speed_is_refused(usual: Usual, text: str, speed: float) -> None:
    said = judge(relative(usual, text, speed))
    assert any("times the speed" in reason for reason in said)


def test_another_rate_is_refused(usual: Usual) -> None:
    assert "sample rate is 0.92 times" in judge(relative(usual, OTHERS[0], rate=22_050))[0]


def test_half_of_a_text_is_refused(usual: Usual) -> None:
    half = compare(measure(spoken("Help the woman.")), LINES[4], usual)
    assert any("times as long" in reason for reason in judge(half))


def test_another_level_is_refused(usual: Usual) -> None:
    sound = spoken(OTHERS[0])
    quiet = compare(
        measure(Synthesis(sound.samples * np.float32(0.125), sound.rate)), OTHERS[0], usual
    )
    assert any("its level differs by -19 dB" in reason for reason in judge(quiet))


def test_too_few_clips_say_nothing() -> None:
    clips = [(measure(spoken(line)), line) for line in LINES]
    assert usual_of(clips[: LEAST_CLIPS - 1]) is None
    assert usual_of([*clips[: LEAST_CLIPS - 1], (measure(spoken("Yes.")), "Yes.")]) is None
    assert usual_of(clips[:LEAST_CLIPS]) is not None


def test_old_measurements_are_not_compared(usual: Usual) -> None:
    old = Measures("end", 3.5, 0.5, 0.2, 0.0)
    assert judge(compare(old, LINES[0], usual)) == ()
    assert usual_of([(old, LINES[0])] * 9) is None


def test_a_reference_gives_what_it_has() -> None:
    sound, text = reader()
    found = usual_of_reference(sound.samples, sound.rate, text)
    assert found is not None
    assert found.reference
    assert 80 < found.pitch < 110
    assert judge(compare(measure(sound), text, found)) == ()


def test_a_comparison_survives_storage(usual: Usual) -> None:
    found = relative(usual, OTHERS[0])
    stored = msgspec.json.encode(found)
    assert len(stored) < 300
    assert msgspec.json.decode(stored, type=Relative) == found
