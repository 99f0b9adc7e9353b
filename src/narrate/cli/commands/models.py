"""`narrate models`: what the cloning engines speak with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from narrate.base import terminal
from narrate.base.events import Fetching
from narrate.base.text import size
from narrate.cli import common
from narrate.cli.progress import Display, Reporter
from narrate.config import Settings
from narrate.engines import qwen
from narrate.engines.base import ModelRef
from narrate.errors import EnvironmentProblem, UsageError
from narrate.planning import casting
from narrate.workers import environments, models

app = typer.Typer(
    help="List, fetch and find the models of the cloning engines.", no_args_is_help=True
)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="A hub id, owner/name or owner/name@revision.")
]
AnyId = Annotated[
    str | None,
    typer.Argument(
        metavar="[ID]",
        help="owner/name or owner/name@revision (what the profile and --kind stand for).",
    ),
]
Kind = Annotated[
    str,
    typer.Option(
        "--kind", metavar="KIND", help="Without ID: for a voice that is a clone, speaker or design."
    ),
]


@app.command("list")
def list_models(json: common.Json = False) -> None:
    """List what the profiles stand for on each engine, and what of it is on this machine."""
    rows = [_row(each) for each in models.profiles(map(casting.capabilities, models.HUB_ENGINES))]
    if json:
        terminal.write(terminal.as_json({"folder": str(models.hub_dir()), "models": rows}))
        return
    for row in rows:
        here = size(row["bytes"]) if row["path"] else "-"
        terminal.say(
            f"{row['engine']:<6} {row['profile']:<6} {row['kind']:<8} {here:>9}  {row['model']}"
        )


@app.command()
def pull(
    id: AnyId = None,
    engine: common.Engine = None,
    profile: common.Profile = None,
    kind: Kind = "clone",
    offline: common.Offline = False,
    quiet: common.Quiet = False,
) -> None:
    """Fetch a model from the hub, or what is new of it, and print its folder."""
    flags = common.settings(engine=engine, profile=profile, offline=offline)
    settings = common.resolve(flags)
    name = _hub_engine(settings)
    model = (
        _reference(id, settings)
        if id
        else models.resolve(casting.capabilities(name), _kind(kind), settings).reference
    )
    if not models.from_hub(model, name):
        terminal.say(model.name)
        return
    with _progress(model.name, quiet) as tell:
        # Offline needs no client, and so no engine that has one.
        python = "" if model.offline else _python(id, name, settings)
        terminal.say(str(models.fetch(model, python, tell, renew=True)))


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
    folder = models.find(each.name)
    return {
        "engine": each.engine,
        "profile": each.profile,
        "kind": each.kind,
        "model": each.name,
        "path": str(folder) if folder else None,
        "bytes": models.size(folder) if folder else 0,
    }


def _reference(id: str, settings: Settings) -> ModelRef:
    if not models.HUB_ID.fullmatch(id):
        raise UsageError(
            f"{id!r} is no hub id", where="ID", hint="write owner/name or owner/name@revision"
        )
    name, _, revision = id.partition("@")
    return ModelRef(name, revision, offline=settings.offline)


def _kind(kind: str) -> str:
    if kind not in qwen.MODELS:
        raise UsageError(
            f"there is no kind {kind!r}", where="--kind", hint=f"one of: {', '.join(qwen.MODELS)}"
        )
    return kind


def _hub_engine(settings: Settings) -> str:
    """The engine whose models are meant: the one asked for, else the one that clones on this
    machine.
    """
    if settings.engine == "auto":
        return casting.cloning_engine()
    if settings.engine not in models.HUB_ENGINES:
        hint = f"name one of: {', '.join(models.HUB_ENGINES)}"
        raise UsageError(
            f"the engine {settings.engine} takes no models of the hub", where="--engine", hint=hint
        )
    return settings.engine


def _python(id: str | None, name: str, settings: Settings) -> str:
    """An interpreter with the hub's client; any engine's will do for a model that is named."""
    try:
        return environments.python_for(name, settings, common.warn)
    except EnvironmentProblem:
        others = [other for other in models.HUB_ENGINES if other != name] if id else []
        for other in others:
            if environments.inspect(other).state is environments.State.COMPLETE:
                return environments.inspect(other).python
        raise


@contextmanager
def _progress(name: str, quiet: bool) -> Iterator[Callable[[int, int], object]]:
    """Shows how much of a model has come: a bar on a terminal, else a line now and then."""
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
        task = progress.add_task(terminal.printable(name))
        yield lambda done, total: progress.update(task, completed=done, total=total)
