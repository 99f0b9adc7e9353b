"""What a run must not overwrite: its own inputs, and what is in the output folder and was not made
by narrate.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG

from narrate.errors import UsageError
from narrate.output import manifest
from narrate.output.record import RECORD
from narrate.output.stage import OUTPUT, PENDING, listed, unwritable
from narrate.script.ids import fold

MANIFEST_BYTES = 1 << 28
"""A larger manifest.json is not ours: 20,000 segments take a tenth of it."""

CHOOSE = "choose another folder with -o DIR"

Identity = tuple[str, str] | tuple[int, int]


def check(folder: Path, names: Collection[str], inputs: Iterable[str | Path], force: bool) -> None:
    """Refuse an output folder in which files would be lost, or written through a link. Raises
    UsageError.

    `names` are those of the files that the run would make there. No `inputs` may be replaced or
    removed; what narrate did not make may be with `force`. Raises EnvironmentProblem if the folder
    cannot be read.
    """
    try:
        mine = _mine(folder)
        _check_inputs(folder, {RECORD, *names, *mine}, inputs)
        _check_places(folder, names)
        if not force:
            _check_foreign(folder, {*names, RECORD, PENDING} - mine, mine)
    except OSError as error:
        raise unwritable(folder, error) from error


def check_links(folder: Path, within: Path) -> None:
    """Refuse a folder that nobody named on the command line if a link takes it out of `within`.
    Raises UsageError.
    """
    within = Path(os.path.abspath(within))
    if not Path(os.path.abspath(folder)).is_relative_to(within):
        return
    real = os.path.realpath(folder)
    if not Path(real).is_relative_to(os.path.realpath(within)):
        raise UsageError(
            f"a link takes it to {real}, outside of {within}",
            where=str(folder),
            hint="name the folder with -o DIR if this is what you want, or remove the link",
        )


def _mine(folder: Path) -> set[str]:
    """The names of the files that narrate made in a folder, by its own records and by the manifest."""
    names = set(listed(folder)) or _in_manifest(folder / "manifest.json")
    pending = {PENDING} if listed(folder, [PENDING]) else set()
    return (
        {name for name in names if OUTPUT.fullmatch(name)} | pending | {RECORD} if names else set()
    )


def _in_manifest(path: Path) -> set[str]:
    """The files of a narration whose run.json was lost, as happens to one that comes from a
    repository.
    """
    try:
        status = path.lstat()
        if not S_ISREG(status.st_mode) or status.st_size > MANIFEST_BYTES:
            return set()
        found = manifest.load(path)
    except (OSError, UsageError):
        return set()
    files = [
        found.audio.file,
        *found.sidecars.values(),
        *(segment.file for segment in found.segments),
    ]
    return {path.name, *files}


def _check_inputs(folder: Path, names: Iterable[str], inputs: Iterable[str | Path]) -> None:
    real = cache(os.path.realpath)
    known = {
        identity: path for path in inputs for identity in _identities(os.path.abspath(path), real)
    }
    for name in sorted(names):
        for identity in _identities(os.path.join(folder, name), real):
            if identity in known:
                raise UsageError(
                    f"the output {name} would overwrite it, and it is an input of this run",
                    where=str(known[identity]),
                    hint=CHOOSE,
                )


def _identities(path: str, real: Callable[[str], str]) -> list[Identity]:
    """What two names of one file have in common: the place of the name, or the inode, of a link and
    of its target.
    """
    parent, name = os.path.split(path)
    found: list[Identity] = [(real(parent), name)]
    with suppress(OSError, ValueError):
        status = os.lstat(path)
        found.append((status.st_dev, status.st_ino))
        if S_ISLNK(status.st_mode):
            status = os.stat(path)
            found.append((status.st_dev, status.st_ino))
    return found


def _check_places(folder: Path, names: Collection[str]) -> None:
    """Refuse folders that are links or no folders, and folders in the place of files."""
    for parent in sorted({os.path.dirname(name) for name in names} - {""}):
        path = folder / parent
        if path.is_symlink():
            hint = f"remove the link, or {CHOOSE}"
            raise UsageError(
                "it is a link, and nothing is written through it", where=str(path), hint=hint
            )
        if path.exists() and not path.is_dir():
            hint = f"move it away, or {CHOOSE}"
            raise UsageError("it is a file where a folder is needed", where=str(path), hint=hint)
    for name in (*names, RECORD, PENDING):
        status = _status(folder / name)
        if status and S_ISDIR(status.st_mode):
            hint = f"move it away, or {CHOOSE}"
            raise UsageError(
                "it is a folder where a file is needed", where=str(folder / name), hint=hint
            )


def _check_foreign(folder: Path, names: Iterable[str], mine: Iterable[str]) -> None:
    """Refuse to replace files that are not `mine`; an empty one holds nothing that could be lost."""
    found = [name for name in sorted(names) if _holds_something(folder / name)]
    if found:
        spellings = {fold(name) for name in mine}
        found = [
            name
            for name in found
            if not (fold(name) in spellings and _is_spelled_otherwise(folder / name))
        ]
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise UsageError(
            f"narrate did not make what it would replace there: {', '.join(found[:5])}{more}",
            where=str(folder),
            hint=f"{CHOOSE}, or replace the files with --force-output",
        )


def _holds_something(path: Path) -> bool:
    status = _status(path)
    return status is not None and not (S_ISREG(status.st_mode) and status.st_size == 0)


def _is_spelled_otherwise(path: Path) -> bool:
    """Whether a file that is there is listed under another spelling, as on a disk that does not
    tell them apart.
    """
    return path.name not in os.listdir(path.parent)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
