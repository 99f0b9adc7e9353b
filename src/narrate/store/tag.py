"""The tag of a cache: CACHEDIR.TAG tells backups to skip the folder, and narrate that it made what
lies in it.

Only an empty folder becomes a cache, and the tag is the first thing written to it. So a folder with
other files and without our tag belongs to somebody else: nothing in it is written, swept or
removed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from narrate.base.files import durable
from narrate.errors import EnvironmentProblem

NAME = "CACHEDIR.TAG"
STAMPS = "stamps"
"""Made by `stamp`, which may come before the cache and does not wait for it."""

LOST_AND_FOUND = "lost+found"
"""In the top folder of a disk; the system made it."""

NAMES = frozenset(
    (
        *(NAME, STAMPS, "claims", "locks", "quarantine"),
        *("readings", "refused", "runs", "tmp", "uses", "v1"),
    )
)
"""Everything that narrate makes in a cache."""

_MARK = b"Signature: 8a477f597d28d172789f06886806bc55\n# A cache of narrate"
_TEXT = _MARK + b"; `narrate cache clear` empties it.\n"


def found(root: Path) -> bool:
    """Whether a folder has our tag; a link to one does not count."""
    try:
        fd = os.open(root / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(fd).st_mode) and os.pread(fd, len(_MARK), 0) == _MARK
    except OSError:
        return False
    finally:
        os.close(fd)


def require(root: Path) -> None:
    """Refuse a folder that holds files of others, and a cache in which a link leads elsewhere.

    Raises EnvironmentProblem. A folder that is missing or cannot be listed passes: nothing can
    happen to it.
    """
    with contextlib.suppress(OSError):
        if not (_is_free(root) or found(root)):
            raise EnvironmentProblem(
                "this folder is not a cache of narrate: it is not empty,"
                f" and it has no {NAME} of narrate",
                where=str(root),
                hint="name an empty or a new folder with --cache-dir or NARRATE_CACHE_DIR;"
                " this one was not changed",
            )
    for link in _links(root):
        raise EnvironmentProblem(
            "this part of the cache is a link, and narrate follows no links inside a cache",
            where=link,
            hint="remove the link; --cache-dir itself may be a link to another disk",
        )


def put(root: Path) -> None:
    """Tag a folder that is empty so far; the tag is whole and on the disk when it appears. Raises
    OSError.
    """
    if not _is_free(root):
        if found(root):
            return
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(root))
    temp, fd = durable.open_temp(root)
    try:
        durable.write_all(partial(os.write, fd), _TEXT)
        os.fsync(fd)
        temp.replace(root / NAME)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temp.unlink()
        os.close(fd)
    durable.sync_folder(root)


def _is_free(root: Path) -> bool:
    """Whether a folder holds nothing but what may come before the tag. Raises OSError."""
    names = set(os.listdir(root)) - {STAMPS, LOST_AND_FOUND}
    return all(durable.TEMP.fullmatch(name) for name in names)


def _links(root: Path) -> Iterator[str]:
    """The links among the names that narrate uses."""
    for folder in (root, root / "v1"):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            ours = [each for each in entries if folder != root or each.name in NAMES]
            yield from sorted(each.path for each in ours if each.is_symlink())
