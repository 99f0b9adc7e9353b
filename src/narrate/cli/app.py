"""The commands put together, and errors turned into words and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from narrate import __version__
from narrate.cli import bench, cache, clone, common, doctor, engines, init, models, plan, run, schema, why
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
app.command("run", epilog=common.EXIT_CODES)(run.run)
app.command("plan", epilog=common.EXIT_CODES)(plan.plan)
app.command("init")(init.init)
app.command("status", epilog=common.EXIT_CODES)(why.status)
app.command("why", epilog=common.EXIT_CODES)(why.why)
app.command("clone", epilog=common.EXIT_CODES)(clone.clone)
app.command("bench", epilog=common.EXIT_CODES)(bench.bench)
app.command("doctor", epilog=common.EXIT_CODES)(doctor.doctor)
app.command("schema")(schema.schema)
app.add_typer(engines.app, name="engines")
app.add_typer(models.app, name="models")
app.add_typer(cache.app, name="cache")


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
    run.told = told
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
