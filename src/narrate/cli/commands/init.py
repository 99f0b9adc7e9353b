"""`narrate init`: the start of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from narrate.base import terminal
from narrate.tools import project

Folder = Annotated[
    Path, typer.Argument(metavar="[DIR]", help="The folder of the project.", show_default=False)
]


def init(folder: Folder = Path()) -> None:
    """Start a project in DIR (this folder).

    It has a script, settings, voices/, and fragments for make and ninja. Files that exist are kept.
    """
    written, kept = project.create(folder)
    for path in written:
        terminal.say(f"written  {path}")
    for path in kept:
        terminal.say(f"kept     {path}")
    if any(path.name == "Makefile" for path in kept):
        terminal.say("your Makefile was kept: add the line `include narrate.mk` to it")
    where = "" if folder.resolve() == Path.cwd() else f" -C {folder}"
    terminal.say(f"next: narrate{where} run, or make{where}")
