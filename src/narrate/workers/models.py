"""Which model speaks: profiles, hub ids with revisions, folders; and the name of a model in the
key.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from narrate.base import facts, network
from narrate.base.facts import Fact
from narrate.base.files import regular
from narrate.base.limits import INDEX_BYTES, MARKER_BYTES
from narrate.config import EngineSettings, Settings, cache_dir
from narrate.engines import registry
from narrate.engines.base import Capabilities, ModelRef
from narrate.errors import EnvironmentProblem, Interrupted, UsageError
from narrate.workers.process import BOOT, NEUTRAL, PACKAGE, environment_for, isolated

Progress = Callable[[int, int], object]
"""Called with the bytes that have come, and those of the whole."""

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


@dataclass(frozen=True, slots=True)
class Model:
    """A model, its name in the key, and the facts of the files that the name was made from."""

    reference: ModelRef
    key: str
    facts: dict[str, Fact]


def resolve(engine: Capabilities, kind: str, settings: Settings) -> Model:
    """The model for a kind of voice.

    A folder is named in the key by a digest of its files, so that it may be moved and never be
    exchanged unseen. A server is named by a digest of its address: two of them may mean different
    things by one name, and neither the manifest nor a cache entry should reveal where they are.
    Raises UsageError for what is neither a hub id nor a folder.
    """
    own = settings.engines.get(engine.name, EngineSettings())
    named = settings.model or own.model or default(engine, kind, settings.profile)
    name, _, revision = named.partition("@")
    model_key = name
    before: dict[str, Fact] = {}
    folder = Path(name).expanduser()
    if engine.models and folder.is_dir():
        name = str(folder.absolute())
        # The folders as well, as a file may be added to one.
        before = facts.take((folder, *_visible(folder.absolute())))
        model_key = f"folder:{_digest(folder.absolute())}"
    elif engine.models and not HUB_ID.fullmatch(name):
        raise UsageError(
            f"{name!r} is neither a model folder nor a hub id",
            where="--model",
            hint="write a folder, owner/name or owner/name@revision; see `narrate models list`",
        )
    if own.base_url:
        model_key = f"{name} server:{xxhash.xxh3_64_hexdigest(own.base_url.rstrip('/').encode())}"
    reference = ModelRef(
        name=name,
        revision=revision,
        device=settings.device or own.device or "",
        dtype=settings.dtype or own.dtype or "",
        prompts=str(cache_dir(settings) / "prompts"),
        offline=settings.offline,
        options=_options(own, settings),
    )
    return Model(reference, model_key, before)


def default(engine: Capabilities, kind: str, profile: str) -> str:
    """The model that a profile stands for; of an engine without profiles, its only model."""
    return engine.models.get(profile, {}).get(kind, engine.model)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile stands for on one engine, for one kind of voice."""

    engine: str
    profile: str
    kind: str
    name: str


def profiles() -> list[Profile]:
    """Every profile of the engines in this package, for every kind of voice."""
    return [
        Profile(engine.name, profile, kind, default(engine, kind, profile))
        for engine in registry.with_models()
        for profile in engine.models
        for kind in engine.voices
    ]


def _options(own: EngineSettings, settings: Settings) -> tuple[tuple[str, str], ...]:
    """What an engine that asks a server has to know."""
    if not own.base_url:
        return ()
    return (
        ("base_url", own.base_url),
        ("concurrency", str(own.concurrency)),
        ("timeout", f"{settings.timeout:g}"),
        ("servers", " ".join(settings.trust.servers)),
    )


def _visible(folder: Path) -> list[Path]:
    """Everything in a folder, in order, apart from what is hidden and what is in hidden folders."""
    found = sorted(folder.rglob("*"))
    return [
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _digest(folder: Path) -> str:
    """Of the names and contents of a model's files."""
    digest = xxhash.xxh3_128()
    for path in filter(Path.is_file, _visible(folder)):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def from_hub(model: ModelRef, engine: str) -> bool:
    """Whether a model comes from the hub: not if it is a folder, or if its engine gets it."""
    return bool(registry.capabilities(engine).models) and not Path(model.name).is_absolute()


def find(name: str, revision: str = "", environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of a hub model on this machine; None if it is missing or incomplete."""
    place = hub_dir(environment) / f"models--{name.replace('/', '--')}"
    try:
        commit = regular.read(place / "refs" / (revision or "main"), MARKER_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError):
        commit = revision
    folder = place / "snapshots" / commit
    return folder if commit and _whole(folder) else None


def size(folder: Path) -> int:
    """Bytes of the files of a model."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def fetch(
    model: ModelRef,
    python: str,
    on_progress: Progress,
    *,
    check_for_updates: bool = False,
) -> Path:
    """The folder of a hub model, which is downloaded unless it is here.

    `check_for_updates` asks the hub even if it is here. `python` is an interpreter that has
    huggingface_hub. `on_progress` is called with the bytes that have come and those of the whole
    model. Raises EnvironmentProblem.
    """
    full_name = f"{model.name}@{model.revision}" if model.revision else model.name
    found = find(model.name, model.revision)
    if found and (model.offline or not check_for_updates):
        return found
    if model.offline:
        raise EnvironmentProblem(
            "this model is not on this machine, and --offline (or HF_HUB_OFFLINE) forbids "
            "downloading it",
            where=full_name,
            hint=f"run: narrate models pull {full_name}",
        )
    return Path(_fetched(_client(python, model), full_name, on_progress))


def _client(python: str, model: ModelRef) -> subprocess.Popen[str]:
    """Start the hub's client in another interpreter."""
    return subprocess.Popen(
        isolated(
            python, "-c", BOOT, str(PACKAGE), "narrate.workers.hub", model.name, model.revision
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=environment_for(python),
        cwd=NEUTRAL,
    )


def _fetched(client: subprocess.Popen[str], name: str, on_progress: Progress) -> str:
    """Follow the client to its end. Raises EnvironmentProblem with its reason."""
    last: dict[str, Any] = {}
    try:
        assert client.stdout is not None
        for line in client.stdout:
            last = json.loads(line)
            if "total" in last:
                on_progress(last["done"], last["total"])
        code = client.wait()
    finally:
        client.kill()
        client.wait()
        if client.stdout is not None:
            client.stdout.close()
    if code in (130, -signal.SIGINT):
        raise Interrupted(
            f"{name} is not complete yet",
            hint="what has been downloaded is kept: the same command continues from there",
        )
    if "unreachable" in last:
        raise EnvironmentProblem(
            f"cannot reach {network.hub_host()} ({last['unreachable']})",
            where=name,
            hint="check the network and HF_ENDPOINT, or name a model on this machine with --model; "
            "what has been downloaded is kept",
        )
    if "folder" not in last:
        raise EnvironmentProblem(
            f"it cannot be downloaded ({last.get('error', 'the client of the hub died')})",
            where=name,
            hint="check the id, and HF_TOKEN for a model behind a login; "
            "what has been downloaded is kept",
        )
    return str(last["folder"])


def hub_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the hub's client keeps models."""
    if own := environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE"):
        return Path(own).expanduser()
    cache = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(environment.get("HF_HOME") or f"{cache}/huggingface").expanduser() / "hub"


def _whole(folder: Path) -> bool:
    """Whether a snapshot has its configuration and all the weights that its index names."""
    if not (folder / "config.json").exists():
        return False
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return _has_weights(folder)
    try:
        names = set(json.loads(regular.read(index, INDEX_BYTES))["weight_map"].values())
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False
    if not names:
        return _has_weights(folder)
    return all((folder / name).exists() for name in names)


def _has_weights(folder: Path) -> bool:
    """Whether there is a file of weights: of PyTorch or MLX, of MLX alone, or of faster-whisper."""
    return any(any(folder.glob(name)) for name in ("*.safetensors", "*.npz", "model.bin"))
