"""What can go wrong, as exceptions that carry their exit code."""

from __future__ import annotations

from collections.abc import Sequence

EXIT_CODES = {
    0: "done, or nothing to do",
    1: "unexpected",
    2: "usage, or an invalid script, setting or recording",
    3: "work is pending (--frozen, --only, --check, --locked)",
    4: "a check failed",
    5: "synthesis failed or timed out",
    6: "environment: engine, model, ffmpeg, disk",
    130: "interrupted",
}
"""The exit codes of every command, as --help lists them."""


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


class ScriptErrors(ScriptError):
    """Several problems of one script, in the order of their places.

    `problems` holds the first of them; `total` counts them all.
    """

    def __init__(self, problems: Sequence[ScriptError], total: int, *, where: str) -> None:
        self.problems, self.total = tuple(problems), total
        listed = f", the first {len(problems)} listed" if len(problems) < total else ""
        what = f"{total:,} problems{listed}"
        hints = {problem.hint for problem in problems}
        hint = hints.pop() if len(hints) == 1 else "fix them and run again"
        super().__init__(what, where=where, hint=hint)


class PendingError(NarrateError):
    """Something is left to speak, and the caller forbade speaking it."""

    exit_code = 3


class CheckError(NarrateError):
    """A check failed: of a spoken segment, a recording or a stored clip."""

    exit_code = 4


class SynthesisError(NarrateError):
    """An engine crashed, hung, or said that it cannot speak a request."""

    exit_code = 5


class EnvironmentProblem(NarrateError):
    """Something on this machine is missing, full or broken: engine, model, ffmpeg, disk."""

    exit_code = 6


class Interrupted(NarrateError):
    """A person, or the system, asked the run to stop."""

    exit_code = 130
