"""The table of engines, and choosing one."""

from __future__ import annotations

import importlib
from difflib import get_close_matches

from narrate.engines.base import Capabilities
from narrate.errors import UsageError

ENGINES = ("hibari", "tone")


def capabilities(name: str) -> Capabilities:
    """What the named engine can do; its libraries are not imported. Raises UsageError for an unknown name."""
    if name not in ENGINES:
        close = get_close_matches(name, ENGINES, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose one of: auto, {', '.join(ENGINES)}"
        raise UsageError(f"there is no engine named {name!r}", where="--engine", hint=hint)
    module = importlib.import_module(f"narrate.engines.{name}")
    result: Capabilities = module.CAPABILITIES
    return result


def choose(name: str) -> tuple[Capabilities, str]:
    """The engine to use for a name or "auto", and the reason in words."""
    if name == "auto":
        return capabilities("hibari"), "the embedded voice: the script asks for no recording's voice"
    return capabilities(name), "asked for"
