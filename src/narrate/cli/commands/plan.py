"""`narrate plan`: what a run would do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from narrate import build
from narrate.base import terminal
from narrate.base.events import Event, Warned
from narrate.base.text import counted, duration
from narrate.build import Options
from narrate.cli import common
from narrate.errors import PendingError
from narrate.planning.planner import Plan, PlannedSegment

Check = Annotated[
    bool, typer.Option("--check", help="Exit with 3 if anything would have to be spoken.")
]


def plan(
    script: common.Script = None,
    engine: common.Engine = None,
    model: common.Model = None,
    profile: common.Profile = None,
    device: common.Device = None,
    dtype: common.Dtype = None,
    engine_python: common.EnginePython = None,
    offline: common.Offline = False,
    allow_outside: common.AllowOutside = False,
    jobs: common.Jobs = None,
    qa: common.Qa = None,
    cache_dir: common.CacheDir = None,
    check: Check = False,
    json: common.Json = False,
    directory: common.Directory = None,
) -> None:
    """Say what `narrate run` would speak, and how long the narration and the work would be."""
    arguments = locals()
    common.change_to(directory)
    source = common.script_here(script)
    flags = common.settings(**arguments)
    pending = show(source, flags, Options(), json)
    if check and pending:
        what = f"{counted(pending, 'utterance')} would have to be spoken"
        raise PendingError(what, where=source, hint="run: narrate run")


def show(script: str, flags: dict[str, Any], options: Options, json: bool) -> int:
    """Print the plan of a run with these flags; return how many utterances it would speak."""
    made = build.plan(script, flags, options, warn)
    figures = build.summary(made)
    if json:
        document = {"ok": True, **figures.to_json()}
        document["segments"] = [_entry(made, planned) for planned in made.segments]
        del document["event"]
        terminal.write(terminal.as_json(document))
        return len(made.misses)
    width = max(len(terminal.printable(planned.segment.id)) for planned in made.segments)
    for planned in made.segments:
        state = "cached" if planned.cached else "speak "
        length = f"{'' if planned.cached else '~'}{made.seconds(planned):.1f} s"
        text = planned.display if len(planned.display) <= 60 else planned.display[:59] + "…"
        terminal.say(
            f"{state}  {terminal.printable(planned.segment.id):<{width}}  {length:>8}  {text}"
        )
    terminal.say(*_over_budget(made))
    terminal.say(
        f"{figures.missing} of {counted(figures.utterances, 'utterance')} to speak"
        f" with {figures.engine} ({figures.reason}), about {duration(made.eta)} of work;"
        f" the narration is about {duration(figures.seconds)} long"
    )
    return len(made.misses)


def _entry(made: Plan, planned: PlannedSegment) -> dict[str, Any]:
    return {
        "id": planned.segment.id,
        "cached": planned.cached,
        "seconds": round(made.seconds(planned), 3),
        "keys": [utterance.key for utterance in planned.utterances],
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


def warn(event: Event) -> None:
    """Print a warning of the library."""
    if isinstance(event, Warned):
        common.warn(event.message)
