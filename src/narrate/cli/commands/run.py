"""`narrate run`: the build step."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from narrate import build, upto_date
from narrate.base import facts, terminal
from narrate.base.events import Event
from narrate.base.facts import Fact
from narrate.build import Options, Result
from narrate.cli import messages, options, outcome, sources
from narrate.cli.commands import plan
from narrate.cli.options import Flags
from narrate.cli.sources import Sources
from narrate.errors import NarrateError, UsageError
from narrate.output import depfile
from narrate.planning.readiness import EnginesMissing

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCRIPT|ID",
        help=f"{options.SCRIPT_HELP} With --force, ids of segments to speak again may follow.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class Work:
    """What a run should do."""

    dry_run: Annotated[
        bool, Option("-n", "--dry-run", help="Only say what a run would do, as `narrate plan`.")
    ] = False
    keep_going: Annotated[
        bool, Option("-k", "--keep-going", help="If a segment fails, still speak the others.")
    ] = False
    force: Annotated[
        bool, Option("-f", "--force", help="Speak the segments ID again, or all if none is named.")
    ] = False
    only: Annotated[
        str | None, Option("--only", metavar="GLOB", help="Speak only segments whose id matches.")
    ] = None
    frozen: Annotated[
        bool, Option("--frozen", help="Fail (exit 3) if anything would have to be spoken.")
    ] = False
    locked: Annotated[
        bool, Option("--locked", help="Fail (exit 3) if an approved take would not be heard.")
    ] = False
    force_output: Annotated[
        bool,
        Option("--force-output", help="Replace files in the output folder that are not narrate's."),
    ] = False
    show_config: Annotated[
        bool, Option("--show-config", help="Print each setting and where it comes from.")
    ] = False

    def options(self, ids: list[str], scripts: int, besides: tuple[Path, ...]) -> Options:
        """The same for the library. Raises UsageError."""
        if ids and not self.force:
            what = f"not a script: {' '.join(ids)}"
            hint = "name files or folders that exist; ids of segments go with --force"
            raise UsageError(what, where="narrate run", hint=hint)
        if ids and scripts > 1:
            what, hint = f"ids of which script: {' '.join(ids)}", "name one script with --force ID"
            raise UsageError(what, where="narrate run", hint=hint)
        if self.force and self.frozen:
            what, hint = "--force speaks again, and --frozen forbids it", "leave out one of them"
            raise UsageError(what, where="narrate run", hint=hint)
        force = tuple(ids or "*") if self.force else ()
        return Options(
            force,
            self.only,
            self.frozen,
            self.keep_going,
            self.force_output,
            self.locked,
            besides,
        )


@dataclass(frozen=True, slots=True)
class Reports:
    """Files in which a run says what it did."""

    events: Annotated[
        Path | None, Option("--events", metavar="FILE", help="Log what happens as JSON lines.")
    ] = None
    depfile: Annotated[
        Path | None,
        Option(
            "--depfile",
            metavar="FILE",
            help="List in FILE what run.json depends on, for make or ninja.",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Look:
    """How a run is shown."""

    json: options.Json = False
    quiet: options.Quiet = False
    verbose: options.Verbose = False
    no_progress: Annotated[
        bool, Option("--no-progress", help="Print a line per segment instead of bars.")
    ] = False
    no_color: Annotated[bool, Option("--no-color", help="Print no colours.")] = False
    no_input: Annotated[
        bool, Option("--no-input", help="Never ask anything; narrate asks nothing anyway.")
    ] = False

    @property
    def verbosity(self) -> int:
        """From -1 (errors only) to 1 (everything)."""
        return -1 if self.quiet else int(self.verbose)


@options.takes(
    "out",
    "jobs",
    "engine",
    "model",
    "profile",
    "device",
    "dtype",
    "engine_python",
    "offline",
    "allow_outside",
    "format",
    "fps",
    "qa",
    "checks",
    "max_retries",
    "takes",
    "asr_model",
    "format_in",
    "segments",
    "tables",
    "formulas",
    "images",
    "stand_in",
    "cache_dir",
)
def run(
    context: typer.Context,
    work: Work,
    flags: Flags,
    reports: Reports,
    look: Look,
    words: Words = None,
) -> None:
    """Narrate SCRIPT: speak what is not in the cache, then write the files that changed.

    Several scripts are spoken together, and each has an output folder of its own.
    """
    started_ns = time.time_ns()
    named, ids = sources.split(words or [], ids=work.force)
    found = sources.find(named)
    looked_at = facts.take(map(os.path.abspath, found.looked_at))
    besides = tuple(path for path in (reports.events, reports.depfile) if path)
    todo = work.options(ids, len(found.scripts), besides)
    if work.show_config:
        _print_config(found.only, flags)
    elif work.dry_run:
        plan.show(found.scripts, flags, todo, look.json, look.verbose)
    else:
        command = upto_date.Command(context.obj, started_ns, looked_at)
        _run(command, found, flags, todo, reports, look)


def _run(
    command: upto_date.Command,
    found: Sources,
    flags: Flags,
    todo: Options,
    reports: Reports,
    look: Look,
) -> None:
    """Run, say how it went, and keep a stamp of it if the same command may be answered by one."""
    if reports.depfile:
        depfile.check_target(reports.depfile)
        todo = replace(todo, depfile_start=command.folder)
    notes = [] if look.quiet else found.notes
    terminal.tell(*notes)
    results = _build(found.scripts, flags, todo, look, reports.events)
    written = _write_depfile(reports.depfile, results, command.folder)
    stdout = outcome.stdout(results, look.json)
    if not look.quiet:
        terminal.tell(*outcome.summary(results))
    terminal.write(stdout)
    if upto_date.is_repeatable(found.scripts, todo, reports.events):
        unchanged = list(map(upto_date.unchanged, results))
        stderr = [] if look.quiet else [*notes, *outcome.repeated(unchanged)]
        said = outcome.stdout(unchanged, look.json), terminal.text_of(*stderr)
        upto_date.keep(command, results, written, said)


def _write_depfile(path: Path | None, results: list[Result], folder: str) -> dict[str, Fact]:
    """Write the depfile if one is wanted, and return the facts of it."""
    if path is None:
        return {}
    depfile.write(path, {result.record: result.inputs for result in results}, folder)
    return facts.take([path])


def _build(
    scripts: Sequence[str], flags: Flags, todo: Options, look: Look, log_file: Path | None
) -> list[Result]:
    """Run, showing what happens; with --json an error is printed as an object too."""
    from narrate.cli.progress import Display, Reporter, event_log

    console = Display(color=not look.no_color)
    bars = not look.no_progress and console.is_terminal
    events: list[Event] = []
    try:
        with event_log(log_file) as log, Reporter(console, look.verbosity, bars) as reporter:

            def emit(event: Event) -> None:
                if look.json:
                    events.append(event)
                reporter.show(event)
                log(event)

            return build.run_all(scripts, flags, todo, emit)
    except NarrateError as error:
        if isinstance(error, EnginesMissing) and error.offer:
            error.hint = f"{error.hint}; {error.offer}"
        if look.json:
            terminal.write(terminal.as_json(outcome.failure(error, events)))
        messages.complain_each(outcome.parts(error))
        if isinstance(error, build.Several) and error.results and not look.quiet:
            terminal.tell(*outcome.summary(error.results))
        raise


def _print_config(script: str, flags: Flags) -> None:
    _, configuration = build.prepare(script, flags, messages.show_warning)
    for name, origin in configuration.origins.items():
        value = getattr(configuration.settings, name)
        written = value if name == "fps" else repr(value)
        terminal.say(f"{name} = {written}  ({origin})")
