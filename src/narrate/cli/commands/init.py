"""`narrate init`: the start of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from narrate.base import terminal
from narrate.script.folder import MAIN
from narrate.tools import project

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR|SCRIPT",
        help="The folder of the project, or a script in it.",
        show_default=False,
    ),
]


def init(folder: Folder = Path()) -> None:
    """Start a project in DIR (this folder), with the script that is there or a new one.

    It has a script, settings, voices/, and fragments for make and ninja. Files that exist are kept.
    """
    made = project.create(folder)
    for path in made.written:
        terminal.say(f"written  {path}")
    for path in made.kept:
        terminal.say(f"kept     {path}")
    if not made.written:
        terminal.say("nothing to do: every file of the project is there")
        return
    if any(path.name == "Makefile" for path in made.kept):
        terminal.say("your Makefile was kept: add the line `include narrate.mk` to it")
    where = "" if made.folder.resolve() == Path.cwd() else f" -C {made.folder}"
    script = "" if made.script in MAIN else f" {made.script}"
    terminal.say(f"next: narrate{where} run{script}, or make{where}")
