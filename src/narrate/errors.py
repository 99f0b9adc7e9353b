"""What can go wrong, as exceptions that carry their exit code.

NarrateError                 1  unexpected
├─ UsageError                2  a flag, setting or file name that cannot be used
│  └─ ScriptError            2  the script, or something that it names, is invalid
├─ PendingError              3  something would have to be spoken, and that was forbidden
├─ CheckError                4  a segment failed its checks
├─ SynthesisError            5  an engine failed or ran out of time
├─ EnvironmentProblem        6  engine, model, ffmpeg, disk
└─ Interrupted             130  Ctrl-C or SIGTERM
"""

from __future__ import annotations


class NarrateError(Exception):
    """An error to show to a person: what is wrong, where, and what to do next."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(": ".join(part for part in (where, what) if part))


class UsageError(NarrateError):
    """A flag, a setting or a file that cannot be used as asked."""

    exit_code = 2


class ScriptError(UsageError):
    """The script is invalid; `where` names the file and the line or JSON path."""


class PendingError(NarrateError):
    """Work is pending and the caller forbade doing it."""

    exit_code = 3


class CheckError(NarrateError):
    """A segment was spoken, but never well enough to be stored."""

    exit_code = 4


class SynthesisError(NarrateError):
    """An engine crashed, hung, or said that it cannot speak a request."""

    exit_code = 5


class EnvironmentProblem(NarrateError):
    """Something outside the script is missing or full: engine, model, ffmpeg, disk."""

    exit_code = 6


class Interrupted(NarrateError):
    """A person, or the system, asked the run to stop."""

    exit_code = 130
