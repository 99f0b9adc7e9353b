"""narrate.lock: the approved takes of the scripts in its folder, as TOML.

    version = 1

    [[takes."lesson.md"."intro/hook"]]      a table for each utterance of a segment
    text = "It has a meaning."
    take = 2
    request = "0a1b…"

Scripts and segments are sorted, utterances are in the order of the text, and the same takes give
the same bytes, so that a diff shows what a person decided and nothing else.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from narrate.base.files import durable, encoding, regular
from narrate.base.limits import LOCK_BYTES
from narrate.base.text import encodable, quoted
from narrate.errors import EnvironmentProblem, UsageError
from narrate.takes.lock import Approved, Lock

NAME = "narrate.lock"
VERSION = 1
HEAD = """\
# The takes that a person approved, by script and segment: keep this file under version control.
# `narrate pick` and `narrate lock` write it; a run removes takes of texts that have changed.
"""
HINT = "correct it or restore an earlier version, or remove it and approve takes again"


def path_of(script: Path) -> Path:
    """The lock of a script, which is shared by all scripts of its folder."""
    return script.parent / NAME


def read(script: Path) -> Lock:
    """The approved takes of a script; none if there is no lock. Raises UsageError, with the place,
    for one that is not valid.
    """
    return _locks(path_of(script)).get(_name(script), Lock())


def update(script: Path, change: Callable[[Lock], Lock]) -> bool:
    """Change the approved takes of a script from what the file has now; those of other scripts
    stay. Return whether the file has changed.

    Raises UsageError for a lock that is not valid, and EnvironmentProblem if it cannot be written.
    """
    path = path_of(script)
    try:
        with _held(path.parent):
            before = _data(path)
            locks = _parsed(path, before)
            now = locks.get(_name(script), Lock())
            if (after := change(now)) == now:
                return False
            _refuse_link(path)
            with durable.replacing(path) as file:
                file.write(_format(locks | {_name(script): after}))
    except OSError as error:
        what = f"it cannot be written ({error.strerror})"
        hint = "make its folder writable, or free some space"
        raise EnvironmentProblem(what, where=str(path), hint=hint) from error
    return True


def _name(script: Path) -> str:
    return encodable(script.name)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder's file lock, so that of two processes that change the file, the second reads
    what the first has written.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Some network file systems have no locks.
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _refuse_link(path: Path) -> None:
    """A project could have a link there to a file of the user."""
    if path.is_symlink():
        hint = "replace the link by the file itself"
        raise UsageError(
            "it is a link, and nothing is written through it", where=str(path), hint=hint
        )


def _locks(path: Path) -> dict[str, Lock]:
    try:
        return _parsed(path, _data(path))
    except OSError as error:
        raise UsageError(f"it {_reason(error)}", where=str(path), hint=HINT) from error


def _reason(error: OSError) -> str:
    """Why a lock cannot be read."""
    if isinstance(error, regular.NotRegular | regular.TooLarge):
        return str(error.strerror)
    return f"cannot be read ({error.strerror})"


def _data(path: Path) -> bytes | None:
    """The bytes of a lock; None if there is none. Raises OSError."""
    try:
        return regular.read(path, LOCK_BYTES)
    except FileNotFoundError:
        return None


def _parsed(path: Path, data: bytes | None) -> dict[str, Lock]:
    """The locks in a file by script. Raises UsageError."""
    try:
        document = tomllib.loads(encoding.decode(data or b""))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is not valid TOML: {error}", where=str(path), hint=HINT) from error
    if document and document.get("version") != VERSION:
        what = f"its version is {document.get('version')!r}, and this narrate reads {VERSION}"
        hint = "upgrade narrate, or restore an earlier version of the file"
        raise UsageError(what, where=str(path), hint=hint)
    if unknown := sorted(document.keys() - {"version", "takes"}):
        raise UsageError(f"unknown table {quoted(unknown[0])}", where=str(path), hint=HINT)
    takes = _table(document.get("takes", {}), str(path), "takes")
    return {name: _lock(segments, f"{path}: {quoted(name)}") for name, segments in takes.items()}


def _lock(segments: Any, where: str) -> Lock:
    """The lock of a script. Raises UsageError."""
    table = _table(segments, where, "the script")
    return Lock({id: _takes(several, f"{where}, {quoted(id)}") for id, several in table.items()})


def _table(value: Any, where: str, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{what} is not a table", where=where, hint=HINT)
    return value


def _takes(value: Any, where: str) -> tuple[Approved, ...]:
    try:
        return msgspec.convert(value, tuple[Approved, ...])
    except msgspec.ValidationError as error:
        raise UsageError(str(error), where=where, hint=HINT) from error


def _format(locks: Mapping[str, Lock]) -> bytes:
    """The bytes of a file of locks."""
    blocks = [f"{HEAD}\nversion = {VERSION}\n"]
    for name, lock in sorted(locks.items()):
        for id, each in sorted(lock, key=lambda pair: pair[0]):
            lines = [f"{key} = {_value(value)}" for key, value in _fields(each)]
            blocks.append("\n".join([f"[[takes.{_value(name)}.{_value(id)}]]", *lines, ""]))
    return "\n".join(blocks).encode()


def _fields(approved: Approved) -> Iterator[tuple[str, str | int]]:
    """The fields in the order in which a person reads them."""
    for name in ("text", "take", "seed", "request", "clip", "sound"):
        if (value := getattr(approved, name)) is not None:
            yield name, value


def _value(value: str | int) -> str:
    """A string or a number as TOML; its basic strings are those of JSON, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
