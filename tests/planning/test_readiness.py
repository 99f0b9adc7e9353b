"""Engines are looked for before anything is spoken, and everything that is missing is named in one
go.
"""

from __future__ import annotations

import shutil
import sys
from typing import Any

import pytest

from support.project import Narrate

MIXED: dict[str, Any] = {
    "voices": {"reader": {"speaker": "ryan"}, "old": {"design": "an old storyteller"}},
    "segments": [
        {"id": "one", "text": "The embedded voice says this."},
        {"id": "two", "text": "Ryan says this.", "voice": "reader"},
        {"id": "three", "text": "An old man says this.", "voice": "old"},
        {"id": "four", "text": "The embedded voice ends it."},
    ],
}


@pytest.fixture
def mixed(narrate: Narrate) -> Narrate:
    """A script with three voices, two of them for an engine that is not installed."""
    narrate.write("script.json", MIXED)
    narrate.env |= {"NARRATE_DATA_DIR": str(narrate.root / "data"), "NARRATE_ENGINE": ""}
    return narrate


def test_nothing_is_spoken_while_an_engine_is_missing(mixed: Narrate) -> None:
    ran = mixed("run")
    assert ran.code == 6
    assert ran.err.count("error: ") == 1
    assert ": not installed\n  next: run: narrate engines install " in ran.err
    assert "--stand-in hibari" in ran.err
    assert mixed.clips == []
    assert not mixed.out.exists()


def test_the_engines_of_hits_are_not_looked_for(mixed: Narrate) -> None:
    mixed.write("script.json", MIXED["segments"][:1])
    mixed.run()
    mixed.write("narrate.toml", 'engine_python = "/nowhere/python"\n')
    assert mixed.run()["cached"] == 1


def test_only_the_engines_of_what_is_spoken_are_looked_for(mixed: Narrate) -> None:
    ran = mixed("run", "--only", "one")
    assert ran.code == 3
    assert len(mixed.clips) == 1


def test_a_python_without_the_packages_is_found_out_first(mixed: Narrate) -> None:
    ran = mixed("run", "--engine-python", sys.executable)
    assert ran.code == 6
    assert f"{sys.executable} (given by --engine-python) does not have " in ran.err
    assert "narrate engines install" in ran.err
    assert mixed.clips == []


def test_all_missing_models_are_named_in_one_go(mixed: Narrate) -> None:
    """A Python that has the modules of the engine, as far as anybody can see without loading it."""
    fake = mixed.root / "fake"
    for name in ("torch", "qwen_tts", "mlx", "mlx_audio"):
        (fake / name).mkdir(parents=True)
        (fake / name / "__init__.py").write_text("")
    python = fake / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{fake}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    ran = mixed("run", "--engine-python", python, "--offline")
    assert ran.code == 6
    assert ran.err.count("this model is not on this machine") == 2
    assert ran.err.count("narrate models pull ") == 2
    assert mixed.clips == []
    folder = mixed.folder / "model"
    folder.mkdir()
    ran = mixed("run", "--engine-python", python, "--model", folder)
    assert f"{folder}: this folder is not a model: it has no config.json" in ran.err
    assert mixed.clips == []
    shutil.rmtree(fake)


def test_a_server_that_is_missing_is_found_out_first(mixed: Narrate) -> None:
    ran = mixed("run", "--engine", "openai")
    assert ran.code == 6
    assert "error: engine openai: no server is named\n  next: write into narrate.toml" in ran.err
    mixed.env["NARRATE_OPENAI_BASE_URL"] = "http://192.0.2.1/v1"
    ran = mixed("run", "--engine", "openai", "--offline")
    assert "this run is offline, and 192.0.2.1 is not this machine" in ran.err


def test_a_plan_warns_of_missing_engines_once(mixed: Narrate) -> None:
    ran = mixed("plan")
    assert ran.code == 0
    [warning] = [line for line in ran.err.splitlines() if line.startswith("warning: ")]
    assert ": not installed; run: narrate engines install " in warning


def test_a_plan_starts_no_program_of_a_project(mixed: Narrate) -> None:
    program = mixed.folder / "python"
    program.write_text(f"#!/bin/sh\ntouch '{mixed.folder}/started'\nexit 1\n")
    program.chmod(0o755)
    mixed.write("narrate.toml", f'engine_python = "{program}"\n')
    ran = mixed("plan")
    assert (ran.code, ran.err) == (0, "")
    assert not (mixed.folder / "started").exists()
    assert mixed("run").code == 6
    assert (mixed.folder / "started").exists()
