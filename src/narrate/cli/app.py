"""The command line: its commands, and what it prints and returns when one fails."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from narrate import __version__
from narrate.base import terminal
from narrate.cli import failure, messages, options
from narrate.errors import EXIT_CODES, NarrateError, UsageError

EPILOG = "Exit codes: " + " ".join(f"{code} {meaning}." for code, meaning in EXIT_CODES.items())
SEE_EXIT_CODES = "Exit codes: see `narrate --help`."
"""What commands say below their help; the list itself is there once."""


class _Plain:
    """Help in which no type stands beside a flag or an argument."""

    def get_params(self, ctx: Any) -> Any:
        params = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
            elif param.param_type_name == "argument":
                param.display_type_rich = _no_type
        return params


def _no_type(ctx: Any) -> None:
    """What stands beside an argument in the help: its name says what it is."""


class Command(_Plain, TyperCommand):
    """A command with plain help."""


class Group(_Plain, TyperGroup):
    """A group of commands with plain help."""


app = typer.Typer(
    name="narrate",
    help="make for narration: a script in, a timed narration out, and nothing is said twice.",
    epilog=EPILOG,
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = {
    "run": "run.run",
    "plan": "plan.plan",
    "say": "say.say",
    "check": "check.check",
    "init": "init.init",
    "status": "why.status",
    "why": "why.why",
    "review": "review.review",
    "compare": "compare.compare",
    "retake": "takes.retake",
    "takes": "takes.takes",
    "pick": "takes.pick",
    "lock": "takes.lock",
    "clone": "clone.clone",
    "bench": "bench.bench",
    "doctor": "doctor.doctor",
    "schema": "schema.schema",
    "engines": "engines.app",
    "models": "models.app",
    "cache": "cache.app",
}
"""The function of each command, in the order of the help.

Only the command that was asked for is imported, as that takes time.
"""


def _register(name: str) -> None:
    module, _, attribute = COMMANDS[name].partition(".")
    command = getattr(import_module(f"narrate.cli.commands.{module}"), attribute)
    if isinstance(command, typer.Typer):
        for each in command.registered_commands:
            each.cls, each.epilog = Command, SEE_EXIT_CODES
        app.add_typer(command, name=name, cls=Group)
    else:
        app.command(name, cls=Command, epilog=SEE_EXIT_CODES)(command)


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
    directory: options.Directory = None, verbose: options.Verbose = False, version: Version = False
) -> None:
    options.change_to(directory)


def start(argv: Sequence[str]) -> NoReturn:
    """Run the command line and exit with its code; only -v ever shows a traceback.

    `argv` is the current folder, then the arguments; commands find it as the object of their
    context.
    """
    for name in argv[1:2] if argv[1:2] and argv[1] in COMMANDS else COMMANDS:
        _register(name)
    # A build system ends its steps with SIGTERM, after which we clean up as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The user can use what narrate makes, whatever the umask says.
    os.umask(os.umask(0o077) & 0o077)
    try:
        code = app(prog_name="narrate", standalone_mode=False, obj=argv)
        terminal.finish()
    except Exception as error:
        leave(error, bool({"-v", "--verbose"} & set(argv)))
    sys.exit(code)


def leave(error: Exception, verbose: bool = False) -> NoReturn:
    """Print what went wrong and what to do about it, and exit with its code."""
    if isinstance(error, terminal.StdoutLost) and isinstance(error.__cause__, BrokenPipeError):
        # The reader of stdout has gone away, as `head` does; a shell reports SIGPIPE as 141.
        sys.exit(141)
    if type(error).__name__ == "NoArgsIsHelpError":
        # Typer has printed the help.
        sys.exit(2)
    problem = failure.explained(error)
    if verbose and not isinstance(error, NarrateError) and not isinstance(problem, UsageError):
        terminal.tell(*"".join(traceback.format_exception(error)).splitlines())
    messages.complain(problem)
    with suppress(terminal.StdoutLost):
        terminal.finish()
    sys.exit(problem.exit_code)
