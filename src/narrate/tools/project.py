"""A new project: a script, settings, a folder for voices, and the narration as a step of make and
of ninja.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from narrate.errors import UsageError

RENAMED = {"gitignore": ".gitignore"}
"""Files that would have an effect of their own where they lie in this package."""


def create(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the files of a project that are not there yet; return those written and those kept.

    Raises UsageError if the folder cannot be written.
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
        what = f"no project can be made there ({error.strerror})"
        raise UsageError(
            what, where=str(error.filename or folder), hint="name another folder"
        ) from error
    return written, kept


def _check_parent(folder: Path, parent: Path) -> None:
    """Refuse a folder of the project that is a link: the project itself may be one, as it was
    named.
    """
    if parent != folder and parent.is_symlink():
        hint = "remove the link, or name another folder"
        raise UsageError(
            "it is a link, and nothing is written through it", where=str(parent), hint=hint
        )


def _files(folder: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    found = []
    for each in folder.iterdir():
        name = prefix + RENAMED.get(each.name, each.name)
        found += _files(each, f"{name}/") if each.is_dir() else [(name, each)]
    return found


def _write_new(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
