"""`narrate engines`: the environments in which engines run."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

from narrate.base import terminal
from narrate.base.text import duration
from narrate.cli import messages, options
from narrate.cli.progress import Display
from narrate.config import Settings
from narrate.engines import registry
from narrate.errors import EnvironmentProblem
from narrate.workers import environments, installer

app = typer.Typer(
    help="Install, list and remove the engines that clone voices.", no_args_is_help=True
)

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The engine; or 'both', for one environment that holds mlx and torch."
    ),
]


@app.command("list")
def list_engines(json: options.Json = False, verbose: options.Verbose = False) -> None:
    """List the engines, whether each can be used, and with which Python; -v adds their speakers."""
    settings = options.settings({})
    rows = [_row(name, settings) for name in registry.names()]
    if json:
        terminal.write(terminal.as_json({"engines": rows}))
        return
    for row in rows:
        terminal.say(f"{row['name']:<8} {row['origin'] if row['usable'] else row['fix']}")
        if verbose:
            known = ", ".join(row["speakers"]) or "what its server or model knows"
            terminal.say(f"{'':<8} speakers: {known}")


@app.command()
def install(name: Name, verbose: options.Verbose = False) -> None:
    """Install an engine in an environment of its own, with tested package versions."""
    started = time.monotonic()
    with _Progress(name, verbose) as progress:
        environment = installer.install(name, progress.watch)
    took = duration(time.monotonic() - started)
    done = f"installed in {took}" if progress.steps else "is installed already"
    terminal.tell(f"{name}: {done}")
    terminal.say(environment.python)


@app.command()
def remove(name: Name) -> None:
    """Remove the environment of an engine."""
    there = installer.remove(name, _Progress(name).watch)
    terminal.tell(f"{name}: {'removed' if there else 'was not installed'}")


def _row(name: str, settings: Settings) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": name,
        "usable": False,
        "python": None,
        "origin": None,
        "fix": None,
        "speakers": _speakers(name),
    }
    if environment := environments.of_engine(name):
        row["environment"] = environment.state.name.lower()
    try:
        found = environments.find(name, settings, messages.warn)
    except EnvironmentProblem as problem:
        return row | {"fix": f"{problem.what}; {problem.hint}"}
    return row | {"usable": True, "python": found.path, "origin": f"{found.path} ({found.origin})"}


def _speakers(name: str) -> list[str]:
    """The stock voices of an engine; a plug-in is not loaded to be asked for its own."""
    return list(registry.capabilities(name).speakers) if name in registry.built_in() else []


class _Progress:
    """Shows an installation: a line for each step, and one for the time it took; on a terminal a
    clock runs below.
    """

    def __init__(self, name: str, verbose: bool = False) -> None:
        self.steps = 0
        self.watch = installer.Watch(self._step, self._line if verbose else _ignore, self._note)
        self._name, self._started = name, 0.0
        self._console = Display()
        self._clock = Progress(
            SpinnerColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._clock.add_task("")

    def __enter__(self) -> _Progress:
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.stop()
        if self.steps:
            self._line(duration(time.monotonic() - self._started))

    def _step(self, number: int, count: int, title: str) -> None:
        if self.steps:
            self._line(duration(time.monotonic() - self._started))
        self.steps, self._started = count, time.monotonic()
        self._clock.reset(self._task)
        self._note(f"[{number}/{count}] {title}")

    def _line(self, line: str) -> None:
        self._console.say(f"      {line}")

    def _note(self, text: str) -> None:
        self._console.say(f"{self._name}: {text}")


def _ignore(line: str) -> None:
    return None
