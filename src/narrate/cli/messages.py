"""What every command says in the same way: warnings, errors and paths."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from narrate.base import terminal
from narrate.base.events import Event, Warned
from narrate.errors import NarrateError, ScriptErrors


def warn(text: str) -> None:
    """Print a warning on stderr."""
    terminal.tell(f"warning: {text}")


def show_warning(event: Event) -> None:
    """Print an event on stderr if it is a warning."""
    if isinstance(event, Warned):
        warn(event.message)


def complain(error: NarrateError) -> None:
    """Print an error on stderr: what is wrong and where, then the next step.

    The problems of a script are printed one by one; a next step that all share is printed once.
    """
    found = problems(error)
    alike = len(found) > 1 and len({problem.hint for problem in found}) == 1
    for problem in found:
        _tell_error(problem, "" if alike else problem.hint)
    if len(found) > 1:
        _tell_error(error, error.hint)


def _tell_error(error: NarrateError, hint: str) -> None:
    terminal.tell(f"error: {error}", *([f"  next: {hint}"] if hint else []))


def problems(error: NarrateError) -> tuple[NarrateError, ...]:
    """The problems of a script that are told, or the error itself."""
    return error.problems if isinstance(error, ScriptErrors) else (error,)


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
