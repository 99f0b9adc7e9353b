"""Which engine and which model speak a voice."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from os import environ
from types import ModuleType

from narrate.base.facts import Fact
from narrate.base.text import did_you_mean
from narrate.config import Settings
from narrate.engines.base import Capabilities, ModelRef
from narrate.errors import EnvironmentProblem, UsageError
from narrate.workers import models

ENGINES = ("hibari", "mlx", "torch", "openai", "tone")


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine and the model that speak a voice, the name of the model in the key, and why they
    were chosen.

    `facts` are those of the model's files, where it is a folder.
    """

    capabilities: Capabilities
    model: ModelRef
    model_key: str
    reason: str
    facts: dict[str, Fact] = field(compare=False)

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.capabilities.name

    @property
    def module(self) -> str:
        """The module that a worker imports to have the engine."""
        return module(self.name).__name__

    @property
    def package(self) -> str:
        """The top-level package of that module: narrate, or that of a plug-in."""
        return self.module.partition(".")[0]


def module(name: str) -> ModuleType:
    """The module of an engine, built in or of a plug-in; its libraries are not imported.

    Plug-ins are entry points in the group narrate.engines; only the one that is named is loaded,
    and none with NARRATE_PLUGINS=0. Raises UsageError for an unknown name, EnvironmentProblem for a
    plug-in that is no engine.
    """
    if name in ENGINES:
        return importlib.import_module(f"narrate.engines.{name}")
    found = plugins()
    if name in found:
        return _load(found[name])
    known = names()
    hint = did_you_mean(name, known, f"choose one of: auto, {', '.join(known)}")
    raise UsageError(f"there is no engine named {name!r}", where="--engine", hint=hint)


def _load(point: EntryPoint) -> ModuleType:
    """Load a plug-in, and see that it is what it says it is."""
    try:
        loaded: ModuleType = point.load()
        if loaded.CAPABILITIES.name == point.name:
            return loaded
        reason = f"it calls itself {loaded.CAPABILITIES.name!r}"
    except Exception as error:  # a plug-in may fail in any way
        reason = f"{type(error).__name__}: {error}"
    raise EnvironmentProblem(
        f"the plug-in {point.value} is no engine ({reason})",
        where=f"engine {point.name}",
        hint="mend or remove the package that brings it; see docs/engines.md, or set NARRATE_PLUGINS=0",
    )


def names() -> list[str]:
    """Every engine that can be asked for by name."""
    return [*ENGINES, *plugins()]


def plugins() -> Mapping[str, EntryPoint]:
    """The engines of other packages by name."""
    if environ.get("NARRATE_PLUGINS") == "0":
        return {}
    return {point.name: point for point in entry_points(group="narrate.engines")}


def capabilities(name: str) -> Capabilities:
    """What the named engine can do. Raises UsageError for an unknown name."""
    result: Capabilities = module(name).CAPABILITIES
    return result


def choose(kind: str, settings: Settings, speaker: str | None = None, where: str = "") -> Choice:
    """The engine and model for a kind of voice: "default", "speaker", "clone" or "design".

    `auto` never gives another voice than the one asked for: what hibari cannot speak goes to
    Qwen3-TTS, through mlx on Apple Silicon and through torch elsewhere. Raises EnvironmentProblem
    if the named engine cannot speak that kind of voice.
    """
    name, reason = (
        (settings.engine, "asked for") if settings.engine != "auto" else _automatic(kind, speaker)
    )
    able = capabilities(name)
    if kind != "default" and kind not in able.voices:
        raise EnvironmentProblem(
            f"the engine {name} cannot speak a {KINDS[kind]}",
            where=where,
            hint=f"choose another --engine; {name} takes: {', '.join(KINDS[each] for each in able.voices)}",
        )
    found = models.resolve(able, kind, settings)
    if (own := settings.engines.get(name)) and own.base_url:
        able = replace(able, batch=max(able.batch, own.concurrency))
    if name == "mlx" and not models.is_qwen(found.reference):
        # Other models of mlx-audio have speakers and languages of their own; the engine asks the
        # model itself.
        able = replace(able, speakers=(), languages=())
    return Choice(able, found.reference, found.key, reason, found.facts)


KINDS = {
    "speaker": "stock speaker",
    "clone": "cloned voice",
    "design": "designed voice",
    "default": "default voice",
}


def _automatic(kind: str, speaker: str | None) -> tuple[str, str]:
    embedded = capabilities("hibari")
    if kind == "default" or (kind == "speaker" and speaker in embedded.speakers):
        return embedded.name, "the embedded voice"
    name = cloning_engine()
    machine = "Apple Silicon" if name == "mlx" else "no Apple Silicon"
    return name, f"a {KINDS[kind]} needs Qwen3-TTS, and this is {machine}"


def cloning_engine() -> str:
    """The engine that clones voices on this machine."""
    return "mlx" if apple_silicon() else "torch"


def apple_silicon() -> bool:
    """Whether this machine has a GPU that MLX uses."""
    return platform.system() == "Darwin" and platform.machine() == "arm64"
