"""The Python environments in which engines run."""

from __future__ import annotations

import sys

from narrate.config import Settings


def python_for(engine: str, settings: Settings) -> str:
    """The interpreter that runs an engine."""
    return sys.executable
