"""`narrate doctor`: is this machine ready to narrate?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from narrate.base import terminal
from narrate.base.text import counted
from narrate.cli import messages, options
from narrate.errors import EnvironmentProblem
from narrate.tools import doctor as library
from narrate.tools.doctor import Status


@options.takes()
def doctor(json: options.Json = False) -> None:
    """Check engines, models, cache, disk and ffmpeg, and say how to fix problems.

    Exit 6 if a check failed.
    """
    findings = library.examine(Path.cwd(), messages.warn)
    failed = [finding.part for finding in findings if finding.status is Status.FAIL]
    if json:
        document = {"ok": not failed, "findings": list(map(dataclasses.asdict, findings))}
        terminal.write(terminal.as_json(document))
    else:
        for finding in findings:
            terminal.say(f"{finding.status:<4}  {finding.part:<14} {finding.text}")
            if finding.fix:
                terminal.say(f"{'':<21} fix: {finding.fix}")
    if failed:
        what = f"{counted(len(failed), 'check')} failed: {', '.join(failed)}"
        raise EnvironmentProblem(what, where="doctor", hint="run the fix that is shown below it")
