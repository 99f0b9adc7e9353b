"""Drives an engine in the interpreter of its own environment: many models and jobs in one process.

A plan goes in as JSON on standard input, {"engine": …, "out": folder, "steps": {name: step}}, and
what came of each step comes out as JSON on standard output; samples are left in `out` as NumPy
files. A step is {"model": {field of ModelRef: …}, "calls": [[job, …], …], "voices": {digest: [file,
transcript]}, "patch": name}, where a job is {field of Request: …, "attempt": n}; a call of one job
with "stream": true gives its pieces. `patch` names a function of this module, or one of another as
"module.function", that is in force from before loading. `seconds` is from the call to a result.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[2]
OPENBLAS = Path("/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0")
"""Multiplies 65 times faster than the library inside mlx-cpu; used where it is installed."""

SET = dict(os.environ)
"""What the developer has set, before conftest.py forgets it."""


def interpreter(environment: str) -> Path | str:
    """The Python of an environment ("mlx", "torch", "both"), or a line that says why there
    is none.
    """
    variable = f"NARRATE_{environment.upper()}_PYTHON"
    python = Path(SET.get(variable) or ROOT / ".envs/engines" / environment / "bin/python")
    if python.exists():
        return python
    return f"{python} does not exist: run `make engines`, or name an interpreter in {variable}"


def required() -> bool:
    """Whether a missing engine is a failure and no reason to skip."""
    return SET.get("CI") == "true" or SET.get("NARRATE_REQUIRE_ENGINES") == "1"


def environment() -> dict[str, str]:
    """What a process of an engine's interpreter gets: this checkout, no network, a fast BLAS."""
    # On cores that others use too, a second thread of so small a model spends its time waiting: 300
    # ms a frame, not 20.
    chosen = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    return chosen | ({"LD_PRELOAD": str(OPENBLAS)} if OPENBLAS.exists() else {})


def drive(python: Path, engine: str, out: Path, steps: dict[str, Any]) -> dict[str, Any]:
    """Run a plan, and give back what came of each step, with samples as arrays."""
    out.mkdir(parents=True, exist_ok=True)
    plan = json.dumps({"engine": engine, "out": str(out), "steps": steps})
    done = subprocess.run(
        [python, __file__], input=plan.encode(), capture_output=True, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    report: dict[str, Any] = json.loads(done.stdout)
    for result in (
        each for step in report.values() for call in step.get("calls", ()) for each in call
    ):
        if "file" in result:
            result["samples"] = np.load(result["file"])
    return report


def reference(seconds: float = 2.4, seed: int = 0) -> npt.NDArray[np.float32]:
    """A hum with harmonics that swells three times a second, a little noisy: enough for a speaker
    encoder.
    """
    times = np.arange(int(seconds * 24_000)) / 24_000
    hum = sum(
        np.sin(2 * np.pi * pitch * times) / k
        for k, pitch in enumerate((140, 280, 420, 900, 2300), 1)
    )
    noise = np.random.default_rng(seed).standard_normal(times.size)
    sound = 0.3 * (0.5 + 0.5 * np.sin(6 * np.pi * times)) * hum + 0.01 * noise
    scaled: npt.NDArray[np.float32] = (0.7 * sound / np.abs(sound).max()).astype(np.float32)
    return scaled


def main() -> None:
    from narrate.workers import worker

    requests, replies = worker._take_pipes()
    plan = json.load(requests)
    report = {
        name: _step(plan["engine"], Path(plan["out"]) / name, step)
        for name, step in plan["steps"].items()
    }
    replies.write(json.dumps(report).encode())


def _step(name: str, out: Path, step: dict[str, Any]) -> dict[str, Any]:
    from narrate.engines import base

    engine = importlib.import_module(f"narrate.engines.{name}").Engine()
    voices = {
        key: base.Reference(np.load(file), 24_000, text)
        for key, (file, text) in step.get("voices", {}).items()
    }
    with _patch(step.get("patch", "as_it_is")):
        try:
            engine.load(base.ModelRef(**step["model"]))
        except (ImportError, base.Unusable) as error:
            return {"error": type(error).__name__, "message": str(error)}
        facts = {fact: getattr(engine, fact) for fact in ("kind", "device", "dtype")}
        facts |= {fact: list(getattr(engine, fact)) for fact in ("languages", "speakers")}
        calls = [
            _call(engine, jobs, voices, f"{out}-{number}")
            for number, jobs in enumerate(step["calls"])
        ]
        engine.close()
    return {**facts, "calls": calls}


def _call(
    engine: Any, jobs: list[dict[str, Any]], voices: dict[str, Any], out: str
) -> list[dict[str, Any]]:
    from narrate.engines import base
    from narrate.request import Request

    fields = {"engine": "", "behaviour": 1, "model": "", "language": "en"}
    asked = []
    for job in map(dict, jobs):
        attempt, streams = job.pop("attempt", 1), job.pop("stream", False)
        asked.append(base.Job(Request.from_json({**fields, **job}), attempt, attempt - 1))
    results: list[dict[str, Any]] = []
    started = time.perf_counter()
    try:
        found = engine.stream(*asked, voices) if streams else engine.synthesize(asked, voices)
        for number, result in enumerate(found):
            results.append(
                {
                    "seconds": time.perf_counter() - started,
                    **_describe(result, f"{out}-{number}.npy"),
                }
            )
    except Exception as error:
        results.append({"error": type(error).__name__, "message": str(error)})
    return results


def _describe(result: Any, file: str) -> dict[str, Any]:
    if isinstance(result, Exception):
        return {"error": type(result).__name__, "message": str(result)}
    np.save(file, result.samples)
    return {"rate": result.rate, "stop": result.stop, "file": file}


def _patch(name: str) -> Any:
    """A function of this module, or that of another one as "module.function"."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)() if module else globals()[function]()


@contextmanager
def as_it_is() -> Any:
    yield


@contextmanager
def unmended() -> Any:
    """mlx-audio without our fix of its frame count."""
    with mock.patch("narrate.engines.mlx.qwen3.count_every_frame", return_value=None):
        yield


@contextmanager
def as_other() -> Any:
    """A model that our code knows nothing about."""
    from narrate.engines import mlx
    from narrate.engines.mlx import models as mlx_models

    with mock.patch.object(mlx, "Qwen", mlx_models.Other):
        yield


@contextmanager
def stranger() -> Any:
    """A model with a rate, options and bounds of its own, that clones nobody."""
    from narrate.engines import mlx
    from narrate.engines.mlx import models as mlx_models

    known, mlx._open = mlx._open, lambda folder, config: mlx_models.Other(Stranger(), folder)
    try:
        yield
    finally:
        mlx._open = known


class Stranger:
    """Hums its temperature, a sentence at a time; stops without a word at its 10th token."""

    sample_rate = 16_000

    def generate(
        self,
        text: str,
        voice: str = "a",
        temperature: float = 0.5,
        max_tokens: int = 10,
        **rest: Any,
    ) -> Any:
        import mlx.core as mx

        assert not rest, rest
        for sentence in text.split("."):
            audio = mx.full((2, min(len(sentence), max_tokens)), temperature, dtype=mx.bfloat16)
            yield SimpleNamespace(
                audio=audio, sample_rate=self.sample_rate, token_count=audio.shape[1]
            )

    def parameters(self) -> dict[str, Any]:
        return {}


if __name__ == "__main__":
    main()
