"""The commands put together, and errors turned into words and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from narrate import __version__
from narrate.base import terminal
from narrate.cli import common, failure
from narrate.errors import NarrateError, UsageError

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
"""Where each command is, in the order of the help. Only what was asked for is imported, as that
takes time.
"""


def _register(name: str) -> None:
    module, _, attribute = COMMANDS[name].partition(".")
    command = getattr(import_module(f"narrate.cli.commands.{module}"), attribute)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name, epilog=common.EXIT_CODES)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        terminal.say(f"narrate {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
]


@app.callback()
def main(
    directory: common.Directory = None, verbose: common.Verbose = False, version: Version = False
) -> None:
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
    # What narrate makes its user can use, whatever the umask says.
    os.umask(os.umask(0o077) & 0o077)
    try:
        code = app(prog_name="narrate", standalone_mode=False)
        terminal.finish()
    except Exception as error:
        leave(error, bool({"-v", "--verbose"} & set(told)))
    sys.exit(code)


def leave(error: Exception, verbose: bool = False) -> NoReturn:
    """Say what went wrong and what to do about it, and leave with the exit code for it."""
    if isinstance(error, terminal.StdoutLost) and isinstance(error.__cause__, BrokenPipeError):
        # The reader of stdout has gone away, as `head` does: nobody is left to be told.
        sys.exit(141)
    if type(error).__name__ == "NoArgsIsHelpError":
        # Typer has printed the help.
        sys.exit(2)
    problem = failure.explained(error)
    if verbose and not isinstance(error, NarrateError) and not isinstance(problem, UsageError):
        terminal.tell(*"".join(traceback.format_exception(error)).splitlines())
    common.complain(problem)
    with suppress(terminal.StdoutLost):
        terminal.finish()
    sys.exit(problem.exit_code)
