"""`narrate plan`: what a run would do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from narrate import build
from narrate.base import terminal
from narrate.base.text import counted, duration, printable, shortened
from narrate.build import Options
from narrate.cli import messages, omitted, options, outcome, readings, sources
from narrate.cli.options import Flags
from narrate.errors import PendingError
from narrate.planning.plan import Plan, PlannedSegment, union

Check = Annotated[
    bool, typer.Option("--check", help="Exit with 3 if anything would have to be spoken.")
]
Locked = Annotated[
    bool, typer.Option("--locked", help="Exit with 3 if an approved take would not be heard.")
]


@options.takes(
    "engine",
    "model",
    "profile",
    "device",
    "dtype",
    "engine_python",
    "offline",
    "allow_outside",
    "jobs",
    "qa",
    "checks",
    "format_in",
    "segments",
    "tables",
    "formulas",
    "images",
    "stand_in",
    "cache_dir",
)
def plan(
    flags: Flags,
    scripts: options.Scripts = None,
    check: Check = False,
    locked: Locked = False,
    verbose: options.Verbose = False,
    json: options.Json = False,
) -> None:
    """Say what `narrate run` would speak, and how long the narration and the work would be."""
    found = sources.find(scripts or [])
    terminal.tell(*found.notes)
    names = found.scripts
    planned = show(names, flags, Options(locked=locked), json, verbose)
    if check and planned.pending:
        what = f"{counted(planned.pending, 'utterance')} would have to be spoken"
        hint = f"run: narrate run {shlex.join(names)}"
        if planned.stand_ins:
            what += ", including what a stand-in speaks"
            hint = "; ".join(dict.fromkeys(problem.hint for problem in planned.missing))
        raise PendingError(what, where=", ".join(names), hint=hint)


def show(
    scripts: Sequence[str], flags: Flags, todo: Options, json: bool, verbose: bool = False
) -> Plan:
    """Print the plan of a run with these flags, and return it; several scripts are one plan."""
    try:
        plans = build.plan_all(scripts, flags, todo, messages.show_warning)
    except build.Several as several:
        messages.complain_each(several.errors)
        raise
    whole = union(plans)
    if json:
        terminal.write(terminal.as_json(_document(plans, whole)))
    else:
        for made in plans:
            heading = [f"{made.script.named}:"] if len(plans) > 1 else []
            terminal.say(*heading, *_segments(made, verbose), *_over_budget(made))
        terminal.say(_total(whole))
        omissions = [each for made in plans for each in made.script.omissions]
        terminal.say(*(omitted.listed(omissions) if verbose else ()))
        terminal.tell(*(() if verbose else omitted.total(omissions)))
    return whole


def _document(plans: Sequence[Plan], whole: Plan) -> dict[str, Any]:
    """A plan as the JSON object of --json; several scripts have an object each, and a total."""
    objects = [_object(made) for made in plans]
    if len(plans) == 1:
        return {"ok": True, **objects[0]}
    scripts = [
        {"script": made.script.named, **each} for made, each in zip(plans, objects, strict=True)
    ]
    return {"ok": True, **_figures(whole), "scripts": scripts}


def _figures(made: Plan) -> dict[str, Any]:
    figures = build.summary(made).to_json()
    del figures["event"]
    return figures


def _object(made: Plan) -> dict[str, Any]:
    return {
        **_figures(made),
        "segments": [_entry(made, planned) for planned in made.segments],
        "not_spoken": omitted.entries(made.script.omissions),
    }


def _segments(made: Plan, verbose: bool) -> Iterator[str]:
    """A line for each segment: whether it is cached, its id, its length and its text. If verbose, a
    line follows for everything that is said otherwise than it is written.
    """
    width = max(len(printable(planned.segment.id)) for planned in made.segments)
    for planned in made.segments:
        state, about = ("cached", "") if planned.cached else ("speak ", "~")
        length = f"{about}{made.seconds(planned):.1f} s"
        text = shortened(planned.display, 60)
        yield f"{state}  {printable(planned.segment.id):<{width}}  {length:>8}  {text}"
        for line in readings.lines(planned) if verbose else ():
            yield f"{'':<{width + 20}}{line}"


def _total(made: Plan) -> str:
    figures = build.summary(made)
    utterances = counted(figures.utterances, "utterance")
    return (
        f"{figures.missing} of {utterances} to speak with {figures.engine}"
        f" ({figures.reason}), about {duration(made.eta)} of work;"
        f" the narration is about {duration(figures.seconds)} long"
    )


def _entry(made: Plan, planned: PlannedSegment) -> dict[str, Any]:
    return {
        "id": planned.segment.id,
        "cached": planned.cached,
        "seconds": round(made.seconds(planned), 3),
        "keys": [utterance.key for utterance in planned.utterances],
        "words": readings.entries(planned),
        **outcome.stand_in(planned),
    }


def _over_budget(made: Plan) -> list[str]:
    """A line for each scene whose predicted time is over its budget."""
    lines = []
    for scene in made.script.scenes:
        mine = [planned for planned in made.segments if planned.segment.scene == scene.id]
        seconds = sum(made.seconds(planned) + planned.pause_after for planned in mine)
        if scene.budget is not None and seconds > scene.budget:
            lines.append(
                f"over    {scene.id}: about {seconds:.1f} s, its budget is {scene.budget:.1f} s"
            )
    return lines
