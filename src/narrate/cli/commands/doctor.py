"""`narrate doctor`: is this machine ready to narrate?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from narrate.base import terminal
from narrate.cli import messages, options
from narrate.errors import EnvironmentProblem
from narrate.tools import doctor as library
from narrate.tools.doctor import Status


@options.takes()
def doctor(json: options.Json = False) -> None:
    """Look at engines, models, cache, disk and ffmpeg, and say how to mend what is not well (exit 6
    if it must be).
    """
    findings = library.examine(Path.cwd(), messages.warn)
    failed = [finding.part for finding in findings if finding.status is Status.FAIL]
    if json:
        document = {"ok": not failed, "findings": list(map(dataclasses.asdict, findings))}
        terminal.write(terminal.as_json(document))
    else:
        for finding in findings:
            terminal.say(f"{finding.status:<4}  {finding.part:<14} {finding.text}")
            if finding.mend:
                terminal.say(f"{'':<21} mend: {finding.mend}")
    if failed:
        raise EnvironmentProblem(
            f"not well: {', '.join(failed)}", where="doctor", hint="mend what is marked `fail`"
        )
