"""`narrate clone`: a recording becomes a voice."""

from __future__ import annotations

import json as encoding
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from narrate.base import terminal
from narrate.base.events import Event, Warned
from narrate.checks import recognizer as hearing
from narrate.checks.recognizer import Ear
from narrate.cli import common
from narrate.config import Settings
from narrate.errors import CheckError, EnvironmentProblem, NarrateError, UsageError
from narrate.tools import audition
from narrate.voices import clone as library
from narrate.voices import library as voices
from narrate.voices.clone import Audit
from narrate.voices.verdict import Colour, Finding

TERMINAL = {Colour.GREEN: 32, Colour.AMBER: 33, Colour.RED: 31}
WORDS = {
    Colour.GREEN: "good: use it as it is",
    Colour.AMBER: "usable: what is amber will be heard, or has to be read",
    Colour.RED: "not good enough: what is red will spoil the narration",
}

Ref = Annotated[
    Path, typer.Option("--ref", metavar="FILE", help="The recording: any audio file, or a video.")
]
Transcript = Annotated[
    str | None,
    typer.Option(
        "--transcript", metavar="TEXT|FILE", help="What it says (default: the .txt beside FILE)."
    ),
]
Name = Annotated[
    str | None,
    typer.Option("--name", metavar="N", help="Store it as the voice N; else only report."),
]
Voices = Annotated[
    Path | None,
    typer.Option("-o", "--voices", metavar="DIR", help="The folder of voices (voices)."),
]
Trim = Annotated[bool, typer.Option("--trim", help="Cut the best 3 to 15 s of a long recording.")]
Say = Annotated[
    str, typer.Option("--say", metavar="TEXT", help="What it says as a test.", show_default=False)
]
NoSay = Annotated[bool, typer.Option("--no-say", help="Do not have it speak a test line.")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Store it even if something is red.")]
Force = Annotated[bool, typer.Option("--force", help="Replace another voice of that name.")]
Origin = Annotated[
    str, typer.Option("--source", metavar="TEXT", help="Where the recording comes from.")
]
Consent = Annotated[
    str, typer.Option("--consent", metavar="TEXT", help="Who allowed their voice to be cloned.")
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="CODE", help="The language that it speaks.")
]
AsrModel = Annotated[
    str | None,
    typer.Option(
        "--asr-model",
        metavar="MODEL",
        help=f"Whisper model: a folder, or a name (default: {hearing.MODEL}).",
    ),
]


def clone(
    ref: Ref,
    transcript: Transcript = None,
    name: Name = None,
    voices_folder: Voices = None,
    trim: Trim = False,
    say: Say = audition.LINE,
    no_say: NoSay = False,
    anyway: Anyway = False,
    force: Force = False,
    source: Origin = "",
    consent: Consent = "",
    language: Language = None,
    asr_model: AsrModel = None,
    engine: common.Engine = None,
    cache_dir: common.CacheDir = None,
    json: common.Json = False,
    directory: common.Directory = None,
) -> None:
    """Say whether a recording is good enough to clone, mend what can be mended, and store it as a
    voice.
    """
    common.change_to(directory)
    show = _Output(json)
    try:
        if name is not None:
            voices.check_name(name)
        flags = common.settings(language=language, engine=engine, cache_dir=cache_dir)
        settings = common.resolve(flags)
        ear = _ear(asr_model or settings.asr_model, settings, show.note)
        audit = library.audit(ref, transcript, ear, trim, settings.language)
        _show(audit, anyway, show)
        if name is None:
            show.note("nothing was stored: add --name N")
        else:
            folder = voices.store(
                audit, name, _folder(voices_folder), {"source": source, "consent": consent}, force
            )
            show.stored(folder)
            _test(folder, "" if no_say else say, settings, show)
    except NarrateError as error:
        show.failed(error)
        raise
    show.close()


def _folder(named: Path | None) -> Path:
    """The folder of voices. Who did not name it did not name where a link leads. Raises UsageError."""
    folder = named or Path("voices")
    if named is None and folder.is_symlink():
        where, hint = str(folder), "name the folder with -o DIR, or remove the link"
        raise UsageError("it is a link, and nothing is written through it", where=where, hint=hint)
    return folder


def _ear(model: str | None, settings: Settings, note: Callable[[str], None]) -> Ear | None:
    """Speech recognition if there is any; that there is none fails only who asked for a certain
    model.
    """
    try:
        return Ear(model or hearing.MODEL, settings.offline, note)
    except EnvironmentProblem as problem:
        if model and hearing.installed():
            raise
        note(f"the transcript is not compared with what is heard: {problem.what}; {problem.hint}")
        return None


def _test(folder: Path, text: str, settings: Settings, show: _Output) -> None:
    """Have the voice speak, if it should say something and there is an engine for it."""

    def emit(event: Event) -> None:
        if isinstance(event, Warned):
            show.note(event.message)

    if not text:
        return
    try:
        show.tested(audition.speak(folder, text, settings, emit))
    except EnvironmentProblem as problem:
        show.note(f"no test line was spoken: {problem}; next: {problem.hint}")


def _show(audit: Audit, anyway: bool, show: _Output) -> None:
    """Print the report, and refuse what is red. Raises CheckError."""
    show.audit(audit)
    red = [finding for finding in audit.findings if finding.colour is Colour.RED]
    if not red or anyway:
        return
    raise CheckError(
        f"not good enough to clone ({', '.join(finding.name for finding in red)})",
        where=str(audit.path),
        hint=f"{red[0].mend}; or use it as it is with --anyway",
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
            "verdict": str(audit.colour),
            "transcript": audit.transcript,
            "findings": msgspec.to_builtins(audit.findings),
            "measures": msgspec.to_builtins(audit.measures),
        }
        for note in audit.notes:
            self.note(note)
        if not self._json:
            for finding in audit.findings:
                _print_finding(finding)
            line = f"{audit.colour:<6} {audit.path.name}: {WORDS[audit.colour]}"
            terminal.write(terminal.painted(line, TERMINAL[audit.colour]) + "\n")

    def stored(self, folder: Path) -> None:
        """Where the voice is, and the lines that put it into a script."""
        entry = {folder.name: {"ref": common.shown(folder / "ref.wav")}}
        self._document |= {"voice": folder.name, "folder": str(folder), "script": {"voices": entry}}
        if not self._json:
            terminal.say(f"stored {common.shown(folder)}; in a script in this folder:")
            terminal.say(f'"voices": {encoding.dumps(entry)}')

    def tested(self, path: Path) -> None:
        """Where the test line is."""
        self._document["test"] = str(path)
        if not self._json:
            terminal.say(f"listen to {common.shown(path)}")

    def failed(self, error: NarrateError) -> None:
        """What went wrong; the command line prints it for a person."""
        said = {"message": str(error), "hint": error.hint, "exit_code": error.exit_code}
        self._document |= {"ok": False, "error": said}
        self.close()

    def close(self) -> None:
        """Print the object, if one is wanted."""
        if self._json:
            terminal.write(terminal.as_json(self._document))


def _print_finding(finding: Finding) -> None:
    colour = terminal.painted(f"{finding.colour:<6}", TERMINAL[finding.colour])
    reason = f": {finding.reason}" if finding.reason else ""
    terminal.write(f"{colour} " + terminal.text_of(f"{finding.name:<10} {finding.figure}{reason}"))
    if finding.mend:
        terminal.say(f"{'':<18}{finding.mend}")
