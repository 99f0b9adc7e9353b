"""The one gate between narrate and its reader: whatever is printed passes here, line by line.

Texts come from scripts, file names, servers, archives and plug-ins. What would steer a terminal or
reorder a line is shown, not obeyed. It imports almost nothing, as a run with nothing to do prints
too.
"""

from __future__ import annotations

import os
import sys

from narrate import TYPE_CHECKING
from narrate.base.text import printable

if TYPE_CHECKING:
    from typing import Any, TextIO


class StdoutLost(Exception):
    """Standard output takes no more; the OSError is its cause."""


def text_of(*lines: str) -> str:
    """Lines as they are printed."""
    return "".join(f"{printable(line)}\n" for line in lines)


def as_json(document: dict[str, Any]) -> str:
    """One JSON object as it is printed: in ASCII, so that nothing in it can do harm, whatever the
    locale is.
    """
    import json

    return json.dumps(document, indent=2) + "\n"


def say(*lines: str) -> None:
    """Print lines on stdout. Raises StdoutLost."""
    write(text_of(*lines))


def write(text: str) -> None:
    """Print what `text_of` or `as_json` made on stdout. Raises StdoutLost."""
    _to_stdout(lambda: sys.stdout.write(text))


def painted(text: str, colour: int) -> str:
    """Printable text in a colour (SGR 31 to 37), where stdout is a terminal that shows any, for
    `write`.
    """
    shown = printable(text)
    return (
        f"\x1b[{colour}m{shown}\x1b[0m"
        if sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        else shown
    )


def finish() -> None:
    """Have all that was said arrive. Raises StdoutLost."""
    _to_stdout(sys.stdout.flush)


def tell(*lines: str) -> None:
    """Print lines on stderr, if it still takes any: no work is lost because nobody can be told of
    it.
    """
    try:
        sys.stderr.write(text_of(*lines))
        sys.stderr.flush()
    except (OSError, ValueError):
        give_up(sys.stderr, 2)


def give_up(stream: TextIO, number: int) -> None:
    """Let go nowhere what is still printed on a stream that has failed."""
    _fill(number)
    try:  # noqa: SIM105 (contextlib takes time to import)
        stream.flush()
    except (OSError, ValueError):
        pass


def prepare() -> None:
    """Make the standard streams fit to be used, however the process was started.

    What was closed leads nowhere: else the next file that is opened would take its number, and what
    is printed would end up in it. What a stream cannot encode is escaped.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _fill(number)
            if number:
                setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        elif number and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _to_stdout(act: Any) -> None:
    try:
        act()
    except (OSError, ValueError) as error:
        give_up(sys.stdout, 1)
        raise StdoutLost from error


def _fill(number: int) -> None:
    """Point a standard file descriptor at nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.set_inheritable(number, True)
    if nothing != number:
        os.close(nothing)
