"""`narrate say`: one line, spoken now, or how it would be said."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from narrate.base import terminal
from narrate.cli import explained, messages, options, sources
from narrate.cli.options import Flags
from narrate.errors import UsageError
from narrate.tools import line

if TYPE_CHECKING:
    from narrate.tools.aloud import Outputs

STDOUT = Path("-")

Words = Annotated[
    str,
    Argument(
        metavar="TEXT|ID",
        help="A text (after -- if it begins with a dash), - for one from standard input,"
        " or the id of a segment.",
        show_default=False,
    ),
]
Voice = Annotated[
    str | None, Option("--voice", metavar="NAME", help="A voice of the script (its first one).")
]
InScript = Annotated[
    str | None,
    Option("--script", metavar="SCRIPT", help="The script of the voices and ids (this folder's)."),
]


@dataclass(frozen=True, slots=True)
class How:
    """What is done with a line."""

    explain: Annotated[
        bool, Option("--explain", help="Print what would be said, and why; speak nothing.")
    ] = False
    json: options.Json = False
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="FILE", help="Write FILE, or - for WAV on stdout."),
    ] = None
    play: Annotated[bool, Option("--play", help="Play it; without -o this is what happens.")] = (
        False
    )
    stream: Annotated[
        bool, Option("--stream", help="Play, or write on stdout, each utterance once it is there.")
    ] = False
    force_output: Annotated[
        bool, Option("--force-output", help="Replace FILE if it has another content.")
    ] = False

    @property
    def speaks(self) -> bool:
        """Whether there is anything to do that takes a voice."""
        return bool(self.output or self.play or self.stream)

    def check(self) -> None:
        """Refuse what does not go together. Raises UsageError."""
        if self.json and not self.explain:
            raise _misused("--json goes with --explain only", "add --explain, or leave out --json")
        if self.explain and self.speaks:
            hint = "leave out --explain, or else -o, --play and --stream"
            raise _misused("--explain speaks nothing", hint)
        if self.stream and self.output not in (None, STDOUT) and not self.play:
            hint = "add --play, write to standard output with -o -, or leave out --stream"
            raise _misused("--stream does not go with a file alone", hint)
        if self.output == STDOUT and sys.stdout.isatty():
            hint = "name a file, or send it to one: narrate say … -o - > line.wav"
            raise _misused("-o - would write a sound to the terminal", hint)

    def outputs(self) -> Outputs:
        """Where the sound goes."""
        from narrate.tools.aloud import Outputs

        return Outputs(
            file=self.output if self.output != STDOUT else None,
            stdout=self.output == STDOUT,
            play=self.play or self.output is None,
            stream=self.stream,
            force_output=self.force_output,
        )


def _misused(what: str, hint: str) -> UsageError:
    return UsageError(what, where="narrate say", hint=hint)


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
    "checks",
    "language",
    "cache_dir",
)
def say(flags: Flags, words: Words, how: How, voice: Voice = None, script: InScript = None) -> None:
    """Speak one line now, through the same reading, cache and checks as a run.

    It is played by ffplay, afplay or aplay, whichever is there first.
    """
    how.check()
    prepared = line.prepare(words, voice, script or _here(), flags, messages.show_warning)
    if how.explain:
        planned = line.explain(prepared, messages.show_warning)
        terminal.write(explained.as_json(planned) if how.json else explained.as_text(planned))
        return
    # It imports what writes narrations, which explaining a text need not wait for.
    from narrate.tools import aloud

    outputs = how.outputs()
    aloud.speak(prepared, outputs, messages.show_warning)
    if outputs.file:
        terminal.say(str(outputs.file))


def _here() -> str | None:
    """The script of this folder, if it has exactly one."""
    try:
        return sources.find([]).only
    except UsageError:
        return None
