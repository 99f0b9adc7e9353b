"""One checkpoint, two engines: greedy, qwen-tts on PyTorch and mlx-audio speak the same sound,
whether each runs in an environment of its own or both run in one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from support.checkpoint import KINDS, build
from support.engine_driver import drive, reference
from support.qwen import CLONE, GREEDY, python_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

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


ENVIRONMENTS = {"each in its own": ("mlx", "torch"), "both in one": ("both", "both")}
"""The environments in which mlx and torch run."""

Report = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What an engine speaks in an environment; each is run once."""
    folder = tmp_path_factory.mktemp("parity")
    for kind in KINDS:
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

    @cache
    def run(environment: str, engine: str) -> dict[str, Any]:
        return drive(python_of(environment), engine, folder / f"{engine} in {environment}", steps)

    return run


def results(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [result for call in report[name]["calls"] for result in call]


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("environments", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_both_engines_speak_the_same_sound(
    report: Report, environments: tuple[str, str], name: str
) -> None:
    mlx, torch = report(environments[0], "mlx"), report(environments[1], "torch")
    for one, other in zip(results(mlx, name), results(torch, name), strict=True):
        assert one["stop"] == other["stop"]
        assert one["samples"].size == other["samples"].size
        assert np.abs(one["samples"] - other["samples"])[:COMPARED].max() < 1e-4
        assert np.abs(one["samples"]).max() > 0.01


@pytest.mark.parametrize("name", JOBS)
def test_qwen_tts_hf_gives_the_samples_of_qwen_tts(report: Report, name: str) -> None:
    """So a clip that was made in one environment is a hit in the other."""
    own, shared = report("torch", "torch"), report("both", "torch")
    for one, other in zip(results(own, name), results(shared, name), strict=True):
        assert one["stop"] == other["stop"]
        assert np.array_equal(one["samples"], other["samples"])
