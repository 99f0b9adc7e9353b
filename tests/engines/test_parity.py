"""One checkpoint, two engines: greedy, qwen-tts on PyTorch and mlx-audio speak the same sound,
whether each runs in an environment of its own or both run in one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.checkpoint import build
from support.engine_driver import drive, reference
from support.qwen import python_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

GREEDY = {"temperature": "0"}
CLONE = {"ref": "reader", "transcript": "its digest"}
# Without a transcript the two part after some frames: they hear a speaker by slightly different
# arithmetic.
JOBS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "clone": (
        "base",
        [{"text": "The quick brown fox.", "voice": CLONE}, {"text": "Hello.", "voice": CLONE}],
    ),
    # 74 frames after the 30 of the recording: there both libraries leave a sample of it, by a
    # rounding error.
    "runaway": ("endless", [{"text": "Hi.", "voice": CLONE}]),
    "speaker": (
        "custom_voice",
        [{"text": "Hello.", "voice": {"speaker": "vivian", "instruct": "calm"}}],
    ),
    "design": ("voice_design", [{"text": "Hello.", "voice": {"design": "an old storyteller"}}]),
}

COMPARED = 40 * 1920
"""Samples. mlx-audio's repetition penalty looks back 64 frames, that of qwen-tts to the beginning,
so that they may part there; and a little of what comes later is heard before it, through the
attention of the codec.
"""


ENVIRONMENTS = {
    "each in its own": {"mlx": "mlx", "torch": "torch"},
    "both in one": {"mlx": "both", "torch": "both"},
}
"""The environment in which each engine runs."""


@pytest.fixture(scope="module", params=ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def pythons(request: pytest.FixtureRequest) -> dict[str, Path]:
    return {engine: python_of(environment) for engine, environment in request.param.items()}


@pytest.fixture(scope="module")
def reports(pythons: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("parity")
    for kind in ("base", "custom_voice", "voice_design"):
        build(folder / kind, kind, seed=2)
    build(folder / "endless", seed=2, eos_bias=-1.0)
    np.save(folder / "reader.npy", reference())
    voices = {"reader": [str(folder / "reader.npy"), "hello world"]}
    steps = {
        name: {
            "model": {"name": str(folder / model)},
            "voices": voices,
            "calls": [[{**job, "sampling": GREEDY}] for job in jobs],
        }
        for name, (model, jobs) in JOBS.items()
    }
    return {
        engine: drive(python, engine, folder / engine, steps) for engine, python in pythons.items()
    }


@pytest.mark.parametrize("name", JOBS)
def test_both_engines_speak_the_same_sound(reports: dict[str, Any], name: str) -> None:
    for one, other in zip(
        *(sum(report[name]["calls"], []) for report in reports.values()), strict=True
    ):
        assert one["stop"] == other["stop"]
        assert one["samples"].size == other["samples"].size
        assert np.abs(one["samples"] - other["samples"])[:COMPARED].max() < 1e-4
        assert np.abs(one["samples"]).max() > 0.01
