"""A depfile: what a narration was made of, as make and ninja read it (`gcc -MP` writes the same)."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from narrate.base import targets
from narrate.base.facts import Fact
from narrate.errors import UsageError

OURS = re.compile(rb"[^\n]*run\.json: \\\n")
"""How a depfile of a narration begins."""

UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f%*;<=>?\[\\^`|]|^~|[ &:)]$")
"""What make, ninja or both take for something else in a name, whatever is written before it."""

ORDER = re.compile(r"\.[^/]*|(un)?define")
"""What make takes for an order (.IGNORE, .sh, .c.o), and would with ./ before it; a whole path is
only a name.
"""


def check_target(path: Path) -> None:
    """Refuse a file that is no depfile of ours. Raises UsageError."""
    targets.check(path, OURS, "a depfile", "--depfile")


def write(path: Path, target: Path, inputs: Mapping[str, Fact], start: str) -> None:
    """Write a depfile for `target` unless it stands there already; inputs that are absent are left
    out.

    Paths below the folder `start`, where make or ninja runs, are relative to it. Raises UsageError.
    """
    check_target(path)
    there = [name for name, fact in inputs.items() if not fact.absent]
    data = os.fsencode(
        render(_relative(str(target), start), [_relative(name, start) for name in there])
    )
    try:
        if path.is_fifo():
            raise OSError(errno.EINVAL, "it is a FIFO", str(path))
        if targets.is_device(path):
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            _replace(path, data)
    except OSError as error:
        what = f"the depfile cannot be written ({error.strerror})"
        raise UsageError(what, where=str(path), hint="name another file after --depfile") from error


def _replace(path: Path, data: bytes) -> None:
    """Give a name to other bytes, and leave those alone that had it: they may have another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    with temp.open("xb") as file:
        try:
            file.write(data)
            temp.replace(path)
        finally:
            temp.unlink(missing_ok=True)


def render(target: str, inputs: Iterable[str]) -> str:
    """One rule, then an empty one for each input, so that one that is removed is no error. Raises
    UsageError.
    """
    names = [_escaped(name) for name in inputs]
    rules = [f"{_escaped(target)}: \\\n" + " \\\n".join(f"  {name}" for name in names)]
    return "\n\n".join([*rules, *(f"{name}:" for name in names)]) + "\n"


def _relative(path: str, start: str) -> str:
    if not Path(path).is_relative_to(start):
        return path
    relative = os.path.relpath(path, start)
    return path if ORDER.fullmatch(relative) else relative


def _escaped(name: str) -> str:
    found = UNSPEAKABLE.search(name)
    if found is not None:
        what, hint = (
            f"make or ninja cannot be told of a name with {found[0]!r}",
            "rename it, or do without --depfile",
        )
        raise UsageError(what, where=repr(name), hint=hint)
    return re.sub(r"([ #:])", r"\\\1", name).replace("$", "$$")
