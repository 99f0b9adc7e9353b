"""Who speaks a voice: the engine that is asked for, or this machine's, or nobody; never another
voice.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from narrate.config import EngineSettings, Settings
from narrate.errors import EnvironmentProblem, UsageError
from narrate.planning import casting
from support.project import Narrate

MACHINES = {
    "apple": ("Darwin", "arm64", "mlx", "this is Apple Silicon"),
    "old apple": ("Darwin", "x86_64", "torch", "this is not Apple Silicon"),
    "linux": ("Linux", "x86_64", "torch", "this is not Apple Silicon"),
    "linux on arm": ("Linux", "arm64", "torch", "this is not Apple Silicon"),
}
RECORDING = (Path(__file__).parents[2] / "examples/voice_ref/ref.wav").read_bytes()
CLONE = {
    "voices": {"me": {"ref": "ref.wav", "transcript": "Hi."}},
    "segments": [{"text": "Rows.", "voice": "me"}],
}

ENGINE = """
import numpy as np
from narrate.engines.base import Capabilities, Synthesis

CAPABILITIES = Capabilities(
    name="kazoo", behaviour=1, model="tin", languages=("en",), speakers=(), voices=(),
    packages=("numpy",), rtf=0.01,
)

class Engine:
    def load(self, model):
        print("libraries print to stdout")

    def synthesize(self, jobs, voices):
        for job in jobs:
            yield Synthesis(np.tile(np.float32([0.25, -0.25]), 12_000), 24_000)

    def close(self):
        pass
"""


@pytest.fixture(params=list(MACHINES.values()), ids=list(MACHINES))
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The engine that clones on a machine, and why."""
    system, processor, name, why = request.param
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    return name, why


@pytest.mark.parametrize(
    ("kind", "speaker"), [("clone", None), ("design", None), ("speaker", "ryan")]
)
def test_what_hibari_cannot_speak_goes_to_the_cloning_engine(
    machine: tuple[str, str], kind: str, speaker: str | None
) -> None:
    name, why = machine
    choice = casting.choose(kind, Settings(), speaker)
    assert choice.name == name
    assert choice.reason.endswith(why)
    assert casting.KINDS[kind] in choice.reason


@pytest.mark.parametrize(("kind", "speaker"), [("default", None), ("speaker", "heart")])
def test_what_hibari_speaks_stays_with_it(
    machine: tuple[str, str], kind: str, speaker: str | None
) -> None:
    choice = casting.choose(kind, Settings(), speaker)
    assert choice.name == "hibari"
    assert choice.reason == "the embedded voice"


@pytest.mark.parametrize("kind", ["clone", "design"])
def test_a_voice_is_never_replaced_by_another(kind: str) -> None:
    with pytest.raises(
        EnvironmentProblem, match=f"hibari cannot speak a {casting.KINDS[kind]}"
    ) as caught:
        casting.choose(kind, Settings(engine="hibari"), where="script.json: voice 'me'")
    assert caught.value.where == "script.json: voice 'me'"


def test_who_is_asked_for_speaks(machine: tuple[str, str]) -> None:
    for name in ("mlx", "torch", "openai"):
        choice = casting.choose("clone", Settings(engine=name))
        assert (choice.name, choice.reason) == (name, "asked for")
        assert choice.module == f"narrate.engines.{name}"


def test_a_server_is_asked_as_much_at_once_as_it_may_be() -> None:
    own = {"openai": EngineSettings(base_url="http://127.0.0.1:1/v1", concurrency=200)}
    assert casting.choose("clone", Settings(engine="openai", engines=own)).capabilities.batch == 200


def test_an_unknown_engine_is_guessed_at() -> None:
    with pytest.raises(UsageError) as caught:
        casting.choose("clone", Settings(engine="torhc"))
    assert caught.value.hint == "did you mean 'torch'?"


def test_no_engine_is_imported_to_know_what_it_can_do() -> None:
    code = (
        "import sys; from narrate.engines import registry; "
        "[registry.capabilities(name) for name in registry.built_in()]; "
        "heavy = {'torch', 'mlx', 'qwen_tts', 'mlx_audio', 'transformers', 'hibari'}; "
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.fixture
def cloning(narrate: Narrate) -> Narrate:
    """A script with a cloned voice, and no engine that could speak it."""
    narrate.write("script.json", CLONE)
    narrate.write("ref.wav", RECORDING)
    narrate.env |= {"NARRATE_DATA_DIR": str(narrate.root / "data")}
    return narrate


def test_a_cloned_voice_without_an_engine_names_the_command(cloning: Narrate) -> None:
    ran = cloning("run", "script.json")
    assert (ran.code, ran.out) == (6, "")
    machine = MACHINES["apple" if casting.apple_silicon() else "linux"]
    assert f"needs Qwen3-TTS, and {machine[3]}" in ran.err
    engine = casting.cloning_engine()
    assert (
        f"error: engine {engine}: not installed\n  next: run: narrate engines install {engine}; "
        "or, for now, add --stand-in hibari\n" in ran.err
    )
    assert cloning.clips == []
    assert not cloning.out.exists()


def test_the_environment_names_an_engine_too(cloning: Narrate) -> None:
    ran = cloning("run", "script.json", env={"NARRATE_ENGINE": "hibari"})
    assert ran.code == 6
    assert "script.json: voice 'me': the engine hibari cannot speak a cloned voice" in ran.err


def plugin(folder: Path, name: str, code: str, module: str = "") -> None:
    """Install a package that brings an engine, as an installer lays it out."""
    module = module or f"narrate_{name}"
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[narrate.engines]\n{name} = {module}\n")


@pytest.fixture
def plugged(narrate: Narrate) -> Narrate:
    """The command where two packages bring engines, of which one must not be loaded."""
    site = narrate.root / "site"
    site.mkdir()
    plugin(site, "kazoo", ENGINE)
    plugin(site, "mine", "raise SystemExit('loaded though nobody asked')")
    plugin(site, "liar", ENGINE)
    plugin(site, "broken", "import a_library_that_is_nowhere")
    narrate.env["PYTHONPATH"] = f"{site}:{Path(casting.__file__).parents[2]}"
    narrate.write("script.json", [{"text": "Rows."}])
    return narrate


def test_another_package_brings_an_engine(plugged: Narrate) -> None:
    done = plugged.run("--engine", "kazoo")
    assert done["spoken"] == 1
    assert plugged.manifest["engine"]["name"] == "kazoo"


def test_plugins_can_be_turned_off(plugged: Narrate) -> None:
    ran = plugged("run", "script.json", "--engine", "kazoo", env={"NARRATE_PLUGINS": "0"})
    assert ran.code == 2
    assert "there is no engine named 'kazoo'" in ran.err
    names = [row["name"] for row in plugged("engines", "list", "--json").json["engines"]]
    assert {"kazoo", "mine"} <= set(names)


def test_the_doctor_names_plugins_and_loads_none(plugged: Narrate) -> None:
    found = {each["part"]: each for each in plugged("doctor", "--json").json["findings"]}
    assert found["engine mine"]["facts"] == {"module": "narrate_mine"}


@pytest.mark.parametrize(
    ("name", "why"), [("liar", "it calls itself 'kazoo'"), ("broken", "a_library_that_is_nowhere")]
)
def test_a_plugin_that_is_no_engine_is_named(plugged: Narrate, name: str, why: str) -> None:
    ran = plugged("run", "script.json", "--engine", name)
    assert ran.code == 6
    assert f"engine {name}: the plug-in narrate_{name} is not an engine" in ran.err
    assert why in ran.err
