"""A new project: a script, settings, a folder for voices, and rules for make and ninja."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from narrate import script as scripts
from narrate.errors import UsageError

RENAMED = {"gitignore": ".gitignore"}
"""Files that have another name in this package, where they would take effect."""


SCRIPT = "script.md"
"""The script of a new project, which other files of it name."""


@dataclass(slots=True)
class Project:
    """The folder of a project, the name of its script, and its files: those written and those
    kept.
    """

    folder: Path
    script: str
    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def create(target: Path) -> Project:
    """Write the files of a project that do not exist yet.

    `target` is its folder, or the script that it is for. A script that is in the folder already is
    used instead of a new one. Raises UsageError if there are several, if the folder cannot be
    written, or if a folder in it is a link.
    """
    try:
        named = target.suffix.lower() in scripts.FORMATS and not target.is_dir()
        if named and not target.is_file():
            hint = "write it first, or name the folder of the project"
            raise UsageError("there is no such script", where=str(target), hint=hint)
        folder, script = (target.parent, target.name) if named else (target, "")
        script = _expressible(script or _script_in(folder), folder)
        project = Project(folder, script)
        for name, source in sorted(_files(resources.files("narrate.tools") / "template")):
            path = folder / (script if name == SCRIPT else name)
            _check_parent(folder, path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)
            content = source.read_bytes().replace(SCRIPT.encode(), script.encode())
            (project.written if _write_new(path, content) else project.kept).append(path)
    except OSError as error:
        what, where = f"cannot make a project there ({error.strerror})", error.filename or target
        raise UsageError(what, where=str(where), hint="name another folder") from error
    return project


def _script_in(folder: Path) -> str:
    """The name of the script in a folder: the only one, else SCRIPT. Raises UsageError if there are
    several.
    """
    everything = [path.name for path in scripts.scripts_in(folder)]
    found = [name for name in everything if name in scripts.MAIN] or everything
    if len(found) > 1:
        raise UsageError(
            f"there are several scripts: {', '.join(found[:5])}"
            + (f" and {len(found) - 5} more" if len(found) > 5 else ""),
            where=str(folder),
            hint=f"name the one that the project is for: narrate init {folder / found[0]}",
        )
    return found[0] if found else SCRIPT


def _expressible(script: str, folder: Path) -> str:
    """A script's name, if make and ninja take it as it is. Raises UsageError."""
    if not re.fullmatch(r"[\w.+-]+", script):
        raise UsageError(
            "a rule for make cannot name this script",
            where=str(folder / script),
            hint="rename it, with letters, digits, '-', '_' and '.' only",
        )
    return script


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
