"""An engine is one file: with it in the package, every part of narrate finds the engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import narrate
from narrate.engines import registry
from narrate.engines.torch.loading import refusal
from support.engine_table import table
from support.project import Narrate

ROOT = Path(__file__).parents[2]
PACKAGE = Path(narrate.__file__).parent
PAGE = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")

KAZOO = '''"""kazoo: a tin voice, for this test."""

import numpy as np
from narrate.engines.base import Capabilities, Synthesis

CAPABILITIES = Capabilities(
    name="kazoo",
    behaviour=1,
    model="tin/small",
    languages=("en", "sv"),
    speakers=("low",),
    voices=("speaker",),
    packages=("numpy",),
    rtf=0.01,
    models={"final": {"speaker": "tin/large", "default": "tin/large"}},
    environments=("kazoo",),
    modules=("numpy",),
    device_probe="print('brass')",
    baseline="narrate.engines.kazoo",
)


class Engine:
    def load(self, model):
        pass

    def synthesize(self, jobs, voices):
        for job in jobs:
            wave = np.tile(np.float32([0.25, -0.25]), 60_000)
            yield Synthesis(wave, 24_000)

    def close(self):
        pass
'''


@pytest.fixture
def kazoo(narrate: Narrate) -> Narrate:
    """The command from a copy of the package with one more file, an engine, in it."""
    site = narrate.root / "site"
    shutil.copytree(PACKAGE, site / "narrate", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "narrate" / "engines" / "kazoo.py").write_text(KAZOO)
    weights = narrate.write("model/config.json", "{}").parent
    narrate.env |= {
        "PYTHONPATH": str(site),
        "NARRATE_DATA_DIR": str(narrate.root / "data"),
        "NARRATE_MODEL": str(weights),
    }
    return narrate


def test_casting_finds_it(kazoo: Narrate) -> None:
    kazoo.write("script.json", {"segments": [{"text": "Rows of columns, and sums of rows."}]})
    assert kazoo.run("--engine", "kazoo")["spoken"] == 1
    assert kazoo.manifest["engine"]["name"] == "kazoo"


def test_the_doctor_and_the_models_find_it(kazoo: Narrate) -> None:
    kazoo.write("narrate.toml", f'[engines.kazoo]\npython = "{sys.executable}"\n')
    found = {each["part"]: each for each in kazoo("doctor", "--json").json["findings"]}
    assert found["engine kazoo"]["facts"]["device"] == "brass"
    models = kazoo("models", "list", "--json").json["models"]
    assert [each["model"] for each in models if each["engine"] == "kazoo"] == ["tin/large"]


def test_bench_measures_it_and_its_baseline(kazoo: Narrate) -> None:
    rows = kazoo("bench", "--engine", "kazoo", "--batch", "1", "--json").json["rows"]
    assert [row["name"] for row in rows] == ["batch 1", "one by one, without narrate"]


def test_the_installer_finds_it(kazoo: Narrate) -> None:
    rows = {row["name"]: row for row in kazoo("engines", "list", "--json").json["engines"]}
    assert rows["kazoo"]["environment"] == "absent"
    ran = kazoo("engines", "install", "hibari")
    assert ran.code == 2
    assert "name one of: kazoo" in ran.err or ", kazoo" in ran.err


def test_the_table_of_the_docs_has_it(kazoo: Narrate) -> None:
    program = "from support.engine_table import table; print(*table(), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env=os.environ | {"PYTHONPATH": f"{kazoo.root / 'site'}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "| `kazoo` | a tin voice, for this test | speaker | en sv |" in done.stdout


def test_the_page_has_the_table_that_the_engines_make() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `\w+` \| ", line)]
    assert rows == table()


def test_every_module_beside_the_engines_is_named() -> None:
    for name in registry.built_in():
        assert registry.capabilities(name).name == name
    assert registry.built_in()[:3] == list(registry.FIRST)
    assert registry.built_in()[3:] == sorted(registry.built_in()[3:])


def test_no_other_module_asks_which_engine_it_has() -> None:
    name = "|".join(registry.built_in())
    asks = re.compile(rf"""[!=]= ?["']({name})["']|\bin \(["']({name})["']""")
    files = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}
    others = {name: path for name, path in files.items() if not name.startswith("engines/")}
    assert len(others) > 50
    assert [name for name, path in others.items() if asks.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("original", "fork", "transformers", "why"),
    [
        ("0.1.1", None, "4.57.3", None),
        ("0.1.1", None, "4.57.6", None),
        (None, "0.1.1.post1", "5.16.1", None),
        ("0.1.1", None, "5.16.1", "transformers 5.16.1 makes wrong audio with qwen-tts"),
        (None, "0.1.1.post1", "5.15.1", "qwen-tts-hf 0.1.1.post1 with transformers 5.15.1"),
        (None, "0.1.1.post1", "4.57.3", "qwen-tts-hf 0.1.1.post1 with transformers 4.57.3"),
        (None, "0.1.1.post2", "5.16.1", "qwen-tts-hf 0.1.1.post2 with transformers 5.16.1"),
        ("0.1.1", "0.1.1.post1", "5.16.1", "overwrite each other"),
    ],
)
def test_only_tested_versions_are_used(
    original: str | None, fork: str | None, transformers: str, why: str | None
) -> None:
    said = refusal(original, fork, transformers)
    assert (said is None) if why is None else (said is not None and why in said)
