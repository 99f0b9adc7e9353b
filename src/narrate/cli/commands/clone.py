"""`narrate clone`: a recording becomes a voice."""

from __future__ import annotations

import json as encoding
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from narrate import build
from narrate.base import terminal
from narrate.base.events import Event, Warned
from narrate.base.text import size
from narrate.checks.recognizer import Hearing
from narrate.cli import messages, options
from narrate.cli.options import Flags
from narrate.config import Settings
from narrate.errors import CheckError, EnvironmentProblem, NarrateError, UsageError
from narrate.hearing import choice
from narrate.tools import audition
from narrate.voices import clone as library
from narrate.voices import library as voices
from narrate.voices.clone import Audit
from narrate.voices.verdict import Finding, Grade

TERMINAL = {Grade.GREEN: 32, Grade.AMBER: 33, Grade.RED: 31}
WORDS = {
    Grade.GREEN: "good: use it as it is",
    Grade.AMBER: "usable: what is amber will be heard, or has to be read",
    Grade.RED: "not good enough: what is red will spoil the narration",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The recording, and what is known of it."""

    ref: Annotated[
        Path,
        typer.Option("--ref", metavar="FILE", help="The recording: any audio file, or a video."),
    ]
    transcript: Annotated[
        str | None,
        typer.Option(
            "--transcript", metavar="TEXT|FILE", help="What it says (the .txt beside FILE)."
        ),
    ] = None
    trim: Annotated[
        bool, typer.Option("--trim", help="Cut the best 3 to 15 s out of a long recording.")
    ] = False
    source: Annotated[
        str, typer.Option("--source", metavar="TEXT", help="Where the recording comes from.")
    ] = ""
    consent: Annotated[
        str,
        typer.Option("--consent", metavar="TEXT", help="Who allowed their voice to be cloned."),
    ] = ""


COMPARE = (
    "compare its transcript with the recording, word for word, and clone it again with --force: an"
    " engine may say what a transcript leaves out, or leave out what it adds"
)


@dataclass(frozen=True, slots=True)
class Storing:
    """Whether and where the voice is stored."""

    name: Annotated[
        str | None,
        typer.Option("--name", metavar="N", help="Store it as the voice N; else only report."),
    ] = None
    voices_folder: Annotated[
        Path | None,
        typer.Option("-o", "--voices", metavar="DIR", help="The folder of voices (voices)."),
    ] = None
    anyway: Annotated[bool, typer.Option("--anyway", help="Store it even if something is red.")] = (
        False
    )
    force: Annotated[bool, typer.Option("--force", help="Replace another voice of that name.")] = (
        False
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """What the voice says as a test."""

    say: Annotated[
        str,
        typer.Option("--say", metavar="TEXT", help="What it says as a test.", show_default=False),
    ] = audition.LINE
    no_say: Annotated[bool, typer.Option("--no-say", help="Do not have it speak a test line.")] = (
        False
    )


@options.takes("language", "asr_model", "engine", "cache_dir")
def clone(
    recording: Source, storing: Storing, trial: Trial, flags: Flags, json: options.Json = False
) -> None:
    """Say whether a recording is good enough to clone, and store it as a voice.

    Problems that can be fixed are fixed in the stored voice.
    """
    show = _Output(json)
    try:
        _clone(recording, storing, trial, flags, show)
    except NarrateError as error:
        show.failed(error)
        raise
    show.close()


def _clone(recording: Source, storing: Storing, trial: Trial, flags: Flags, show: _Output) -> None:
    if storing.name is not None:
        voices.check_name(storing.name)
    settings = options.settings(flags)
    recognizer = _recognizer(settings, show.note)
    audit = library.audit(
        recording.ref, recording.transcript, recognizer, recording.trim, settings.language
    )
    _show(audit, storing.anyway, show)
    if storing.name is None:
        show.note("nothing was stored: add --name N")
        return
    origin = {"source": recording.source, "consent": recording.consent}
    folder = voices.store(
        audit, storing.name, _folder(storing.voices_folder), origin, storing.force
    )
    show.stored(folder)
    _test(folder, "" if trial.no_say else trial.say, settings, show)


def _folder(named: Path | None) -> Path:
    """The folder of voices; unless the user named it, it must not be a link. Raises UsageError."""
    folder = named or Path("voices")
    if named is None and folder.is_symlink():
        where, hint = str(folder), "name the folder with -o DIR, or remove the link"
        raise UsageError("it is a link, and nothing is written through it", where=where, hint=hint)
    return folder


def _recognizer(settings: Settings, note: Callable[[str], None]) -> Hearing | None:
    """Speech recognition, or None if there is none here and no certain model was asked for.

    One that was asked for is downloaded; what is missing of it is an EnvironmentProblem.
    """
    named = settings.asr_model
    try:
        source = _fetched(named, settings, note) if named else choice.find(None, settings, note)
    except EnvironmentProblem as problem:
        if named:
            raise
        note(f"the transcript is not compared with what is heard: {problem.what}; {problem.hint}")
        return None
    return choice.load(source, os.cpu_count() or 1)


def _fetched(named: str, settings: Settings, note: Callable[[str], None]) -> choice.Source:
    """The recognizer of that name. Before anything is downloaded, `note` is called once."""
    said: list[str] = []

    def on_progress(done: int, total: int) -> None:
        if not said:
            said.append(f"downloading the speech recognition model {named} ({size(total)})")
            note(said[0])

    return choice.fetch(named, settings, on_progress, note)


def _test(folder: Path, text: str, settings: Settings, show: _Output) -> None:
    """Have the voice speak the text, if there is any and an engine for it."""

    def emit(event: Event) -> None:
        if isinstance(event, Warned):
            show.note(event.message)

    if not text:
        return
    try:
        show.tested(audition.speak(folder, text, settings, emit))
    except EnvironmentProblem as problem:
        show.note(f"no test line was spoken: {problem}; next: {problem.hint}")
    except build.Failed as failed:
        [error] = failed.failures.values()
        if not isinstance(error, CheckError):
            raise
        what = f"the voice is stored, but its test line fails the checks: {error.what}"
        raise CheckError(what, where=str(folder), hint=COMPARE) from failed


def _show(audit: Audit, anyway: bool, show: _Output) -> None:
    """Print the report, and refuse what is red. Raises CheckError."""
    show.audit(audit)
    red = [finding for finding in audit.findings if finding.grade is Grade.RED]
    if not red or anyway:
        return
    raise CheckError(
        f"not good enough to clone ({', '.join(finding.name for finding in red)})",
        where=str(audit.path),
        hint=f"{red[0].fix}; or use it as it is with --anyway",
    )


class _Output:
    """What the command says: a report for a person as it goes, or one JSON object at the end; notes
    go to stderr.
    """

    def __init__(self, json: bool) -> None:
        self._json = json
        self._document: dict[str, Any] = {"ok": True}

    def note(self, text: str) -> None:
        terminal.tell(f"note: {text}")
        self._document.setdefault("notes", []).append(text)

    def audit(self, audit: Audit) -> None:
        """The report."""
        self._document |= {
            "verdict": str(audit.grade),
            "transcript": audit.transcript,
            "findings": msgspec.to_builtins(audit.findings),
            "measures": msgspec.to_builtins(audit.measures),
        }
        for note in audit.notes:
            self.note(note)
        if not self._json:
            for finding in audit.findings:
                _print_finding(finding)
            line = f"{audit.grade:<6} {audit.path.name}: {WORDS[audit.grade]}"
            terminal.write(terminal.painted(line, TERMINAL[audit.grade]) + "\n")

    def stored(self, folder: Path) -> None:
        """Where the voice is, and the lines that put it into a script."""
        entry = {folder.name: {"ref": messages.shown(folder / "ref.wav")}}
        self._document |= {"voice": folder.name, "folder": str(folder), "script": {"voices": entry}}
        if not self._json:
            terminal.say(f"stored {messages.shown(folder)}; in a script in this folder:")
            terminal.say(f'"voices": {encoding.dumps(entry)}')

    def tested(self, path: Path) -> None:
        """Where the test line is."""
        self._document["test"] = str(path)
        if not self._json:
            terminal.say(f"listen to {messages.shown(path)}")

    def failed(self, error: NarrateError) -> None:
        """What went wrong; the command line prints it for a person."""
        self._document |= {"ok": False, "error": messages.as_object(error)}
        self.close()

    def close(self) -> None:
        """Print the object of --json."""
        if self._json:
            terminal.write(terminal.as_json(self._document))


def _print_finding(finding: Finding) -> None:
    painted = terminal.painted(f"{finding.grade:<6}", TERMINAL[finding.grade])
    reason = f": {finding.reason}" if finding.reason else ""
    terminal.write(f"{painted} " + terminal.text_of(f"{finding.name:<10} {finding.figure}{reason}"))
    if finding.fix:
        terminal.say(f"{'':<18}{finding.fix}")
