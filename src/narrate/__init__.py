"""make for narration: a script in, a timed narration out, and nothing is said twice."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__", "load", "plan", "run"]

TYPE_CHECKING = False
"""As typing.TYPE_CHECKING, without the time that importing typing takes."""

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from narrate.base.events import Event
    from narrate.output.manifest import Manifest
    from narrate.planning.plan import Plan


def run(
    script: str | Path,
    *,
    force: Sequence[str] = (),
    only: str | None = None,
    frozen: bool = False,
    keep_going: bool = False,
    force_output: bool = False,
    locked: bool = False,
    on_event: Callable[[Event], object] | None = None,
    **settings: Any,
) -> Manifest:
    """Narrate a script and return its manifest; the files are in the output folder.

    `settings` are those of narrate.toml (out, engine, jobs, format, fps, qa, language, pause_after,
    timeout, cache_dir), the other parameters the flags of `narrate run`; `force` takes segment ids,
    or "*" for all. Raises subclasses of narrate.errors.NarrateError, each with the exit code that
    the command would have.
    """
    from narrate import build

    options = build.Options(tuple(force), only, frozen, keep_going, force_output, locked)
    return build.run(script, _plain(settings), options, on_event or _ignore).manifest


def plan(
    script: str | Path, *, on_event: Callable[[Event], object] | None = None, **settings: Any
) -> Plan:
    """Work out what `run` would speak; nothing is written. Raises as `run` does."""
    from narrate import build

    return build.plan(script, _plain(settings), build.Options(), on_event or _ignore)


def load(path: str | Path) -> Manifest:
    """Read a manifest.json. Raises narrate.errors.UsageError if it is not a manifest that can be
    read.
    """
    from narrate.output import manifest

    return manifest.load(path)


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as narrate.toml would hold them: folders as text."""
    from os import PathLike, fspath

    return {
        name: fspath(value) if isinstance(value, PathLike) else value
        for name, value in settings.items()
    }


def _ignore(event: Event) -> None:
    return None
