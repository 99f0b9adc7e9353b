"""Models: what profiles stand for, fetching from a hub on this machine with the hub's real client,
and no network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from narrate import build, config
from narrate.base import facts
from narrate.cache import Store
from narrate.config import EngineSettings, Settings
from narrate.engines import registry
from narrate.engines.base import ModelRef
from narrate.errors import UsageError
from narrate.workers import models
from narrate.workers.models import Profile
from support.engine_driver import interpreter
from support.hub import Hub, serving
from support.project import Narrate
from support.qwen import python_of

NAME = "Qwen/Qwen3-TTS-12Hz-1.7B-Base"
FILES = {
    "config.json": b"{}",
    "model.safetensors": bytes(200_000),
    "speech_tokenizer/config.json": b'{"a": 1}',
}
CLIENTS = [
    sys.executable,
    *(str(found) for name in ("mlx", "torch") if isinstance(found := interpreter(name), Path)),
]
"""Interpreters with the hub's client: the tests' own, and those of the engines, each with another
version of it.
"""

MEASURES = {"stop": "end", "seconds": 1.0, "peak": 0.5, "silent": 0.1, "clipped": 0.0}
RECORDING = (Path(__file__).parents[2] / "examples/voice_ref/ref.wav").read_bytes()
CLONE = {
    "voices": {"me": {"ref": "ref.wav", "transcript": "Hi."}},
    "segments": [{"text": "Rows.", "voice": "me"}],
}


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        hub.publish(NAME, FILES)
        yield hub


@pytest.fixture(params=CLIENTS, ids=lambda path: Path(path).parts[-3])
def pulling(request: pytest.FixtureRequest, narrate: Narrate, hub: Hub) -> Narrate:
    """The command where the hub is at hand, by way of each client in turn."""
    return online(narrate, hub, request.param)


@pytest.fixture
def narrating(narrate: Narrate, hub: Hub) -> Narrate:
    """The same with one client, and a script with a cloned voice."""
    narrate.write("script.json", CLONE)
    narrate.write("ref.wav", RECORDING)
    return online(narrate, hub, sys.executable)


def online(narrate: Narrate, hub: Hub, python: str) -> Narrate:
    narrate.env |= {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(narrate.root / "hf"),
        "HF_HUB_OFFLINE": "0",
        "NARRATE_ENGINE_PYTHON": python,
        "NARRATE_DATA_DIR": str(narrate.root / "data"),
    }
    return narrate


def contents(folder: str) -> dict[str, bytes]:
    root = Path(folder)
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_pull_fetches_and_path_finds(pulling: Narrate) -> None:
    absent = pulling("models", "path", NAME)
    assert (absent.code, absent.out) == (6, "")
    assert f"next: run: narrate models pull {NAME}" in absent.err
    pulled = pulling("models", "pull", NAME, env={"HF_TOKEN": "hf_secret"})
    assert pulled.code == 0, pulled.err
    assert contents(pulled.out.strip()) == FILES
    assert pulling("models", "path", NAME).out == pulled.out
    rows = {row["model"]: row for row in pulling("models", "list", "--json").json["models"]}
    assert rows[NAME]["bytes"] == sum(map(len, FILES.values()))
    assert [row["model"] for row in rows.values() if row["path"]] == [NAME]


def test_pull_takes_the_token_and_a_revision(pulling: Narrate, hub: Hub) -> None:
    old = hub.publish(NAME, FILES | {"config.json": b'{"old": 1}'}, revision="v1.0")
    pulled = pulling("models", "pull", f"{NAME}@v1.0", env={"HF_TOKEN": "hf_secret"})
    assert pulled.code == 0, pulled.err
    assert Path(pulled.out.strip()).name == old
    assert hub.tokens == {"Bearer hf_secret"}
    assert pulling("models", "path", f"{NAME}@{old}").out == pulled.out
    assert pulling("models", "path", NAME).code == 6


def test_the_token_does_not_follow_a_file_to_another_server(pulling: Narrate, hub: Hub) -> None:
    with serving() as other:
        other.publish(NAME, FILES)
        hub.elsewhere = other.url
        pulled = pulling("models", "pull", NAME, env={"HF_TOKEN": "hf_secret"})
    assert pulled.code == 0, pulled.err
    assert contents(pulled.out.strip()) == FILES
    assert (hub.tokens, other.tokens) == ({"Bearer hf_secret"}, {None})


def test_pull_brings_what_is_new(pulling: Narrate, hub: Hub) -> None:
    pulling("models", "pull", NAME)
    new = hub.publish(NAME, FILES | {"config.json": b'{"new": 1}'})
    hub.asked.clear()
    pulled = pulling("models", "pull", NAME)
    assert Path(pulled.out.strip()).name == new
    assert not [
        line for line in hub.asked if line.startswith("GET") and line.endswith("model.safetensors")
    ]


def test_pull_without_an_id_takes_what_the_profile_stands_for(narrating: Narrate, hub: Hub) -> None:
    draft = "mlx-community/Qwen3-TTS-12Hz-0.6B-CustomVoice-4bit"
    hub.publish(draft, FILES)
    pulled = narrating(
        "models", "pull", "--engine", "mlx", "--profile", "draft", "--kind", "speaker"
    )
    assert pulled.code == 0, pulled.err
    assert "models--mlx-community--Qwen3-TTS-12Hz-0.6B-CustomVoice-4bit" in pulled.out


def test_a_model_that_broke_off_is_not_there_and_is_gone_on_with(
    pulling: Narrate, hub: Hub
) -> None:
    hub.cut.add("model.safetensors")
    ran = pulling("models", "pull", NAME, env={"HF_HUB_DOWNLOAD_TIMEOUT": "1"})
    assert (ran.code, ran.out) == (6, "")
    assert f"error: {NAME}: it cannot be downloaded (" in ran.err
    assert pulling("models", "path", NAME).code == 6
    hub.cut.clear()
    again = pulling("models", "pull", NAME)
    assert contents(again.out.strip()) == FILES


def test_half_a_model_is_not_taken_for_a_whole_one_when_the_hub_is_away(
    pulling: Narrate, hub: Hub
) -> None:
    """Some versions of the client would give back the folder as it is."""
    folder = pulling("models", "pull", NAME).out.strip()
    Path(folder, "model.safetensors").unlink()
    ran = pulling("models", "pull", NAME, env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert ran.code == 6
    assert f"error: {NAME}: cannot reach 127.0.0.1:9 (connection refused)\n" in ran.err
    assert "next: check the network and HF_ENDPOINT" in ran.err


def test_a_hub_whose_name_cannot_be_resolved_is_one_sentence(pulling: Narrate) -> None:
    ran = pulling("models", "pull", "a/b", env={"HF_ENDPOINT": "https://hub.invalid"})
    assert (ran.code, ran.out) == (6, "")
    assert ran.err.splitlines()[0] == (
        "error: a/b: cannot reach hub.invalid (its name cannot be resolved)"
    )


def test_a_model_that_the_hub_does_not_have(pulling: Narrate) -> None:
    ran = pulling("models", "pull", "nobody/nothing")
    assert ran.code == 6
    assert (
        "nobody/nothing: it cannot be downloaded (the hub has no such model or revision)" in ran.err
    )


def test_a_python_without_the_client_is_an_error(narrating: Narrate) -> None:
    bare = narrating.root / "bare"
    os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-m", "venv", "--without-pip", str(bare))
    ran = narrating(
        "models", "pull", NAME, env={"NARRATE_ENGINE_PYTHON": str(bare / "bin" / "python")}
    )
    assert ran.code == 6
    assert "No module named 'huggingface_hub'" in ran.err


def test_pull_needs_an_engine(narrating: Narrate) -> None:
    ran = narrating("models", "pull", NAME, "--engine", "torch", env={"NARRATE_ENGINE_PYTHON": ""})
    assert ran.code == 6
    assert "next: run: narrate engines install torch" in ran.err


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["pull", "nonsense"], "owner/name"),
        (["path", "nonsense"], "owner/name"),
        (["pull", "--engine", "hibari"], "name one of: mlx, torch"),
        (["pull", "--kind", "choir"], "one of: clone, speaker, design"),
    ],
)
def test_what_cannot_be_meant(narrate: Narrate, args: list[str], hint: str) -> None:
    ran = narrate("models", *args)
    assert ran.code == 2
    assert hint in ran.err


@pytest.mark.parametrize(
    "offline",
    [("--offline", {}), ("-q", {"HF_HUB_OFFLINE": "1"}), ("-q", {"NARRATE_OFFLINE": "1"})],
)
def test_offline_touches_no_network(
    narrating: Narrate, hub: Hub, offline: tuple[str, dict[str, str]]
) -> None:
    flag, env = offline
    ran = narrating("models", "pull", NAME, flag, env=env)
    assert ran.code == 6
    assert f"next: run: narrate models pull {NAME}" in ran.err
    own = {"NARRATE_ENGINE_PYTHON": str(python_of("torch"))}
    run = narrating("run", "script.json", "--engine", "torch", flag, env=env | own)
    assert run.code == 6
    assert f"next: run: narrate models pull {NAME}" in run.err
    assert hub.asked == []
    pulled = narrating("models", "pull", NAME)
    asked = len(hub.asked)
    assert narrating("models", "pull", NAME, flag, env=env).out == pulled.out
    assert len(hub.asked) == asked


def test_a_run_fetches_what_it_lacks_and_tells_so(narrating: Narrate, hub: Hub) -> None:
    narrating.env["NARRATE_ENGINE_PYTHON"] = str(python_of("torch"))
    ran = narrating("run", "script.json", "--engine", "torch", "--events", "events.jsonl")
    # What this hub has is not a model.
    assert ran.code == 6
    assert "engine torch: it cannot be loaded" in ran.err
    assert narrating("models", "path", NAME).code == 0
    assert f"downloading {NAME}: " in ran.err
    assert '"event": "fetch"' in (narrating.folder / "events.jsonl").read_text()


def test_no_model_is_fetched_for_an_engine_that_is_not_there(narrating: Narrate, hub: Hub) -> None:
    # The tests' own Python has the hub's client, and no torch.
    ran = narrating("run", "script.json", "--engine", "torch")
    assert ran.code == 6
    assert "does not have torch" in ran.err
    assert hub.asked == []


def test_a_run_that_lacks_nothing_touches_neither_network_nor_engine(
    narrating: Narrate, hub: Hub
) -> None:
    narrating.env |= {"NARRATE_ENGINE": "torch", "NARRATE_ENGINE_PYTHON": "/nowhere/python"}
    flags = {"engine": "torch", "cache_dir": str(narrating.cache)}
    plan = build.plan(narrating.folder / "script.json", flags, build.Options(), lambda event: None)
    with Store(narrating.cache) as store:
        for miss in plan.misses:
            store.put(
                miss.utterance.canonical, b"\x01\x10" * 24_000, 24_000, {"measures": MEASURES}
            )
    assert narrating.run()["cached"] == 1
    assert hub.asked == []


def test_what_profiles_stand_for() -> None:
    every = models.profiles()
    assert len(every) == 12
    assert Profile("torch", "draft", "clone", "Qwen/Qwen3-TTS-12Hz-0.6B-Base") in every
    assert (
        Profile("mlx", "final", "speaker", "mlx-community/Qwen3-TTS-12Hz-1.7B-CustomVoice-8bit")
        in every
    )
    assert Profile("mlx", "draft", "clone", "mlx-community/Qwen3-TTS-12Hz-0.6B-Base-4bit") in every
    # There is no small one that makes up voices, and the large ones ramble in 4 bits.
    assert (
        Profile("mlx", "draft", "design", "mlx-community/Qwen3-TTS-12Hz-1.7B-VoiceDesign-8bit")
        in every
    )


def test_the_nearest_word_decides_which_model_speaks(tmp_path: Path) -> None:
    able = registry.capabilities("torch")
    own = {"torch": EngineSettings(model="a/own@v2")}
    assert (
        models.resolve(able, "clone", Settings(model="a/flag", engines=own)).reference.name
        == "a/flag"
    )
    found = models.resolve(able, "clone", Settings(engines=own))
    assert (found.reference.name, found.reference.revision, found.key) == ("a/own", "v2", "a/own")
    assert (
        models.resolve(able, "clone", Settings(profile="draft")).reference.name
        == "Qwen/Qwen3-TTS-12Hz-0.6B-Base"
    )
    with pytest.raises(UsageError, match="neither a model folder nor a hub id"):
        models.resolve(able, "clone", Settings(model="nonsense"))


def test_a_folder_may_be_moved_and_never_exchanged_unseen(tmp_path: Path) -> None:
    able = registry.capabilities("torch")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "model.safetensors").write_bytes(b"weights")
    before = models.resolve(able, "clone", Settings(model=str(tmp_path / "a")))
    assert not models.from_hub(before.reference, "torch")
    (tmp_path / "a").rename(tmp_path / "b")
    moved = models.resolve(able, "clone", Settings(model=str(tmp_path / "b")))
    assert (moved.key, moved.reference.name) == (before.key, str(tmp_path / "b"))
    (tmp_path / "b" / "model.safetensors").write_bytes(b"other")
    assert models.resolve(able, "clone", Settings(model=str(tmp_path / "b"))).key != before.key


def test_only_engines_of_the_hub_take_its_models() -> None:
    assert models.from_hub(ModelRef("a/b"), "mlx")
    assert not models.from_hub(ModelRef("tts-1"), "openai")


def test_a_model_in_parts_is_whole_with_all_of_them(tmp_path: Path) -> None:
    place = tmp_path / "hub" / "models--a--b"
    snapshot = place / "snapshots" / "c0ffee"
    snapshot.mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("c0ffee")

    def found() -> Path | None:
        return models.find("a/b", environment={"HF_HOME": str(tmp_path)})

    (snapshot / "config.json").write_text("{}")
    (snapshot / "model.safetensors.index.json").write_text(
        '{"weight_map": {"x": "1.safetensors", "y": "2.safetensors"}}'
    )
    (snapshot / "1.safetensors").touch()
    assert found() is None
    (snapshot / "2.safetensors").touch()
    assert found() == snapshot
    (snapshot / "model.safetensors.index.json").write_text("[]")
    assert found() is None


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({}, "~/.cache/huggingface/hub"),
    ],
)
def test_where_the_hub_keeps_models(environment: dict[str, str], folder: str) -> None:
    assert models.hub_dir(environment) == Path(folder).expanduser()


@pytest.mark.parametrize(
    ("said", "offline"), [("1", True), ("YES", True), ("0", False), ("", False)]
)
def test_the_hubs_own_word_for_offline_holds(tmp_path: Path, said: str, offline: bool) -> None:
    assert config.resolve({}, {}, tmp_path, {"HF_HUB_OFFLINE": said}).settings.offline is offline


@pytest.mark.parametrize("where", [".", "speech_tokenizer"])
def test_a_file_added_to_a_model_folder_is_noticed(tmp_path: Path, where: str) -> None:
    (tmp_path / "speech_tokenizer").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = models.resolve(
        registry.capabilities("torch"), "clone", Settings(model=str(tmp_path))
    ).facts
    assert facts.take(before) == before
    (tmp_path / where / "more.json").write_text("{}")
    assert facts.take(before) != before
