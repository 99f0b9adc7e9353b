"""Whose settings are these, and how far up are they looked for?

A settings file may name programs to run, so one that somebody else could have written is not
obeyed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "NARRATE_TRUST"
"""Folders whose settings are obeyed whoever they belong to, separated as in PATH."""

NAMES = ("narrate.toml", "pyproject.toml")


def search(folder: Path) -> tuple[list[Path], list[Path]]:
    """Where the settings for a folder may lie, the nearest first, and the files that say where the
    search ends.

    It ends at the top of a repository, at the home folder and at the edge of a file system.
    """
    candidates: list[Path] = []
    marks: list[Path] = []
    home, device = _status(Path(os.path.expanduser("~"))), None
    for place in (folder.absolute(), *folder.absolute().parents):
        status = _status(place)
        if status and device not in (None, status.st_dev):
            break
        device = status.st_dev if status else device
        candidates += [place / name for name in NAMES]
        here = _marks(place)
        marks += here
        if any(map(os.path.exists, here)) or (status and home and os.path.samestat(status, home)):
            break
    return candidates, marks


def _marks(place: Path) -> tuple[Path, Path]:
    """The files by which the top of a repository is known; a folder `.git` changes with every
    commit.
    """
    git = place / ".git"
    return git / "config" if git.is_dir() else git, place / ".hg" / "requires"


def _status(place: Path) -> os.stat_result | None:
    try:
        return place.stat()
    except OSError:
        return None


def objection(path: Path, environment: Mapping[str, str]) -> str:
    """Who else could have written a file, in words; empty if only the user and root could, or if it
    is to be trusted.

    A link must be theirs too, as it may point to a file that was written for another place; and so
    must the folder, in which others could put another file. Raises OSError, FileNotFoundError if
    there is no file.
    """
    link, folder = path.lstat(), path.parent.stat()
    if any(_realpath(path.parent).is_relative_to(place) for place in _trusted(environment)):
        return ""
    users = _users(environment)
    for status, what in ((link, "it"), (folder, "its folder")):
        if status.st_uid not in users:
            return f"{what} belongs to {_name(status.st_uid)}"
    # Only now, as where somebody else's link leads may be an error of its own.
    file, target = path.stat(), "what it links to" if stat.S_ISLNK(link.st_mode) else "it"
    if file.st_uid not in users:
        return f"{target} belongs to {_name(file.st_uid)}"
    # Devices may be written by everybody; what is not a regular file is refused when it is read.
    if stat.S_ISREG(file.st_mode) and file.st_mode & stat.S_IWOTH:
        return f"every user may write {target}"
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        return "every user may write its folder"
    return ""


def _users(environment: Mapping[str, str]) -> set[int]:
    """The user and root; under sudo also who called it, who could have become root anyway."""
    user, caller = os.geteuid(), environment.get("SUDO_UID", "")
    return {0, user} | ({int(caller)} if user == 0 and caller.isdecimal() else set())


def _trusted(environment: Mapping[str, str]) -> list[Path]:
    return [
        _realpath(Path(named)) for named in environment.get(VARIABLE, "").split(os.pathsep) if named
    ]


def _realpath(path: Path) -> Path:
    return Path(os.path.realpath(os.path.expanduser(path)))


def _name(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"the user {user}"
