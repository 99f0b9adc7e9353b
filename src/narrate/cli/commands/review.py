"""`narrate review`: a page to listen to a narration, and what was decided on it."""

from __future__ import annotations

import webbrowser
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from narrate.base import terminal
from narrate.base.text import counted
from narrate.build import Failed
from narrate.cli import messages, options, sources
from narrate.cli.commands.takes import MOST
from narrate.cli.options import Flags
from narrate.review import make, verdicts
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
Apply = Annotated[
    Path | None,
    typer.Option("--apply", metavar="FILE", help="Do what the verdicts in FILE say."),
]
Number = Annotated[
    int,
    typer.Option("-n", "--number", min=1, max=MOST, metavar="N", help="Takes of a retake (3)."),
]
SETTINGS = (
    "engine",
    "model",
    "profile",
    "device",
    "dtype",
    "engine_python",
    "offline",
    "jobs",
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
    apply: Apply = None,
    number: Number = 3,
    json: options.Json = False,
) -> None:
    """Make a page to listen to the narration of SCRIPT, line by line; it needs no network.

    It has the takes of each line, what the checks refused, and the words that differ. It saves
    verdicts as a file, which --apply turns into picks in narrate.lock and into more takes.
    """
    source = sources.find(scripts or []).only
    if apply:
        _apply(apply, source, number, flags, json)
        return
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


def _apply(path: Path, source: str, number: int, flags: Flags, json: bool) -> None:
    """Pick and speak again, and say what was done."""
    from narrate.cli.progress import Display, Reporter

    console = Display()
    with Reporter(console, 0, console.is_terminal) as reporter:
        try:
            done = verdicts.apply(path, source, number, flags, reporter.show)
        except Failed as failed:
            messages.complain_each(failed.failures.values())
            raise
    if json:
        document = {"ok": True, "picked": list(done.picked), "spoken": list(done.spoken)}
        terminal.write(terminal.as_json(document))
        return
    terminal.say(*(f"picked: {id}" for id in done.picked))
    terminal.say(*(f"spoken again: {id}" for id in done.spoken))
    if done.picked:
        terminal.tell("the next run uses what was picked")
    if done.spoken:
        terminal.tell("make the page again to listen to the new takes")


def _summary(content: Review, states: Counter[str]) -> str:
    names = {"failed": "failed", "flagged": "flagged", "missing": "not spoken"}
    found = [f"{states[state]} {name}" for state, name in names.items() if states[state]]
    return ", ".join([counted(len(content.lines), "line"), *found])
