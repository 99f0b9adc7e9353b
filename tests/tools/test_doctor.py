"""`narrate doctor`: what it looks at, what it calls well, and what it tells to do."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from narrate.engines import torch
from narrate.planning import casting
from narrate.tools import doctor
from narrate.tools.doctor import Status
from support.engine_driver import interpreter, required
from support.project import Narrate

SOURCE = Path(casting.__file__).parents[2]
PYTHONS = {name: interpreter(name) for name in ("mlx", "torch")}


@pytest.fixture
def patient(narrate: Narrate) -> Narrate:
    narrate.env |= {
        "NARRATE_DATA_DIR": str(narrate.root / "data"),
        "HF_HOME": str(narrate.root / "hf"),
    }
    return narrate


def findings(patient: Narrate, code: int = 0, **env: str) -> dict[str, Any]:
    ran = patient("doctor", "--json", env=env)
    assert ran.code == code, ran.err
    assert ran.json["ok"] == (code == 0)
    return {finding["part"]: finding for finding in ran.json["findings"]}


def test_a_machine_that_can_narrate_is_well(patient: Narrate) -> None:
    found = findings(patient)
    assert {finding["status"] for finding in found.values()} <= {"ok", "warn", "-"}
    assert found["engine hibari"]["text"].startswith("spoke a test sentence in ")
    assert found["engine hibari"]["facts"]["versions"]["hibari-tts"] == "0.2.1"
    assert found["narrate"]["facts"]["executable"] == sys.executable
    assert found["machine"]["facts"]["memory"] > 2**28
    cloning = found[f"engine {casting.cloning_engine()}"]
    assert cloning["status"] == "warn"
    assert cloning["fix"] == f"narrate engines install {casting.cloning_engine()}"
    assert found["cache"]["facts"] == {"dir": str(patient.cache), "entries": 0, "bytes": 0}
    assert not patient.cache.exists()
    assert all(
        finding["fix"] for finding in found.values() if finding["status"] in ("warn", "fail")
    )


def test_it_is_read_at_a_glance(patient: Narrate) -> None:
    ran = patient("doctor")
    lines = ran.out.splitlines()
    assert any(line.startswith("ok    engine hibari  spoke") for line in lines)
    fix = f"fix: narrate engines install {casting.cloning_engine()}"
    warned = next(number for number, line in enumerate(lines) if line.startswith("warn  engine"))
    assert lines[warned + 1].strip() == fix


def test_the_cache_is_counted(patient: Narrate) -> None:
    patient.write("script.json", [{"text": "Rows."}])
    patient.run("--engine", "tone")
    assert findings(patient)["cache"]["facts"]["entries"] == 1


def test_what_the_configuration_says_is_told(patient: Narrate) -> None:
    patient.write("narrate.toml", "pause_after = 1.0\n")
    settings = findings(patient, NARRATE_QA="warn")["configuration"]["facts"]["settings"]
    assert settings["pause_after"] == str(patient.folder / "narrate.toml")
    assert settings["qa"] == "NARRATE_QA"


def test_a_broken_configuration_is_not_well(patient: Narrate) -> None:
    patient.write("narrate.toml", "pauze = 1.0\n")
    found = findings(patient, 6)["configuration"]
    assert found["status"] == "fail"
    assert "there is no setting 'pauze'" in found["text"]
    assert found["fix"]


def test_an_engine_that_is_asked_for_must_be_there(patient: Narrate) -> None:
    found = findings(patient, 6, NARRATE_ENGINE="torch")
    assert found["engine torch"]["status"] == "fail"
    assert found["engine torch"]["fix"] == "narrate engines install torch"
    assert findings(patient, 6, NARRATE_ENGINE="openai")["engine openai"]["status"] == "fail"
    patient.write("narrate.toml", '[engines.openai]\nbase_url = "http://127.0.0.1:8091/v1"\n')
    assert findings(patient, NARRATE_ENGINE="openai")["engine openai"]["status"] == "ok"


def test_a_default_voice_that_does_not_speak_is_not_well(patient: Narrate) -> None:
    site = patient.root / "site"
    site.mkdir()
    (site / "hibari.py").write_text("raise ImportError('no shared library')")
    found = findings(patient, 6, PYTHONPATH=f"{site}:{SOURCE}")["engine hibari"]
    assert found["status"] == "fail"
    assert "no shared library" in found["text"]


def test_a_python_without_the_engine_is_told(patient: Narrate) -> None:
    patient.write("narrate.toml", f'[engines.torch]\npython = "{sys.executable}"\n')
    found = findings(patient)["engine torch"]
    assert found["status"] == "warn"
    assert "has no torch and no qwen_tts" in found["text"]


def test_libraries_that_do_not_load_are_told(patient: Narrate) -> None:
    """The worst is told in its own words, and within a time."""
    site = patient.root / "site"
    for name in ("torch", "qwen_tts"):
        (site / name).mkdir(parents=True)
        (site / name / "__init__.py").write_text("raise OSError('libc10_cuda.so: cannot open')")
    found = findings(patient, PYTHONPATH=f"{site}:{SOURCE}")["engine torch"]
    assert found["status"] == "warn"
    assert found["text"] == "its libraries do not load: OSError: libc10_cuda.so: cannot open"
    assert found["fix"] == "narrate engines remove torch && narrate engines install torch"


def test_libraries_that_hang_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DEVICE_SECONDS", 0.5)
    slow = replace(
        torch.CAPABILITIES, device_probe="import time; time.sleep(60)", modules=("numpy",)
    )
    monkeypatch.setattr(torch, "CAPABILITIES", slow)
    monkeypatch.setenv("NARRATE_DATA_DIR", str(tmp_path))
    found = {finding.part: finding for finding in doctor.examine(tmp_path)}["engine torch"]
    assert found.status is Status.WARN
    assert "timed out" in found.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_cache_that_cannot_be_written_is_told(patient: Narrate) -> None:
    patient.cache.mkdir()
    patient.cache.chmod(0o500)
    found = findings(patient)["cache"]
    assert found["status"] == "warn"
    assert "chmod u+w" in found["fix"]


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 10**18)
    found = {finding.part: finding for finding in doctor.examine(tmp_path)}["disk of cache"]
    assert found.status is Status.WARN
    assert "narrate cache prune" in found.fix


def test_models_that_are_here_are_told(patient: Narrate) -> None:
    place = patient.root / "hf" / "hub" / "models--Qwen--Qwen3-TTS-12Hz-0.6B-Base"
    (place / "snapshots" / "c0ffee").mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("c0ffee")
    for name in ("config.json", "model.safetensors"):
        (place / "snapshots" / "c0ffee" / name).write_bytes(b"12345")
    found = findings(patient)["models"]
    assert found["facts"]["models"] == {"Qwen/Qwen3-TTS-12Hz-0.6B-Base": 10}


@pytest.mark.slow
@pytest.mark.parametrize("name", PYTHONS)
def test_a_real_engine_tells_its_device(patient: Narrate, name: str) -> None:
    python = PYTHONS[name]
    if isinstance(python, str):
        (pytest.fail if required() else pytest.skip)(python)
    patient.write("narrate.toml", f'[engines.{name}]\npython = "{python}"\n')
    found = findings(patient)[f"engine {name}"]
    assert found["status"] == "ok", found
    assert found["facts"]["device"].partition(" ")[0] in ("cpu", "gpu", "cuda", "mps")
    assert name in found["facts"]["versions"]
