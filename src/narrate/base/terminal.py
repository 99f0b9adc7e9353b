"""Everything that narrate prints goes through this module, line by line.

Texts come from scripts, file names, servers, archives and plug-ins, so characters that would
control a terminal or reorder a line are escaped. The module imports almost nothing, as a run with
nothing to do prints too.
"""

from __future__ import annotations

import os
import sys

from narrate import TYPE_CHECKING
from narrate.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO


class StdoutLost(Exception):
    """Standard output cannot be written any more; the OSError is the cause."""


def text_of(*lines: str) -> str:
    """Lines as they are printed."""
    return "".join(f"{printable(line)}\n" for line in lines)


def as_json(document: Mapping[str, object]) -> str:
    """One JSON object as it is printed: in ASCII, which is safe on a terminal in every locale."""
    import json

    return json.dumps(document, indent=2) + "\n"


def say(*lines: str) -> None:
    """Print lines on stdout. Raises StdoutLost."""
    write(text_of(*lines))


def write(text: str) -> None:
    """Print what `text_of` or `as_json` made on stdout. Raises StdoutLost."""
    _to_stdout(lambda: sys.stdout.write(text))


def write_bytes(data: bytes | memoryview) -> None:
    """Write bytes, such as a sound, on stdout as they are, at once. Raises StdoutLost."""

    def act() -> None:
        sys.stdout.flush()
        left = memoryview(data)
        # Past the buffer, whose lock a thread would hold while the reader makes it wait.
        while left:
            left = left[os.write(sys.stdout.fileno(), left) :]

    _to_stdout(act)


def painted(text: str, colour: int) -> str:
    """Printable text for `write`, in a colour (SGR 31 to 37) if stdout is a terminal and NO_COLOR
    is not set.
    """
    shown = printable(text)
    return (
        f"\x1b[{colour}m{shown}\x1b[0m"
        if sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        else shown
    )


def finish() -> None:
    """Flush stdout. Raises StdoutLost."""
    _to_stdout(sys.stdout.flush)


def tell(*lines: str) -> None:
    """Print lines on stderr. If it cannot be written, they are dropped, and the run goes on."""
    try:
        sys.stderr.write(text_of(*lines))
        sys.stderr.flush()
    except (OSError, ValueError):
        give_up(sys.stderr, 2)


def give_up(stream: TextIO, number: int) -> None:
    """Discard whatever is printed from now on to a stream that has failed."""
    _fill(number)
    try:  # noqa: SIM105 (contextlib takes time to import)
        stream.flush()
    except (OSError, ValueError):
        pass


def prepare() -> None:
    """Make the standard streams usable, however the process was started.

    A closed stream is connected to the null device: otherwise the next file that is opened would
    get its number, and printed text would end up in that file. Characters that a stream cannot
    encode are escaped.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _fill(number)
            if number:
                setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        elif number and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _to_stdout(act: Callable[[], object]) -> None:
    try:
        act()
    except (OSError, ValueError) as error:
        give_up(sys.stdout, 1)
        raise StdoutLost from error


def _fill(number: int) -> None:
    """Connect a standard file descriptor to the null device."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.set_inheritable(number, True)
    if nothing != number:
        os.close(nothing)
