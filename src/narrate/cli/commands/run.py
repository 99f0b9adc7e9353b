"""`narrate run`: the build step."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from narrate import build, stamp
from narrate.base import facts, terminal
from narrate.base.events import Event, Planned, Spoken
from narrate.base.text import counted, duration
from narrate.build import Options, Result
from narrate.cli import common
from narrate.cli.commands import plan
from narrate.errors import NarrateError, UsageError
from narrate.output import depfile as dependencies

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="With --force: what to speak again.")
]
Force = Annotated[
    bool,
    typer.Option(
        "-f", "--force", help="Speak the segments ID again; all of them if none is named."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("-n", "--dry-run", help="Only say what would be done, as `narrate plan` does."),
]
KeepGoing = Annotated[
    bool,
    typer.Option("-k", "--keep-going", help="When a segment fails, speak the others all the same."),
]
Only = Annotated[
    str | None, typer.Option("--only", metavar="GLOB", help="Speak only segments whose id matches.")
]
Frozen = Annotated[
    bool, typer.Option("--frozen", help="Fail (exit 3) if anything would have to be spoken.")
]
ForceOutput = Annotated[
    bool,
    typer.Option(
        "--force-output", help="Replace files in the output folder that narrate did not make."
    ),
]
Depfile = Annotated[
    Path | None,
    typer.Option(
        "--depfile", metavar="FILE", help="Say in FILE what run.json depends on: for make, ninja."
    ),
]
Events = Annotated[
    Path | None, typer.Option("--events", metavar="FILE", help="Log what happens as JSON lines.")
]
NoProgress = Annotated[
    bool, typer.Option("--no-progress", help="A line a segment instead of bars.")
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours.")]
NoInput = Annotated[
    bool, typer.Option("--no-input", help="Never ask anything; narrate asks nothing anyway.")
]
ShowConfig = Annotated[
    bool, typer.Option("--show-config", help="Print each setting and where it comes from.")
]


def run(
    script: common.Script = None,
    ids: Ids = None,
    out: common.Out = None,
    dry_run: DryRun = False,
    jobs: common.Jobs = None,
    keep_going: KeepGoing = False,
    force: Force = False,
    only: Only = None,
    frozen: Frozen = False,
    force_output: ForceOutput = False,
    engine: common.Engine = None,
    model: common.Model = None,
    profile: common.Profile = None,
    device: common.Device = None,
    dtype: common.Dtype = None,
    engine_python: common.EnginePython = None,
    offline: common.Offline = False,
    allow_outside: common.AllowOutside = False,
    format: common.Format = None,
    fps: common.Fps = None,
    qa: common.Qa = None,
    cache_dir: common.CacheDir = None,
    json: common.Json = False,
    events: Events = None,
    depfile: Depfile = None,
    quiet: common.Quiet = False,
    verbose: common.Verbose = False,
    no_progress: NoProgress = False,
    no_color: NoColor = False,
    no_input: NoInput = False,
    show_config: ShowConfig = False,
    directory: common.Directory = None,
) -> None:
    """Narrate SCRIPT: speak what is not in the cache, then write the files that changed."""
    started_ns, arguments = time.time_ns(), locals()
    common.change_to(directory)
    if ids and not force:
        raise UsageError(
            f"unexpected: {' '.join(ids)}", where="narrate run", hint="segment ids go with --force"
        )
    source = common.script_here(script)
    flags = common.settings(**arguments)
    besides = tuple(path for path in (events, depfile) if path)
    options = Options(
        tuple(ids or "*") if force else (), only, frozen, keep_going, force_output, besides
    )
    if show_config:
        _print_config(source, flags)
        return
    if dry_run:
        plan.show(source, flags, options, json)
        return
    look = Look(json, -1 if quiet else int(verbose), bars=not no_progress, color=not no_color)
    if depfile:
        dependencies.check_target(depfile)
    result = _run(source, flags, options, look, events)
    outputs = result.outputs
    if depfile:
        dependencies.write(depfile, result.record, result.inputs, common.told[0])
        outputs |= facts.take([depfile])
    err, stdout = _words(result, look)
    terminal.tell(*err.splitlines())
    terminal.write(stdout)
    if not (force or events or source == "-"):
        said = _words(dataclasses.replace(result, made=frozenset(), written=()), look)
        inputs = result.inputs | result.software | facts.take(() if script else common.SCRIPTS)
        # Settings that are ignored are told of by every run, one with nothing to do included.
        ignored = (
            "" if quiet else terminal.text_of(*(f"warning: {text}" for text in result.warnings))
        )
        stamp.save(common.told, inputs, outputs, (said[1], ignored + said[0]), started_ns)


@dataclass(frozen=True, slots=True)
class Look:
    """How a run is shown: as JSON or words, from -1 (errors only) to 1 (all), with bars, in colour."""

    json: bool
    verbosity: int
    bars: bool
    color: bool


def _run(
    script: str, flags: dict[str, Any], options: Options, look: Look, log_file: Path | None
) -> Result:
    """Run, showing what happens; with --json an error is printed as an object too."""
    from narrate.cli.progress import Display, Reporter, event_log

    console = Display(color=look.color)
    bars = look.bars and console.is_terminal
    events: list[Event] = []
    try:
        with event_log(log_file) as log, Reporter(console, look.verbosity, bars) as reporter:

            def emit(event: Event) -> None:
                if look.json:
                    events.append(event)
                reporter.show(event)
                log(event)

            return build.run(script, flags, options, emit)
    except NarrateError as error:
        if look.json:
            terminal.write(terminal.as_json(_failure(error, events)))
        if isinstance(error, build.Failed):
            for failure in error.failures.values():
                common.complain(failure)
        raise


def _words(result: Result, look: Look) -> tuple[str, str]:
    """What a run says at its end on stderr and on stdout."""
    path = result.out / "manifest.json"
    stdout = (
        terminal.as_json(_success(result)) if look.json else terminal.text_of(common.shown(path))
    )
    return (_summary(result) if look.verbosity >= 0 else ""), stdout


def _summary(result: Result) -> str:
    manifest = result.manifest
    whole = f"{counted(manifest.totals.segments, 'segment')}, {duration(manifest.audio.duration)}"
    if not result.written and not result.made:
        return terminal.text_of(f"nothing to do: {whole}")
    lines = [
        f"{whole}: {counted(result.spoken, 'utterance')} spoken, {counted(len(result.written), 'file')} written"
    ]
    lines.append(f"narration  {common.shown(result.out / manifest.audio.file)}")
    lines += [
        f"captions   {common.shown(result.out / name)}" for name in manifest.sidecars.values()
    ]
    return terminal.text_of(*lines)


def _success(result: Result) -> dict[str, Any]:
    return {
        "ok": True,
        "manifest": str(result.out / "manifest.json"),
        "spoken": result.spoken,
        "cached": sum(
            utterance.canonical not in result.made for utterance in result.plan.utterances()
        ),
        "failed": 0,
        "segments": [
            {
                "id": segment.id,
                "path": str(result.out / segment.file),
                "duration": segment.duration,
                "from_cache": result.from_cache(planned),
            }
            for segment, planned in zip(result.manifest.segments, result.plan.segments, strict=True)
        ],
    }


def _failure(error: NarrateError, events: list[Event]) -> dict[str, Any]:
    failures = error.failures if isinstance(error, build.Failed) else {}
    return {
        "ok": False,
        "manifest": None,
        "spoken": sum(isinstance(event, Spoken) and not event.recording for event in events),
        "cached": next((event.cached for event in events if isinstance(event, Planned)), 0),
        "segments": [],
        "error": {"message": str(error), "hint": error.hint, "exit_code": error.exit_code},
        "failed": len(failures),
        "failures": [{"id": name, "reason": each.what} for name, each in failures.items()],
    }


def _print_config(script: str, flags: dict[str, Any]) -> None:
    _, configuration = build.prepare(script, flags, plan.warn)
    for name, origin in configuration.origins.items():
        terminal.say(f"{name} = {getattr(configuration.settings, name)!r}  ({origin})")
