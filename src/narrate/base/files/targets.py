"""Files named by a flag such as --depfile, which replace only files that narrate wrote."""

from __future__ import annotations

import re
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from narrate.errors import UsageError

BEGINNING_BYTES = 4096
SETTINGS = ("narrate.toml", "pyproject.toml")


def check(path: Path, ours: re.Pattern[bytes], kind: str, flag: str) -> None:
    """Refuse a link, and a file whose beginning does not match `ours`, the files of that `kind`.

    An empty file may be written, and so may a pipe, or a device such as /dev/stderr. Raises
    UsageError.
    """
    if is_device(path):
        return
    if path.name in SETTINGS:
        raise UsageError(
            "narrate reads settings from a file of this name",
            where=str(path),
            hint=f"name another file after {flag}",
        )
    try:
        status = path.lstat()
        if S_ISLNK(status.st_mode):
            hint = f"name the file itself, or another one after {flag}"
            raise UsageError(
                "it is a link, and nothing is written through it", where=str(path), hint=hint
            )
        if not S_ISREG(status.st_mode) or status.st_size == 0:
            return
        with path.open("rb") as file:
            beginning = file.read(BEGINNING_BYTES)
    except OSError:
        # The file does not exist or cannot be read; writing it reports any problem.
        return
    if not ours.match(beginning):
        hint = f"name another file after {flag}, or remove this one"
        raise UsageError(
            f"it exists and is not {kind} that narrate wrote", where=str(path), hint=hint
        )


def is_device(path: Path) -> bool:
    """Whether a path names a device, or an open file: /dev/stderr, /proc/self/fd/3."""
    return path.absolute().parts[1:2] in [("dev",), ("proc",)]
