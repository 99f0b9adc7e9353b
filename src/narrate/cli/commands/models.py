"""`narrate models`: what the cloning engines speak with, and what listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from narrate.base import terminal
from narrate.base.events import Fetching
from narrate.base.text import printable, size
from narrate.cli import messages, options
from narrate.cli.options import Flags
from narrate.cli.progress import Display, Reporter
from narrate.config import Settings
from narrate.engines import qwen, registry
from narrate.engines.base import ModelRef
from narrate.errors import EnvironmentProblem, UsageError
from narrate.hearing import choice
from narrate.planning import casting
from narrate.workers import environments, models

app = typer.Typer(
    help="List, download and find the models that speak and the one that listens.",
    no_args_is_help=True,
)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="A hub id, owner/name or owner/name@revision.")
]
AnyId = Annotated[
    str | None,
    typer.Argument(
        metavar="ID",
        help="owner/name, owner/name@revision, or recogniser for the model that listens"
        " (what the profile and --kind stand for).",
    ),
]
Kind = Annotated[
    str,
    typer.Option(
        "--kind", metavar="KIND", help="Without ID: for a voice that is a clone, speaker or design."
    ),
]


@app.command("list")
def list_models(json: options.Json = False) -> None:
    """List the models of each profile and engine, and which are on this machine."""
    rows = [*map(_row, models.profiles()), *map(_listener, choice.DEFAULTS)]
    if json:
        terminal.write(terminal.as_json({"folder": str(models.hub_dir()), "models": rows}))
        return
    for row in rows:
        here = size(row["bytes"]) if row["path"] else "-"
        terminal.say(
            f"{row['engine']:<6} {row['profile']:<6} {row['kind']:<10} {here:>9}  {row['model']}"
        )


@app.command()
@options.takes("engine", "profile", "asr_model", "offline")
def pull(
    flags: Flags, id: AnyId = None, kind: Kind = "clone", quiet: options.Quiet = False
) -> None:
    """Download a model from the hub, or what is new of it, and print its folder."""
    settings = options.settings(flags)
    if id == choice.WORD:
        _pull_recognizer(settings, quiet)
        return
    name = _hub_engine(settings)
    if id:
        model = _reference(id, settings)
    else:
        model = models.resolve(registry.capabilities(name), _kind(kind), settings).reference
    if not models.from_hub(model, name):
        terminal.say(model.name)
        return
    with _progress(model.name, quiet) as on_progress:
        # Without the network no client of the hub is needed, so no engine has to have one.
        python = "" if model.offline else _python(id, name, settings)
        terminal.say(str(models.fetch(model, python, on_progress, check_for_updates=True)))


def _pull_recognizer(settings: Settings, quiet: bool) -> None:
    """Download the model that the settings name, or the default one, and print its folder."""
    named = settings.asr_model or choice.DEFAULTS[0]
    with _progress(named, quiet) as on_progress:
        source = choice.fetch(named, settings, on_progress, messages.warn, check_for_updates=True)
    terminal.say(source.folder)


@app.command("path")
def path(id: Id) -> None:
    """Print the folder of a model that is on this machine (exit 6 if it is not)."""
    model = _reference(id, Settings())
    found = models.find(model.name, model.revision)
    if found is None:
        raise EnvironmentProblem(
            "this model is not on this machine", where=id, hint=f"run: narrate models pull {id}"
        )
    terminal.say(str(found))


def _row(each: models.Profile) -> dict[str, Any]:
    return _line(each.engine, each.profile, each.kind, each.name)


def _listener(name: str) -> dict[str, Any]:
    return _line("-", "-", choice.WORD, choice.NAMES[name])


def _line(engine: str, profile: str, kind: str, model: str) -> dict[str, Any]:
    folder = models.find(model)
    return {
        "engine": engine,
        "profile": profile,
        "kind": kind,
        "model": model,
        "path": str(folder) if folder else None,
        "bytes": models.size(folder) if folder else 0,
    }


def _reference(id: str, settings: Settings) -> ModelRef:
    if not models.HUB_ID.fullmatch(id):
        raise UsageError(
            f"{id!r} is not a hub id", where="ID", hint="write owner/name or owner/name@revision"
        )
    name, _, revision = id.partition("@")
    return ModelRef(name, revision, offline=settings.offline)


def _kind(kind: str) -> str:
    if kind not in qwen.MODELS:
        raise UsageError(
            f"there is no kind {kind!r}",
            where="--kind",
            hint=f"choose one of: {', '.join(qwen.MODELS)}",
        )
    return kind


def _hub_engine(settings: Settings) -> str:
    """The engine whose models are meant: the one asked for, else the cloning engine of this
    machine.
    """
    if settings.engine == "auto":
        return casting.cloning_engine()
    if not registry.capabilities(settings.engine).models:
        names = ", ".join(each.name for each in registry.with_models())
        raise UsageError(
            f"the engine {settings.engine} takes no models from the hub",
            where="--engine",
            hint=f"name one of: {names}",
        )
    return settings.engine


def _python(id: str | None, name: str, settings: Settings) -> str:
    """An interpreter with the hub's client: for a model given by its id, that of any engine."""
    try:
        return environments.python_for(name, settings, messages.warn)
    except EnvironmentProblem:
        others = registry.with_models() if id else []
        for other in others:
            environment = environments.of_engine(other.name)
            if environment and environment.state is environments.State.COMPLETE:
                return environment.python
        raise


@contextmanager
def _progress(name: str, quiet: bool) -> Iterator[Callable[[int, int], object]]:
    """Show how much of a model is downloaded: a bar on a terminal, else a line now and then."""
    console = Display()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    if not console.is_terminal or quiet:
        reporter = Reporter(console, -1 if quiet else 0, bars=False)
        yield lambda done, total: reporter.show(Fetching(model=name, done=done, total=total))
        return
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(printable(name))
        yield lambda done, total: progress.update(task, completed=done, total=total)
