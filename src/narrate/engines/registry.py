"""Which engines there are: those in this package, found by looking into it, and plug-ins."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from narrate.base.text import did_you_mean
from narrate.engines.base import Auto, Capabilities
from narrate.errors import EnvironmentProblem, UsageError

SHARED = ("base", "qwen", "registry")
"""The modules of this package that are not engines."""

REQUIREMENTS = "requirements"
"""The folder of pins in this package."""

FIRST = ("hibari", "mlx", "torch")
"""The engines that come first, in this order; the others follow by name. Those that `--engine auto`
may choose are first, so that a run imports no others.
"""


def built_in() -> list[str]:
    """The names of the engines in this package, in the order that FIRST states."""
    # pkgutil.iter_modules takes a folder that cannot be read for an empty one.
    files = [Path(name) for name in os.listdir(Path(__file__).parent)]
    found = {file.stem for file in files if file.suffix in ("", ".py") and file.stem[0] not in "_."}
    others = sorted(found - {*SHARED, *FIRST, REQUIREMENTS})
    return [*FIRST, *others]


def plugins() -> Mapping[str, EntryPoint]:
    """The engines of other packages by name: entry points in the group narrate.engines.

    There are none with NARRATE_PLUGINS=0.
    """
    if os.environ.get("NARRATE_PLUGINS") == "0":
        return {}
    return {point.name: point for point in entry_points(group="narrate.engines")}


def names() -> list[str]:
    """Every engine that can be asked for by name."""
    return [*built_in(), *plugins()]


def module(name: str) -> ModuleType:
    """The module of an engine; the libraries behind the engine are not imported.

    Of the plug-ins only the one that is named is loaded. Raises UsageError for an unknown name, and
    EnvironmentProblem for a plug-in that is not an engine.
    """
    if name in built_in():
        return importlib.import_module(f"narrate.engines.{name}")
    found = plugins()
    if name in found:
        return _load(found[name])
    known = names()
    hint = did_you_mean(name, known, f"choose one of: auto, {', '.join(known)}")
    raise UsageError(f"there is no engine named {name!r}", where="--engine", hint=hint)


def capabilities(name: str) -> Capabilities:
    """What the named engine can do. Raises as `module` does."""
    result: Capabilities = module(name).CAPABILITIES
    return result


def automatic(auto: Auto) -> Capabilities:
    """The engine that `--engine auto` chooses in a case that is not NEVER."""
    return next(each for each in map(capabilities, built_in()) if each.auto is auto)


def with_models() -> list[Capabilities]:
    """The engines in this package whose models come from the hub."""
    return [each for each in map(capabilities, built_in()) if each.models]


def _load(point: EntryPoint) -> ModuleType:
    """Load a plug-in, and check that it is the engine that it claims to be."""
    try:
        loaded: ModuleType = point.load()
        if loaded.CAPABILITIES.name == point.name:
            return loaded
        reason = f"it calls itself {loaded.CAPABILITIES.name!r}"
    except Exception as error:  # a plug-in may fail in any way
        reason = f"{type(error).__name__}: {error}"
    raise EnvironmentProblem(
        f"the plug-in {point.value} is not an engine ({reason})",
        where=f"engine {point.name}",
        hint="update or remove the package that brings it (see docs/adding-an-engine.md), "
        "or set NARRATE_PLUGINS=0",
    )
