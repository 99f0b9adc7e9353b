"""Errors that no part of narrate expected, in words: problems of this machine, or faults of
narrate.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from narrate.base.terminal import StdoutLost
from narrate.errors import EnvironmentProblem, NarrateError, UsageError

REPORT = "this is a fault of narrate: run it again as `narrate -v …` and report what it prints"

ROOM = "free some space and run again; finished clips are kept"
ACCESS = "check who owns it and its folder, and their permissions"
HINTS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), ROOM),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), ACCESS),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more open files: ulimit -n 1024"),
    **dict.fromkeys(
        (errno.EAGAIN, errno.ENOMEM),
        "end other programs, or allow more processes and memory (ulimit -a)",
    ),
    errno.EFBIG: "allow larger files: ulimit -f unlimited",
    errno.EIO: "check the disk",
}
"""What to do about an errno."""

ANYWAY = "check the file, its folder and the disk; `narrate -v …` shows where this happened"


def explained(error: Exception) -> NarrateError:
    """An error as one to show to a person."""
    if isinstance(error, NarrateError):
        return error
    if isinstance(error, StdoutLost):
        cause = error.__cause__
        if cause and isinstance(cause.__context__, NarrateError):
            # The command had failed already, and its error could not be printed.
            return cause.__context__
        what = f"cannot print to it ({_words(cause)})"
        return EnvironmentProblem(what, where="standard output", hint=_hint(cause))
    if hasattr(error, "format_message"):
        return _usage(error)
    return _environment(error) or NarrateError(
        f"{type(error).__name__}: {error}", where="unexpected", hint=REPORT
    )


def _usage(error: Any) -> UsageError:
    """An error of typer, whichever click it brings, about the arguments."""
    command = error.ctx.command_path if getattr(error, "ctx", None) else "narrate"
    return UsageError(error.format_message(), where=command, hint=f"see: {command} --help")


def _environment(error: Exception) -> EnvironmentProblem | None:
    """A problem of this machine, not of narrate; None for anything else."""
    if isinstance(error, OSError):
        return EnvironmentProblem(
            _words(error), where=str(error.filename or "this machine"), hint=_hint(error)
        )
    if isinstance(error, MemoryError):
        return EnvironmentProblem("out of memory", where="this machine", hint=HINTS[errno.ENOMEM])
    text = str(error)
    if isinstance(error, ImportError) and os.strerror(errno.EMFILE) in text:
        return EnvironmentProblem(text, where="this machine", hint=HINTS[errno.EMFILE])
    if isinstance(error, RuntimeError) and text == "can't start new thread":
        return EnvironmentProblem(
            "no more threads can be started", where="this machine", hint=HINTS[errno.EAGAIN]
        )
    if isinstance(error, RuntimeError) and text.startswith("Could not determine home"):
        what = "HOME is not set, and the list of users names no home folder either"
        return EnvironmentProblem(what, where="home folder", hint="set HOME to a folder of yours")
    return None


def _words(error: BaseException | None) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _hint(error: BaseException | None) -> str:
    if "temporary directory" in _words(error):
        return "set TMPDIR to a folder that can be written"
    return HINTS.get(getattr(error, "errno", 0), ANYWAY)
