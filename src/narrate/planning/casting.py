"""Which engine and which model speak a voice."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field, replace

from narrate.base.facts import Fact
from narrate.config import Settings
from narrate.engines import registry
from narrate.engines.base import Auto, Capabilities, ModelRef
from narrate.errors import EnvironmentProblem
from narrate.workers import models

KINDS = {
    "speaker": "stock speaker",
    "clone": "cloned voice",
    "design": "designed voice",
    "default": "default voice",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine and the model that speak a voice, the name of the model in the key, and why they
    were chosen.

    `facts` are those of the model's files, where it is a folder.
    """

    capabilities: Capabilities
    model: ModelRef
    model_key: str
    reason: str = field(compare=False)
    facts: dict[str, Fact] = field(compare=False)

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.capabilities.name

    @property
    def module(self) -> str:
        """The module that a worker imports to have the engine."""
        return registry.module(self.name).__name__

    @property
    def package(self) -> str:
        """The top-level package of that module: narrate, or that of a plug-in."""
        return self.module.partition(".")[0]


def choose(kind: str, settings: Settings, speaker: str | None = None, where: str = "") -> Choice:
    """The engine and model for a kind of voice: "default", "speaker", "clone" or "design".

    `auto` never gives another voice than the one asked for: what the embedded engine cannot speak
    goes to Qwen3-TTS, through mlx on Apple Silicon and through torch elsewhere. Raises
    EnvironmentProblem if the named engine cannot speak that kind of voice.
    """
    if settings.engine == "auto":
        name, reason = _automatic(kind, speaker)
    else:
        name, reason = settings.engine, "asked for"
    engine = registry.capabilities(name)
    if kind != "default" and kind not in engine.voices:
        taken = ", ".join(KINDS[each] for each in engine.voices)
        raise EnvironmentProblem(
            f"the engine {name} cannot speak a {KINDS[kind]}",
            where=where,
            hint=f"choose another --engine; {name} takes: {taken}",
        )
    found = models.resolve(engine, kind, settings)
    engine = _with_model(engine, found.reference, settings)
    return Choice(engine, found.reference, found.key, reason, found.facts)


def _automatic(kind: str, speaker: str | None) -> tuple[str, str]:
    """The name of the engine that `auto` stands for, and why."""
    embedded = registry.automatic(Auto.DEFAULT_VOICE)
    if kind == "default" or (kind == "speaker" and speaker in embedded.speakers):
        return embedded.name, "the embedded voice"
    machine = "Apple Silicon" if apple_silicon() else "not Apple Silicon"
    return cloning_engine(), f"a {KINDS[kind]} needs Qwen3-TTS, and this is {machine}"


def _with_model(engine: Capabilities, model: ModelRef, settings: Settings) -> Capabilities:
    """What an engine can do with a model, and with the server that the settings name."""
    depends = getattr(registry.module(engine.name), "capabilities_of", None)
    if depends:
        engine = depends(model)
    own = settings.engines.get(engine.name)
    if own and own.base_url:
        return replace(engine, batch=max(engine.batch, own.concurrency))
    return engine


def cloning_engine() -> str:
    """The engine that clones voices on this machine."""
    return registry.automatic(Auto.APPLE_SILICON if apple_silicon() else Auto.ELSEWHERE).name


def apple_silicon() -> bool:
    """Whether this machine has a GPU that MLX uses."""
    return platform.system() == "Darwin" and platform.machine() == "arm64"
