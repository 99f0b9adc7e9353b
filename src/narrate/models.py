"""Which model speaks: profiles, hub ids with revisions, folders; and the name of a model in the key."""

from __future__ import annotations

import re
from pathlib import Path

import xxhash

from narrate.config import EngineSettings, Settings, cache_dir
from narrate.engines.base import Capabilities, ModelRef
from narrate.engines.qwen import MODELS
from narrate.errors import UsageError

SIZES = {"draft": "0.6B", "final": "1.7B"}
QUANTISATION = {"draft": "4bit", "final": "8bit"}
"""Of the MLX conversions. At 1.7B, 4 bits ramble; 0.6B in 4 bits is for drafts only."""

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


def resolve(engine: Capabilities, kind: str, settings: Settings) -> tuple[ModelRef, str]:
    """The model for a kind of voice, and its name in the key.

    A folder is named in the key by a digest of its files, so that it may be moved and never be exchanged unseen.
    Raises UsageError for what is neither a hub id nor a folder.
    """
    own = settings.engines.get(engine.name, EngineSettings())
    name, _, revision = (settings.model or own.model or default(engine, kind, settings)).partition("@")
    folder = Path(name).expanduser()
    model_key = name
    if engine.name in ("torch", "mlx"):
        if folder.is_dir():
            name, model_key = str(folder.absolute()), f"folder:{_digest(folder)}"
        elif not HUB_ID.fullmatch(name):
            raise UsageError(
                f"{name!r} is neither a model folder nor a hub id",
                where="--model",
                hint="write a folder, owner/name or owner/name@revision; see `narrate models list`",
            )
    if own.base_url:
        model_key = f"{own.base_url.rstrip('/')} {name}"
    reference = ModelRef(
        name=name,
        revision=revision,
        device=settings.device or own.device or "",
        dtype=settings.dtype or own.dtype or "",
        prompts=str(cache_dir(settings) / "prompts"),
        offline=settings.offline,
        options=(("base_url", own.base_url), ("concurrency", str(own.concurrency))) if own.base_url else (),
    )
    return reference, model_key


def default(engine: Capabilities, kind: str, settings: Settings) -> str:
    """The hub id that a profile stands for; of an engine without profiles, its only model."""
    variant = MODELS.get(kind, MODELS["speaker"])
    # There is no small model that makes up voices.
    size = "1.7B" if kind == "design" else SIZES[settings.profile]
    if engine.name == "torch":
        return f"Qwen/Qwen3-TTS-12Hz-{size}-{variant}"
    if engine.name == "mlx":
        return f"mlx-community/Qwen3-TTS-12Hz-{size}-{variant}-{QUANTISATION[settings.profile]}"
    return engine.model


def _digest(folder: Path) -> str:
    """Of the names and contents of a model's files."""
    digest = xxhash.xxh3_128()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()
