"""The commands put together, and errors turned into words and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from narrate import __version__
from narrate.cli import common
from narrate.errors import NarrateError

REPORT = "this is a fault of narrate: run again with -v and report what it prints"

app = typer.Typer(
    name="narrate",
    help="make for narration: a script in, a timed narration out, and nothing is said twice.",
    epilog=common.EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = {
    "run": "run.run",
    "plan": "plan.plan",
    "init": "init.init",
    "status": "why.status",
    "why": "why.why",
    "clone": "clone.clone",
    "bench": "bench.bench",
    "doctor": "doctor.doctor",
    "schema": "schema.schema",
    "engines": "engines.app",
    "models": "models.app",
    "cache": "cache.app",
}
"""Where each command is, in the order of the help. Only what was asked for is imported, as that takes time."""


def _register(name: str) -> None:
    module, _, attribute = COMMANDS[name].partition(".")
    command = getattr(import_module(f"narrate.cli.{module}"), attribute)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name, epilog=common.EXIT_CODES)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"narrate {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]


@app.callback()
def main(directory: common.Directory = None, version: Version = False) -> None:
    common.change_to(directory)


def start(told: Sequence[str]) -> None:
    """Run the command line and leave with its exit code; only -v ever shows a traceback."""
    common.told = told
    for name in told[1:2] if told[1:2] and told[1] in COMMANDS else COMMANDS:
        _register(name)
    # A build system ends its steps with SIGTERM; what Ctrl-C cleans up, that does too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        app(prog_name="narrate")
    except NarrateError as error:
        common.complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of stdout has gone away, as `head` does: nobody is left to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if {"-v", "--verbose"} & set(told):
            raise
        common.complain(NarrateError(f"{type(error).__name__}: {error}", where="unexpected", hint=REPORT))
        sys.exit(1)
