"""What every command says in the same way: warnings, errors and paths."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from narrate.base import terminal
from narrate.base.events import Event, Warned
from narrate.errors import NarrateError


def warn(text: str) -> None:
    """Print a warning on stderr."""
    terminal.tell(f"warning: {text}")


def show_warning(event: Event) -> None:
    """Print an event on stderr if it is a warning."""
    if isinstance(event, Warned):
        warn(event.message)


def complain(error: NarrateError) -> None:
    """Print an error on stderr: what is wrong and where, then the next step."""
    terminal.tell(f"error: {error}", *([f"  next: {error.hint}"] if error.hint else []))


def complain_each(errors: Iterable[NarrateError]) -> None:
    """Print errors, one after the other."""
    for error in errors:
        complain(error)


def as_object(error: NarrateError) -> dict[str, Any]:
    """An error as a part of a JSON object."""
    return {"message": str(error), "hint": error.hint, "exit_code": error.exit_code}


def shown(path: Path) -> str:
    """A path as a person would write it from the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
