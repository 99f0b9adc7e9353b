"""A depfile: the inputs of a narration, for make and ninja.

The format is that of `gcc -MP`.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from narrate.base.facts import Fact
from narrate.base.files import durable, targets
from narrate.errors import UsageError

OURS = re.compile(rb"[^\n]*run\.json: \\\n")
"""The beginning of every depfile that narrate writes."""

INEXPRESSIBLE = re.compile(r"[\x00-\x1f\x7f%*;<=>?\[\\^`|]|^~|[ &:)]$")
"""Characters that a depfile cannot express: make or ninja misread them even when escaped."""

SPECIAL_TARGET = re.compile(r"\.[^/]*|(un)?define")
"""Names to which make gives a meaning (.IGNORE, .sh, .c.o), even after ./; in an absolute path they
have none.
"""


def check_target(path: Path) -> None:
    """Refuse a path at which no depfile can be written, and to replace a file that is not a depfile
    of narrate. Raises UsageError.
    """
    targets.check(path, OURS, "a depfile", "--depfile")
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if targets.is_device(path):
        return
    if path.is_fifo():
        raise _unwritable(path, "it is a FIFO")
    if path.is_dir():
        raise _unwritable(path, os.strerror(errno.EISDIR))
    if not folder.is_dir():
        raise _unwritable(path, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, os.strerror(errno.EACCES))


def check_names(target: Path, inputs: Mapping[str, Fact], start: str) -> None:
    """Refuse names that a depfile cannot express. Raises UsageError."""
    _rule(target, inputs, start)


def write(path: Path, rules: Mapping[Path, Mapping[str, Fact]], start: str) -> None:
    """Write a depfile for targets, each with its inputs, unless the file has this content already.

    Inputs that do not exist are left out. Paths below the folder `start`, in which make or ninja
    runs, are relative to it. Raises UsageError.
    """
    check_target(path)
    text = "\n".join(_rule(target, inputs, start) for target, inputs in rules.items())
    data = os.fsencode(text)
    try:
        if targets.is_device(path):
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            with durable.replacing(path) as file:
                file.write(data)
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error


def _unwritable(path: Path, why: str) -> UsageError:
    what = f"the depfile cannot be written ({why})"
    return UsageError(what, where=str(path), hint="choose another file with --depfile")


def render(target: str, inputs: Iterable[str]) -> str:
    """The rule for the target, then an empty rule for each input, so that make does not fail when
    an input is removed.

    Raises UsageError for a name that a depfile cannot express.
    """
    names = [_escaped(name) for name in inputs]
    rules = [f"{_escaped(target)}: \\\n" + " \\\n".join(f"  {name}" for name in names)]
    return "\n\n".join([*rules, *(f"{name}:" for name in names)]) + "\n"


def _rule(target: Path, inputs: Mapping[str, Fact], start: str) -> str:
    existing = [_relative(name, start) for name, fact in inputs.items() if not fact.absent]
    return render(_relative(str(target), start), existing)


def _relative(path: str, start: str) -> str:
    if not Path(path).is_relative_to(start):
        return path
    relative = os.path.relpath(path, start)
    return path if SPECIAL_TARGET.fullmatch(relative) else relative


def _escaped(name: str) -> str:
    found = INEXPRESSIBLE.search(name)
    if found is not None:
        what = f"the file name contains {found[0]!r}, which a depfile cannot express"
        hint = "rename the file, or run without --depfile"
        raise UsageError(what, where=repr(name), hint=hint)
    return re.sub(r"([ #:])", r"\\\1", name).replace("$", "$$")
