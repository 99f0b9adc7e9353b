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


def of(path: str | os.PathLike[str], *, follow_links: bool = True) -> Fact:
    """The fact of a file or folder now."""
    try:
        status = os.stat(path, follow_symlinks=follow_links)
    except OSError:
        return Fact()
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return Fact(f"{status.st_dev} {status.st_ino} {status.st_size} {times}")


def take(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Fact]:
    """The fact of each path now, by its absolute path."""
    here = os.getcwd()
    # Not normalised: `link/..` is the parent of the folder that the link leads to.
    absolute = (os.path.join(here, path) for path in paths)
    return {path: of(path) for path in absolute}


def of_software(modules: Iterable[str]) -> dict[str, Fact]:
    """The facts of the code behind a run: every installed distribution, and the files of these
    top-level modules.

    For a module, these are the files of all its submodules that have been imported. For a
    distribution, it is the folder with its metadata, which every installation makes again.
    """
    roots = frozenset(modules)
    imported = [
        module for name, module in list(sys.modules.items()) if name.partition(".")[0] in roots
    ]
    files = [file for module in imported if (file := getattr(module, "__file__", None))]
    return take((*files, *_distributions()))


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
