"""Facts of files, by which a changed file is recognized."""

from __future__ import annotations

import os
import sys

from narrate import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Fact(str):
    """The device, inode, size, modification time and inode-change time of a file; empty if it does
    not exist.

    The inode-change time cannot be set, so a file that was edited, replaced or damaged has another
    fact even if its size and modification time were restored. The inode distinguishes two files
    whose folders were swapped.
    """

    __slots__ = ()

    @property
    def absent(self) -> bool:
        """Whether the file did not exist."""
        return not self


FOLDER = "."
"""The last part of a path that means a folder itself, whatever files come and go in it."""

_FOLDER = os.sep + FOLDER


def of(path: str | os.PathLike[str], *, follow_links: bool = True) -> Fact:
    """The fact of a file or folder now; of a path that ends in `FOLDER` only which folder it is,
    and who may write there.
    """
    try:
        status = os.stat(path, follow_symlinks=follow_links)
    except OSError:
        return Fact()
    return Fact(_text(os.fspath(path), status))


def are_same(known: Iterable[tuple[str, str]]) -> bool:
    """Whether each of these paths still has the fact beside it, written as text."""
    for path, fact in known:
        try:
            now = _text(path, os.stat(path))
        except OSError:
            now = ""
        if now != fact:
            return False
    return True


def _text(path: str, status: os.stat_result) -> str:
    # A run with nothing to do is as fast as this.
    if path[-2:] == _FOLDER:
        return f"{status.st_dev} {status.st_ino} {status.st_mode} {status.st_uid}"
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return f"{status.st_dev} {status.st_ino} {status.st_size} {times}"


def take(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Fact]:
    """The fact of each path now, by its absolute path."""
    here = os.getcwd()
    # Not normalised: `link/..` is the parent of the folder that the link leads to.
    absolute = (os.path.join(here, path) for path in paths)
    return {path: of(path) for path in absolute}


def of_software(modules: Iterable[str]) -> dict[str, Fact]:
    """The facts of the code behind a run: every installed distribution, and the files of modules.

    Of the modules that were imported, those count that belong to one of these top-level `modules`,
    or that no installer put where they are.
    """
    roots = frozenset(modules)
    files = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and (name.partition(".")[0] in roots or not file.startswith(_INSTALLED)):
            files.append(file)
    return take(files) | of_installation()


def of_installation() -> dict[str, Fact]:
    """The facts of every installed distribution, and of narrate's own code if no installer put it
    where it is, whether it was imported or not.

    For a distribution, this is the folder with its metadata, which every installation makes again.
    """
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    is_installed = os.path.basename(os.path.dirname(own)) in ("site-packages", "dist-packages")
    return take((*_distributions(), *(() if is_installed else _code(own))))


def _code(folder: str) -> Iterator[str]:
    """The Python files in a folder and in those below it."""
    with os.scandir(folder) as found:
        for each in found:
            if each.name.endswith(".py"):
                yield each.path
            elif each.name != "__pycache__" and each.is_dir(follow_symlinks=False):
                yield from _code(each.path)


_INSTALLED = (sys.prefix + os.sep, sys.base_prefix + os.sep)


def _distributions() -> Iterator[str]:
    for place in sys.path:
        try:
            names = os.listdir(place) if place else []
        except OSError:
            continue
        yield from (
            os.path.join(place, name)
            for name in names
            if name.endswith((".dist-info", ".egg-info"))
        )
