"""Files of scripts as text, with every refusal a ScriptError."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from narrate.base import limits
from narrate.base.files import encoding, regular
from narrate.base.files.encoding import NotUtf8
from narrate.base.text import printable
from narrate.errors import ScriptError


def read_file(path: Path, name: str) -> str:
    """The text of a file. Raises ScriptError, which calls it `name`."""
    try:
        return _decode(regular.read(path, limits.SCRIPT_BYTES), name)
    except regular.NotRegular:
        hint = "name a file or a folder, or - to read from a pipe"
        raise ScriptError("not a regular file", where=name, hint=hint) from None
    except regular.TooLarge:
        raise too_large(name) from None
    except OSError as error:
        raise unreadable(path, error) from None


def read_pipe(file: BinaryIO, name: str) -> str:
    """The text of a stream, which has no size to look at. Raises ScriptError."""
    data = file.read(limits.SCRIPT_BYTES + 1)
    if len(data) > limits.SCRIPT_BYTES:
        raise too_large(name)
    return _decode(data, name)


def _decode(data: bytes, name: str) -> str:
    try:
        text = encoding.decode(data)
    except NotUtf8 as error:
        hint = "save it as UTF-8"
        raise ScriptError(str(error), where=f"{name}:{error.line}", hint=hint) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def status(path: Path) -> os.stat_result:
    """The status of a file or folder. Raises ScriptError."""
    try:
        return path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None


def too_large(name: str) -> ScriptError:
    """The error for a script that exceeds the limit."""
    hint = "split it into several scripts"
    return ScriptError(f"larger than {limits.SCRIPT_BYTES // 2**20} MiB", where=name, hint=hint)


def unreadable(path: Path, error: Exception) -> ScriptError:
    """The error for a file or folder that the system refuses to read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    hint = "check the name and its permissions"
    return ScriptError(f"cannot read it: {reason}", where=printable(str(path))[:200], hint=hint)
