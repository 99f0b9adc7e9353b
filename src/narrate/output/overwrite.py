"""Checks that a run replaces neither its own inputs nor files that narrate did not make."""

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
from narrate.output.stage import OUTPUT, PENDING, has_digest, listed, unwritable
from narrate.script.ids import fold

MANIFEST_BYTES = 1 << 28
"""A larger manifest.json is not one of narrate: 20,000 segments take a tenth of this."""

CHOOSE = "choose another folder with -o DIR"

Identity = tuple[str, str] | tuple[int, int]


def check(folder: Path, names: Collection[str], inputs: Iterable[str | Path], force: bool) -> None:
    """Refuse an output folder in which files would be lost, or written through a link.

    `names` are the files that the run would make there. The `inputs` may never be replaced or
    removed; other files that narrate did not make may be with `force`. Raises UsageError, or
    EnvironmentProblem if the folder cannot be read.
    """
    try:
        ours = _ours(folder)
        _check_inputs(folder, {RECORD, *names, *ours}, inputs)
        _check_places(folder, names)
        if not force:
            _check_foreign(folder, {*names, RECORD, PENDING} - ours, ours)
    except OSError as error:
        raise unwritable(folder, error) from error


def check_links(folder: Path, within: Path) -> None:
    """Refuse a folder that the user did not name if a link leads from it out of `within`.

    Raises UsageError.
    """
    within = Path(os.path.abspath(within))
    if not Path(os.path.abspath(folder)).is_relative_to(within):
        return
    real = os.path.realpath(folder)
    if not Path(real).is_relative_to(os.path.realpath(within)):
        raise UsageError(
            f"a link leads from it to {real}, outside {within}",
            where=str(folder),
            hint="remove the link, or name the folder with -o DIR if you want to use it",
        )


def _ours(folder: Path) -> set[str]:
    """The files that narrate made in a folder, as its records or the manifest list them."""
    names = set(listed(folder)) or _in_manifest(folder / "manifest.json")
    if not names:
        return set()
    ours = {RECORD, *filter(OUTPUT.fullmatch, names)}
    if listed(folder, [PENDING]):
        ours.add(PENDING)
    return ours


def _in_manifest(path: Path) -> set[str]:
    """The files that a manifest lists, for a folder without run.json, such as one that was checked
    out from a repository.
    """
    try:
        status = path.lstat()
        if not S_ISREG(status.st_mode) or status.st_size > MANIFEST_BYTES:
            return set()
        found = manifest.load(path)
    except (OSError, UsageError):
        return set()
    digests = {segment.file: segment.xxh3_128 for segment in found.segments}
    digests[found.audio.file] = found.audio.xxh3_128
    same = {name for name, digest in digests.items() if has_digest(path.parent / name, digest)}
    return {path.name, *found.sidecars.values(), *same}


def _check_inputs(folder: Path, names: Iterable[str], inputs: Iterable[str | Path]) -> None:
    real = cache(os.path.realpath)
    known: dict[Identity, str | Path] = {}
    for path in inputs:
        known |= dict.fromkeys(_identities(os.path.abspath(path), real), path)
    for name in sorted(names):
        for identity in _identities(os.path.join(folder, name), real):
            if identity in known:
                raise UsageError(
                    f"it is an input of this run, and the output {name} would replace it",
                    where=str(known[identity]),
                    hint=CHOOSE,
                )


def _identities(path: str, real: Callable[[str], str]) -> list[Identity]:
    """What identifies a file: its path, its inode, and the inode of its target if it is a link.

    Two names are of one file if they have one of these in common.
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
    """Refuse links and files in the place of folders, and folders in the place of files."""
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


def _check_foreign(folder: Path, names: Iterable[str], ours: Iterable[str]) -> None:
    """Refuse to replace files that are not `ours`; an empty file has nothing to lose."""
    found = [name for name in sorted(names) if _holds_something(folder / name)]
    if not found:
        return
    spellings = {fold(name) for name in ours}
    foreign = []
    for name in found:
        if fold(name) not in spellings or not _is_spelled_otherwise(folder / name):
            foreign.append(name)
    if foreign:
        more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
        raise UsageError(
            f"narrate would replace files that it did not make: {', '.join(foreign[:5])}{more}",
            where=str(folder),
            hint=f"{CHOOSE}, or replace the files with --force-output",
        )


def _holds_something(path: Path) -> bool:
    status = _status(path)
    return status is not None and not (S_ISREG(status.st_mode) and status.st_size == 0)


def _is_spelled_otherwise(path: Path) -> bool:
    """Whether the folder lists an existing file under another spelling, as on a file system that
    ignores case.
    """
    return path.name not in os.listdir(path.parent)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
