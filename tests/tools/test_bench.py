"""`narrate bench`: figures of every way to speak, and a picture of them."""

from __future__ import annotations

import json
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import pytest

from narrate.tools import bench
from support.checkpoint import build
from support.engine_driver import interpreter, required
from support.project import Narrate

ROWS = {
    "load",
    "first_clip",
    "seconds",
    "audio",
    "memory",
    "device_memory",
    "rtf",
    "times_real_time",
    "device",
}


def figures(narrate: Narrate, *flags: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    ran = narrate("bench", *flags, "--json", env=env or {})
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_every_batch_size_gets_its_row(narrate: Narrate) -> None:
    found = figures(narrate, "--engine", "tone", "--batch", "1,4")
    assert [(row["engine"], row["batch"]) for row in found["rows"]] == [("tone", 1), ("tone", 4)]
    assert all(row.keys() >= ROWS for row in found["rows"])
    assert all(row["memory"] > 10_000_000 and row["audio"] > 10 for row in found["rows"])
    assert found["cached_rerun_seconds"] > 0


def test_the_picture_has_a_bar_a_row(narrate: Narrate, tmp_path: Path) -> None:
    picture = tmp_path / "bench.svg"
    ran = narrate("bench", "--compare", "tone", "hibari", "--batch", "1", "--plot", str(picture))
    assert ran.code == 0, ran.err
    assert "times as fast as tone" in ran.out
    bars = xml.etree.ElementTree.parse(picture).getroot().findall("{*}rect")
    assert len(bars) == 1 + 2


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--batch", "1,x"], "batch sizes"),
        (["--engine", "hibary"], "hibari"),
        (["--ref", "no.wav", "--engine", "mlx"], "no.wav"),
    ],
)
def test_what_cannot_be_measured_is_said(narrate: Narrate, flags: list[str], said: str) -> None:
    ran = narrate("bench", *flags)
    assert ran.code == 2
    assert said in ran.err
    assert "next:" in ran.err


def test_there_are_ten_texts_of_about_a_hundred_characters() -> None:
    assert len(set(bench.TEXTS)) == 10
    assert all(85 <= len(text) <= 115 for text in bench.TEXTS)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["torch", "mlx"])
def test_a_cloning_engine_is_measured_beside_its_library(
    narrate: Narrate, tmp_path: Path, engine: str
) -> None:
    python = interpreter(engine)
    if isinstance(python, str):
        pytest.fail(python) if required() else pytest.skip(python)
    model = build(tmp_path / "tiny")
    env = {
        "NARRATE_ENGINE_PYTHON": str(python),
        "NARRATE_MODEL": str(model),
        "OMP_NUM_THREADS": "1",
    }
    found = figures(narrate, "--engine", engine, "--batch", "8", env=env)
    names = [row["name"] for row in found["rows"]]
    assert names == ["batch 8", "one by one, without narrate"]
