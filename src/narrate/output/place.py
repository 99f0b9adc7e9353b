"""Where a narration goes: each script has an output folder of its own.

The only script of a folder, or its main one, has the folder itself (build/narration); any other has
one in it that is called after the script. A narration stays where it is, so a script that is added
moves no other, and what another script made is never replaced.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from narrate.base import limits
from narrate.base.files import regular
from narrate.base.text import encodable, unescaped
from narrate.errors import UsageError
from narrate.output.record import RECORD
from narrate.output.stage import PENDING
from narrate.script.folder import MAIN
from narrate.script.ids import fold

STDIN = "-"
"""What stands for a script that was read from standard input."""

RESERVED = "segments"
"""A folder that every narration has."""

T = TypeVar("T")


class _Made(msgspec.Struct, frozen=True):
    """The part of run.json that says which script a narration is of."""

    script: str = ""


class _File(msgspec.Struct, frozen=True):
    file: str = ""


class _Manifest(msgspec.Struct, frozen=True):
    """The same of manifest.json."""

    script: _File = _File()


def choose(
    base: Path, script: Path | None, others: Collection[str], *, below: bool = False
) -> Path:
    """The output folder of a script, None for standard input: `base` or a folder in it, or
    certainly a folder in it if `below`.

    `others` are the names of other scripts that may be narrated there.
    """
    name = name_of(script)
    inside = [base / each for each in _folders(name)]
    for place in inside if below else [base, *inside]:
        if _is_same(holder(place, script), script):
            return place
    own = inside if _is_unique(Path(name).stem, others) else inside[-1:]
    places = [base, *own] if not below and _is_main(name, others) else own
    return next((place for place in places if not is_of_another(place, script)), places[-1])


def name_of(script: Path | None) -> str:
    """The name of a script's file or folder."""
    return os.path.basename(os.path.abspath(script)) or "script" if script else "stdin"


def mark(folder: Path, script: Path | None) -> str:
    """What run.json in a folder says of the script: its path from there."""
    if not script:
        return STDIN
    return encodable(os.path.relpath(os.path.realpath(script), os.path.realpath(folder)))


def holder(folder: Path, script: Path | None) -> str:
    """The path of the script whose narration a folder holds, STDIN for standard input; "" if it
    holds none.

    Where only the manifest is left, or run.json is of an earlier version, the manifest has the name
    of a file beside `script`.
    """
    for file in (RECORD, PENDING):
        if marked := _read(folder / file, _Made()).script:
            if marked == STDIN:
                return STDIN
            return os.path.join(os.path.realpath(folder), unescaped(marked))
    named = _read(folder / "manifest.json", _Manifest()).script.file
    if not named or named == STDIN:
        return named
    return os.path.join(os.path.dirname(os.path.abspath(script or ".")), unescaped(named))


def is_of_another(folder: Path, script: Path | None) -> bool:
    """Whether a folder holds the narration of another script that still exists."""
    held = holder(folder, script)
    return (held == STDIN or os.path.exists(held)) and not _is_same(held, script)


def check(folder: Path, script: Path | None) -> None:
    """Refuse a folder that holds the narration of another script. Raises UsageError."""
    if is_of_another(folder, script):
        held = holder(folder, script)
        whose = "a script from standard input" if held == STDIN else os.path.basename(held)
        raise UsageError(
            f"it holds the narration of {whose}, which {name_of(script)} would replace",
            where=str(folder),
            hint="choose another folder with -o DIR, or replace it with --force-output",
        )


def _is_same(held: str, script: Path | None) -> bool:
    if script is None or held == STDIN:
        return script is None and held == STDIN
    with suppress(OSError):
        return os.path.samefile(held, script)
    return False


def _is_main(name: str, others: Collection[str]) -> bool:
    return not others or (name in MAIN and not any(other in MAIN for other in others))


def _is_unique(stem: str, others: Collection[str]) -> bool:
    return fold(stem) not in {fold(Path(other).stem) for other in others}


def _folders(name: str) -> list[str]:
    """What the folder of a script may be called, the shortest first."""
    found = [
        each
        for each in dict.fromkeys((Path(name).stem, name))
        if not each.startswith(".") and fold(each) != RESERVED
    ]
    return found or [f"_{name}"]


def _read(path: Path, default: T) -> T:
    try:
        return msgspec.json.decode(regular.read(path, limits.RECORD_BYTES), type=type(default))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return default
