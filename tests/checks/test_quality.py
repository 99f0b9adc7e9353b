"""DNSMOS, with the real networks, against the numbers of the package that they come from."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from narrate.checks import quality
from narrate.checks.quality import Quality
from narrate.thresholds import Thresholds

READER = Path(__file__).parents[2] / "examples" / "voice_ref" / "ref.wav"
MODELS = quality.find()
RATED = Quality(quality.VERSION, 3.24, 3.6, 3.92, 3.76)
"""The reader by speechmos 0.0.1.1 itself."""

needs_networks = pytest.mark.skipif(MODELS is None, reason=quality.INSTALL)


@needs_networks
def test_the_ratings_are_those_of_the_package() -> None:
    assert MODELS
    samples, _ = soundfile.read(READER, dtype="float32")
    ours = quality.measure(samples, MODELS)
    assert ours
    for name in ("overall", "speech", "background", "p808"):
        assert getattr(ours, name) == pytest.approx(getattr(RATED, name), abs=0.011), name
    assert "speechmos" not in sys.modules


@needs_networks
def test_noise_sounds_worse() -> None:
    assert MODELS
    samples, rate = soundfile.read(READER, dtype="float32")
    noise = np.random.default_rng(0).normal(0, 0.05, 4 * rate).astype(np.float32)
    noisy = quality.measure(samples[: 4 * rate] + noise, MODELS)
    assert noisy
    assert noisy.overall < 2 < RATED.overall
    assert noisy.background < 2


@needs_networks
def test_silence_is_not_rated() -> None:
    assert MODELS
    assert quality.measure(np.zeros(16_000, np.float32), MODELS) is None


def test_it_is_no_gate_unless_a_threshold_is_set() -> None:
    assert quality.judge(RATED, Thresholds()) == ()
    assert quality.judge(RATED, Thresholds(quality=3.2)) == ()
    [reason] = quality.judge(RATED, Thresholds(quality=3.3))
    assert reason == "it sounds bad (DNSMOS 3.24, at least 3.30)"
    for least in (3.2, 3.3):
        assert (quality.worst(RATED, Thresholds(quality=least)) > 1) == (least > RATED.overall)
