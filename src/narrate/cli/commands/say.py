"""`narrate say`: one line, spoken now, or how it would be said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from narrate.base import terminal
from narrate.cli import messages, options, readings, sources
from narrate.cli.options import Flags
from narrate.errors import UsageError
from narrate.planning.planner import PlannedSegment
from narrate.tools import line

Words = Annotated[
    str, Argument(metavar="TEXT|ID", help="A text, or the id of a segment.", show_default=False)
]
Explain = Annotated[
    bool, Option("--explain", help="Print what would be said, and why; speak nothing.")
]
Output = Annotated[
    Path | None,
    Option("-o", "--output", metavar="FILE", help="Write it to FILE, and play nothing."),
]
Voice = Annotated[
    str | None, Option("--voice", metavar="NAME", help="A voice of the script (its first one).")
]
InScript = Annotated[
    str | None,
    Option("--script", metavar="SCRIPT", help="The script of the voices and ids (this folder's)."),
]


@options.takes(
    "engine",
    "model",
    "profile",
    "device",
    "dtype",
    "engine_python",
    "offline",
    "allow_outside",
    "qa",
    "language",
    "cache_dir",
)
def say(
    flags: Flags,
    words: Words,
    explain: Explain = False,
    output: Output = None,
    voice: Voice = None,
    script: InScript = None,
    json: options.Json = False,
) -> None:
    """Speak one line now, through the same reading, cache and checks as a run.

    It is played by ffplay, afplay or aplay, whichever is there first.
    """
    if json and not explain:
        hint = "add --explain, or leave out --json"
        raise UsageError("--json goes with --explain only", where="narrate say", hint=hint)
    prepared = line.prepare(words, voice, script or _here(), flags, messages.show_warning)
    if explain:
        _explain(line.plan(prepared, messages.show_warning), json)
    elif output is not None:
        line.speak(prepared, output, messages.show_warning)
        terminal.say(str(output))
    else:
        line.play(prepared, messages.show_warning)


def _here() -> str | None:
    """The script of this folder, if it has exactly one."""
    try:
        return sources.find([]).only
    except UsageError:
        return None


def _explain(planned: PlannedSegment, json: bool) -> None:
    spoken = " ".join(utterance.text for utterance in planned.utterances)
    if json:
        changes = readings.entries(planned)
        document = {"ok": True, "text": planned.display, "spoken": spoken, "words": changes}
        terminal.write(terminal.as_json(document))
    else:
        terminal.say(spoken, *(f"  {each}" for each in readings.lines(planned)))
