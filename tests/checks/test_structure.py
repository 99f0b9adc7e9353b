"""The structural checks: each bound from both sides, and no honest speech refused."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narrate.checks import structure as checks
from narrate.checks.structure import Measures, broken, judge, measure
from narrate.engines.base import StopReason, Synthesis
from narrate.sound.pace import bounds

RATE = 24_000
TEXT = "Each entry is the dot product of a row and a column."
GOOD = Measures(stop="end", seconds=3.5, peak=0.5, silent=0.2, clipped=0.0)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def refused(text: str = TEXT, **changes: Any) -> tuple[str, ...]:
    return judge(msgspec.structs.replace(GOOD, **changes), text)


def hum(seconds: float, level: float = 0.5) -> NDArray[np.float32]:
    times = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 220 * times)).astype("float32")


def verdict(
    samples: NDArray[np.float32], text: str = TEXT, stop: StopReason = StopReason.END
) -> tuple[str, ...]:
    return judge(measure(Synthesis(samples, RATE, stop)), text)


@pytest.mark.parametrize(
    ("within", "beyond", "reason"),
    [
        ({"stop": "end"}, {"stop": "length"}, "length limit"),
        ({"peak": checks.SILENT_PEAK}, {"peak": checks.SILENT_PEAK - 1e-9}, "it is silent"),
        ({"silent": checks.SILENT_SHARE}, {"silent": checks.SILENT_SHARE + 0.001}, "is silence"),
        ({"clipped": checks.CLIPPED_SHARE}, {"clipped": checks.CLIPPED_SHARE + 1e-6}, "clipped"),
        ({"seconds": bounds(TEXT)[0]}, {"seconds": bounds(TEXT)[0] - 1e-6}, "too short"),
        ({"seconds": bounds(TEXT)[1]}, {"seconds": bounds(TEXT)[1] + 1e-6}, "too long"),
    ],
    ids=["stop", "peak", "silent", "clipped", "short", "long"],
)
def test_each_bound_has_two_sides(
    within: dict[str, Any], beyond: dict[str, Any], reason: str
) -> None:
    assert refused(**within) == ()
    (said,) = refused(**beyond)
    assert reason in said


def test_every_reason_is_told() -> None:
    reasons = refused(stop="length", peak=0.9, silent=0.99, clipped=0.5, seconds=1000)
    assert len(reasons) == 4


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (TEXT, len(TEXT) * 0.18),
        (TEXT, len(TEXT) / 25),
        ("No.", 0.15),
        ("No.", 4.0),
        ("Mississippi", 0.44),
        ("3.14159265358979", 12.0),
        ("1999", 1.3),
        ("東京タワーは高い。", 1.6),
        ("東京タワーは高い。", 4.0),
        ("∑ x² = π", 5.0),
        ("— … — … — … —", 0.2),
    ],
)
def test_honest_speech_passes(text: str, seconds: float) -> None:
    assert refused(text, seconds=seconds) == ()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(TEXT, 1.0), (TEXT, 60.0), ("No.", 12.0), ("Mississippi", 0.1)],
    ids=["lost words", "runaway", "long no", "cut off"],
)
def test_speech_that_nobody_could_say_is_refused(text: str, seconds: float) -> None:
    assert len(refused(text, seconds=seconds)) == 1


@given(
    TEXTS,
    st.floats(0, 1),
    st.sampled_from([0.9, 0.5, 0.1]),
    st.floats(0, 0.97),
    st.floats(0, 0.001),
)
def test_whatever_lies_within_the_bounds_passes(
    text: str, share: float, peak: float, silent: float, clipped: float
) -> None:
    shortest, longest = bounds(text)
    seconds = min(longest, shortest + share * (longest - shortest))
    assert refused(text, seconds=seconds, peak=peak, silent=silent, clipped=clipped) == ()


@given(TEXTS, TEXTS)
def test_more_text_may_never_take_less_time(text: str, more: str) -> None:
    assert all(less <= grown for less, grown in zip(bounds(text), bounds(text + more), strict=True))
    assert bounds(text)[0] < bounds(text)[1]


def test_measures_are_those_of_the_samples() -> None:
    samples = np.concatenate([hum(1.0), np.zeros(RATE, "float32")])
    samples[:48] = 1.0
    found = measure(Synthesis(samples, RATE))
    assert (found.stop, found.seconds, found.peak) == ("end", 2.0, 1.0)
    assert found.silent == pytest.approx(0.5, abs=0.02)
    assert found.clipped == pytest.approx(48 / 48_000)


def test_sound_is_measured_and_judged() -> None:
    assert verdict(hum(3.5)) == ()
    assert "length limit" in verdict(hum(3.5), stop=StopReason.LENGTH)[0]
    assert "it is silent" in verdict(hum(3.5, level=0.001))[0]
    assert "is silence" in verdict(np.concatenate([hum(0.1), np.zeros(10 * RATE, "float32")]))[0]
    assert "clipped" in verdict(np.clip(hum(3.5, level=2.0), -1, 1))[0]
    assert "too short" in verdict(hum(0.5))[0]


@pytest.mark.parametrize("size", [1, 100, RATE // 50 + 1])
def test_very_short_sound_can_be_measured(size: int) -> None:
    assert measure(Synthesis(np.full(size, 0.5, "float32"), RATE)).silent == 0


def test_what_is_no_audio_is_broken() -> None:
    sound = hum(0.1)
    assert broken(Synthesis(sound, RATE)) is None
    assert broken(Synthesis(sound[:0], RATE)) == "it is empty"
    for value in (np.nan, np.inf, -np.inf):
        sound[7] = value
        assert "finite" in str(broken(Synthesis(sound, RATE)))
