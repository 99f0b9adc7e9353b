"""A new project: a script, settings, a folder for voices, and rules for make and ninja."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from narrate.errors import UsageError

RENAMED = {"gitignore": ".gitignore"}
"""Files that have another name in this package, where they would take effect."""


def create(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the files of a project that do not exist yet; return those written and those kept.

    Raises UsageError if the folder cannot be written, or a folder in it is a link.
    """
    written: list[Path] = []
    kept: list[Path] = []
    try:
        for name, source in sorted(_files(resources.files("narrate.tools") / "template")):
            path = folder / name
            _check_parent(folder, path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)
            (written if _write_new(path, source.read_bytes()) else kept).append(path)
    except OSError as error:
        what, where = f"cannot make a project there ({error.strerror})", error.filename or folder
        raise UsageError(what, where=str(where), hint="name another folder") from error
    return written, kept


def _check_parent(folder: Path, parent: Path) -> None:
    """Refuse a folder of the project that is a link; the project's own may be one, as the user
    named it.
    """
    if parent != folder and parent.is_symlink():
        hint = "remove the link, or name another folder"
        raise UsageError(
            "it is a link, and nothing is written through it", where=str(parent), hint=hint
        )


def _files(folder: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    """Every file of a folder, by its path in the project."""
    found = []
    for each in folder.iterdir():
        name = prefix + RENAMED.get(each.name, each.name)
        found += _files(each, f"{name}/") if each.is_dir() else [(name, each)]
    return found


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file unless it exists; return whether it was written."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
