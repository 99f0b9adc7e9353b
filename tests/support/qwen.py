"""What the tests of the two Qwen3-TTS engines share: checkpoints, whole and broken, and jobs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from support.checkpoint import KINDS, build
from support.engine_driver import interpreter, required

FRAME = 1920
"""Samples of a frame of the codec."""

GREEDY = {"temperature": "0"}
CLONE = {"ref": "reader", "transcript": "its digest"}
COLOUR = {"ref": "colour"}
TEXTS = ("The quick brown fox.", "Hello.", "A lazy dog, and she said hello.", "Jumps over.")


def python_of(environment: str) -> Path:
    """The Python of an environment; without one the test is skipped, and in CI it fails."""
    found = interpreter(environment)
    if isinstance(found, Path):
        return found
    if required():
        pytest.fail(found)
    pytest.skip(found)


def checkpoints(folder: Path) -> None:
    """Write checkpoints of every kind, and some that are broken or speak no speech."""
    for kind in KINDS:
        build(folder / kind, kind, seed=2)
    build(folder / "small", "custom_voice", size="0b6")
    build(folder / "silent", gain=0.0, seed=2)
    build(folder / "endless", seed=2, eos_bias=-1.0)
    build(folder / "mute", eos_bias=1.5)
    for part in ("vocab.json", "speech_tokenizer/model.safetensors"):
        broken = shutil.copytree(folder / "base", folder / f"without {Path(part).name}")
        (broken / part).unlink()
    torn = shutil.copytree(folder / "base", folder / "torn")
    weights = torn / "speech_tokenizer" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])


def job(text: str, voice: dict[str, str] = CLONE, **more: Any) -> dict[str, Any]:
    """A greedy job."""
    return {"text": text, "voice": voice, "sampling": GREEDY, **more}


def drawn(text: str, **more: Any) -> dict[str, Any]:
    """A job that samples."""
    return {"text": text, "voice": CLONE, **more}


def step(
    models: Path, name: str, *calls: list[dict[str, Any]], patch: str = "as_it_is", **model: Any
) -> dict[str, Any]:
    """A step of the driver's plan: calls of the model with a name in a folder."""
    return {"model": {"name": str(models / name), **model}, "calls": calls, "patch": patch}


def sounds(call: list[dict[str, Any]]) -> list[Any]:
    """The samples of a call in which every job was spoken."""
    assert not [result for result in call if "error" in result]
    return [result["samples"] for result in call]
