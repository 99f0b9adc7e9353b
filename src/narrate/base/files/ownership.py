"""Which settings files are read, and which of them are obeyed.

A settings file may name programs to run, so a file that another user could have written is ignored.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "NARRATE_TRUST"
"""Folders whose settings are obeyed whoever owns them, separated as in PATH."""

NAMES = ("narrate.toml", "pyproject.toml")


def search(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files that may hold the settings for a folder, nearest first, and the files that mark
    where the search ends.

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
    """The files that mark the top of a repository; the folder `.git` changes with every commit, so
    a file in it is used.
    """
    git = place / ".git"
    return git / "config" if git.is_dir() else git, place / ".hg" / "requires"


def _status(place: Path) -> os.stat_result | None:
    try:
        return place.stat()
    except OSError:
        return None


def objection(path: Path, environment: Mapping[str, str]) -> str:
    """Why a file could have been written by another user, in words; empty if it can be obeyed.

    The file must belong to the user or root. So must a link to it, which could point to a file that
    was written for another place, and its folder, in which another user could replace the file.
    Raises OSError: FileNotFoundError if the file does not exist.
    """
    link, folder = path.lstat(), path.parent.stat()
    if any(_realpath(path.parent).is_relative_to(place) for place in _trusted(environment)):
        return ""
    users = _users(environment)
    for status, what in ((link, "it"), (folder, "its folder")):
        if status.st_uid not in users:
            return f"{what} belongs to {_name(status.st_uid)}"
    # Looked at only now, as following another user's link may raise an error.
    file, target = path.stat(), "what it links to" if stat.S_ISLNK(link.st_mode) else "it"
    if file.st_uid not in users:
        return f"{target} belongs to {_name(file.st_uid)}"
    # Every user may write to some devices; what is not a regular file is refused when it is read.
    if stat.S_ISREG(file.st_mode) and file.st_mode & stat.S_IWOTH:
        return f"every user can write to {target}"
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        return "every user can write to its folder"
    return ""


def _users(environment: Mapping[str, str]) -> set[int]:
    """The user and root; under sudo also the user who called it, who can become root anyway."""
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
