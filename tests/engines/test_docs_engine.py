"""docs/adding-an-engine.md: its example is installed as a package would be, and speaks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from support.project import Narrate, lines

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "engine_plugin"
PAGE = (ROOT / "docs" / "adding-an-engine.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the example was installed into by pip, from a copy that a build may litter."""
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(PLUGIN, folder / "source")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
    ]
    target = folder / "site"
    subprocess.run([*pip, "--target", str(target), str(folder / "source")], check=True, timeout=150)
    return target


@pytest.fixture
def buzz(tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Narrate:
    """The command where the example is installed."""
    monkeypatch.setenv("PYTHONPATH", str(installed), prepend=":")
    return Narrate(tmp_path)


def test_it_speaks_through_the_command_line(buzz: Narrate) -> None:
    buzz.write("script.json", lines("Rows meet columns.", "Then we add."))
    assert buzz.run("--engine", "buzz")["spoken"] == 2
    samples, rate = soundfile.read(buzz.out / "segments" / "s1.wav")
    assert (rate, len(samples)) == (24_000, len("Rowsmeetcolumns") * 1600)
    assert np.allclose(np.abs(samples), 0.1, atol=1e-4)
    assert buzz.manifest["engine"] == {"name": "buzz", "model": "square", "revision": None}
    assert b'"narrate-buzz":"1.0.0"' in buzz.clips[0].read_bytes()
    assert buzz.run("--engine", "buzz", "--no-progress")["cached"] == 2


def test_its_speakers_are_told_apart(buzz: Narrate) -> None:
    voices = {"a": {"speaker": "low"}, "b": {"speaker": "high"}}
    buzz.write(
        "script.json",
        {"voices": voices, "segments": [{"text": "Rows.", "voice": name} for name in voices]},
    )
    assert buzz.run("--engine", "buzz")["spoken"] == 2
    low, high = (soundfile.read(buzz.out / entry["file"])[0] for entry in buzz.manifest["segments"])
    crossings = [np.count_nonzero(np.diff(np.sign(samples))) for samples in (low, high)]
    assert crossings[1] == pytest.approx(2 * crossings[0], abs=2)


def test_it_runs_in_an_environment_that_does_not_have_narrate(
    buzz: Narrate, installed: Path
) -> None:
    own = buzz.root / "own"
    venv.create(own, with_pip=False, symlinks=True)
    (packages,) = own.glob("lib/python*/site-packages")
    (packages / "narrate_buzz.py").write_bytes((installed / "narrate_buzz.py").read_bytes())
    for found in (
        installed.glob("narrate_buzz-*.dist-info"),
        Path(np.__file__).parents[1].glob("numpy*"),
    ):
        for place in found:
            (packages / place.name).symlink_to(place)
    buzz.write("narrate.toml", f'[engines.buzz]\npython = "{own / "bin" / "python"}"\n')
    buzz.write("script.json", lines("Rows."))
    assert buzz.run("--engine", "buzz")["spoken"] == 1
    alone = subprocess.run(
        [own / "bin" / "python", "-I", "-c", "import narrate"], capture_output=True, text=True
    )
    assert "No module named 'narrate'" in alone.stderr


def test_what_it_cannot_say_fails_and_is_not_tried_again(buzz: Narrate) -> None:
    buzz.write("script.json", lines("1 + 1 = 2", reading="off"))
    ran = buzz("run", "script.json", "--engine", "buzz")
    assert (ran.code, buzz.clips) == (5, [])
    assert "there is no letter from a to z in it" in ran.err
    assert "attempt" not in ran.err


def test_a_voice_that_it_does_not_take_is_refused_before_it_starts(buzz: Narrate) -> None:
    buzz.write(
        "script.json", {"voices": {"a": {"design": "old"}}, "segments": lines("Rows.", voice="a")}
    )
    ran = buzz("run", "script.json", "--engine", "buzz")
    assert ran.code == 6
    assert "the engine buzz cannot speak a designed voice" in ran.err


def test_plugins_can_be_turned_off(buzz: Narrate) -> None:
    buzz.write("script.json", lines("Rows."))
    ran = buzz("run", "script.json", "--engine", "buzz", env={"NARRATE_PLUGINS": "0"})
    assert ran.code == 2
    assert "there is no engine named 'buzz'" in ran.err


@pytest.mark.parametrize(
    ("language", "name"), [("python", "narrate_buzz.py"), ("toml", "pyproject.toml")]
)
def test_the_page_shows_the_files_as_they_are(language: str, name: str) -> None:
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert (PLUGIN / name).read_text(encoding="utf-8") in blocks


def test_the_example_is_short() -> None:
    assert len((PLUGIN / "narrate_buzz.py").read_text(encoding="utf-8").splitlines()) <= 60


def test_the_page_explains_every_capability() -> None:
    from narrate.engines.base import Capabilities

    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == list(Capabilities.__dataclass_fields__)
