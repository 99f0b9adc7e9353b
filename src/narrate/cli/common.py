"""What commands share: the flags of settings, and how errors, paths and JSON are printed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from narrate import config
from narrate.base import terminal
from narrate.config import Settings
from narrate.errors import NarrateError, UsageError

told: Sequence[str] = ()
"""The folder in which the process was started, and its arguments: the name under which a stamp is
kept.
"""

EXIT_CODES = (
    "Exit codes: 0 done, or nothing to do. 1 unexpected. 2 usage, or an invalid script, setting or recording. "
    "3 work is pending (--frozen, --only, --check). 4 a check failed. 5 synthesis failed or timed out. "
    "6 environment: engine, ffmpeg, disk. 130 interrupted."
)


SCRIPTS = ("script.json", "script.yaml", "script.yml", "script.md", "script.txt")
"""What a command without a SCRIPT looks for in the current folder."""

SCRIPT_HELP = (
    "A .json, .yaml, .md or .txt file, a folder of .txt files, or - for standard input "
    "(the one script.json, script.md, … in this folder)."
)
Script = Annotated[
    str | None, typer.Argument(metavar="SCRIPT", help=SCRIPT_HELP, show_default=False)
]
Out = Annotated[
    str | None,
    typer.Option(
        "-o", "--out", metavar="DIR", help="Output folder (build/narration beside the script)."
    ),
]
Engine = Annotated[
    str | None,
    typer.Option("--engine", metavar="NAME", help="auto, or one of `narrate engines list` (auto)."),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="A hub id, id@revision or a folder (see `narrate models list`).",
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile", metavar="NAME", help="The models for it: draft (small, fast) or final (final)."
    ),
]
Device = Annotated[
    str | None,
    typer.Option("--device", metavar="NAME", help="cuda, cuda:1, mps, gpu or cpu (the best)."),
]
Dtype = Annotated[
    str | None,
    typer.Option(
        "--dtype", metavar="NAME", help="bfloat16, float16 or float32 (what suits the device)."
    ),
]
EnginePython = Annotated[
    str | None,
    typer.Option(
        "--engine-python",
        metavar="PYTHON",
        help="The Python that runs the engine (see `narrate engines`).",
    ),
]
Offline = Annotated[
    bool,
    typer.Option("--offline", help="Touch no network; what would have to be fetched is an error."),
]
AllowOutside = Annotated[
    bool,
    typer.Option(
        "--allow-outside", help="Take recordings from outside of the script's folder too."
    ),
]
Jobs = Annotated[
    int | None, typer.Option("-j", "--jobs", metavar="N", help="At most N workers side by side.")
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="wav, flac, mp3, ogg, opus or m4a (wav)."),
]
Fps = Annotated[
    str | None,
    typer.Option(
        "--fps", metavar="RATE", help="Video frames a second: 30, 29.97, 30000/1001 (30)."
    ),
]
Qa = Annotated[
    str | None,
    typer.Option(
        "--qa", metavar="MODE", help="What fails a check: strict refuses, warn keeps, off ignores."
    ),
]
CacheDir = Annotated[
    str | None,
    typer.Option(
        "--cache-dir", metavar="DIR", help="Where clips are kept (see `narrate cache dir`)."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Directory = Annotated[str | None, typer.Option("-C", metavar="DIR", help="Change to DIR first.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more, and show tracebacks.")]


def change_to(directory: str | None) -> None:
    """Change the current folder, if one is given. Raises UsageError."""
    if directory is None:
        return
    try:
        os.chdir(directory)
    except OSError as error:
        raise UsageError(
            f"cannot change to it ({error.strerror})",
            where=directory,
            hint="name a folder after -C",
        ) from error


def script_here(given: str | None) -> str:
    """The script that a command was given, else the only one here. Raises UsageError."""
    if given is not None:
        return given
    found = [name for name in SCRIPTS if os.path.exists(name)]
    if len(found) == 1:
        return found[0]
    what = (
        f"there are several scripts here: {', '.join(found)}"
        if found
        else "no script was named, and none is here"
    )
    raise UsageError(
        what, where="SCRIPT", hint="name one: narrate run script.json; `narrate init` makes one"
    )


def settings(**arguments: Any) -> dict[str, Any]:
    """Those arguments of a command that are settings; folders are relative to the current one."""
    flags = {name: value for name, value in arguments.items() if name in Settings.__struct_fields__}
    for name in ("out", "cache_dir"):
        if flags.get(name):
            flags[name] = os.path.abspath(flags[name])
    # Not to have said --offline is not to say that the environment may not.
    for name in ("offline", "allow_outside"):
        flags[name] = flags.get(name) or None
    return flags


def resolve(flags: Mapping[str, Any]) -> Settings:
    """The settings for a command that has no script, in the current folder; what was ignored is
    told.
    """
    configuration = config.resolve(flags, {}, Path.cwd())
    for text in configuration.warnings:
        warn(text)
    return configuration.settings


def warn(text: str) -> None:
    """Print a warning on stderr."""
    terminal.tell(f"warning: {text}")


def complain(error: NarrateError) -> None:
    """Print an error on stderr: what is wrong and where, then the next step."""
    terminal.tell(f"error: {error}", *([f"  next: {error.hint}"] if error.hint else []))


def shown(path: Path) -> str:
    """A path as a person would write it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
