"""`narrate schema`: what a script may hold."""

from __future__ import annotations

from narrate import script
from narrate.base import terminal


def schema() -> None:
    """Print the JSON Schema of a script, for editors and generators."""
    terminal.write(terminal.as_json(script.schema()))
