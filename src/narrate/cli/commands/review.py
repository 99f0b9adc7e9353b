"""`narrate review`: a page to listen to a narration, and what was decided on it."""

from __future__ import annotations

import webbrowser
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from narrate.base import terminal
from narrate.base.text import counted
from narrate.cli import messages, options, sources
from narrate.cli.options import Flags
from narrate.review import make
from narrate.review.model import Review

Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="DIR", help="Where the page goes (build/review)."),
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
Sample = Annotated[
    str,
    typer.Option(
        "--sample", metavar="5%|N", help="Begin with a random sample, the same for the same script."
    ),
]
SETTINGS = (
    "engine",
    "model",
    "profile",
    "qa",
    "checks",
    "format_in",
    "segments",
    "tables",
    "formulas",
    "images",
    "stand_in",
    "allow_outside",
    "cache_dir",
)


@options.takes(*SETTINGS)
def review(
    flags: Flags,
    scripts: options.Scripts = None,
    out: Out = None,
    sample: Sample = "",
    browse: Open = False,
    json: options.Json = False,
) -> None:
    """Make a page to listen to the narration of SCRIPT, line by line; it needs no network.

    It has the takes of each line, what the checks refused, and the words that differ.
    """
    source = sources.find(scripts or []).only
    path, content = make.review(
        source, flags, messages.show_warning, out=out and out.absolute(), share=sample
    )
    states = Counter[str](line.state for line in content.lines)
    if json:
        document = {"ok": True, "page": str(path), "lines": len(content.lines), **states}
        terminal.write(terminal.as_json(document))
    else:
        terminal.tell(_summary(content, states))
        terminal.say(messages.shown(path))
    if browse:
        webbrowser.open(path.as_uri())


def _summary(content: Review, states: Counter[str]) -> str:
    names = {"failed": "failed", "flagged": "flagged", "missing": "not spoken"}
    found = [f"{states[state]} {name}" for state, name in names.items() if states[state]]
    return ", ".join([counted(len(content.lines), "line"), *found])
