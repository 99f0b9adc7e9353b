"""`narrate plan`: what a run would do."""

from __future__ import annotations

import sys
from typing import Any

from narrate import build
from narrate.build import Options
from narrate.cli import common
from narrate.events import Event
from narrate.planner import Plan, PlannedSegment
from narrate.progress import counted, duration, printable


def plan(
    script: common.Script,
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
    json: common.Json = False,
    directory: common.Directory = None,
) -> None:
    """Say what `narrate run` would speak, and how long the narration and the work would be."""
    arguments = locals()
    common.change_to(directory)
    flags = common.settings(**arguments)
    show(script, flags, Options(), json)


def show(script: str, flags: dict[str, Any], options: Options, json: bool) -> None:
    """Print the plan of a run with these flags."""
    made = build.plan(script, flags, options, _warn)
    figures = build.summary(made)
    if json:
        segments = [_entry(made, planned) for planned in made.segments]
        sys.stdout.write(common.as_json({"ok": True, **figures, "segments": segments}))
        return
    width = max(len(planned.segment.id) for planned in made.segments)
    for planned in made.segments:
        state = "cached" if planned.cached else "speak "
        length = f"{'' if planned.cached else '~'}{made.seconds(planned):.1f} s"
        text = planned.display if len(planned.display) <= 60 else planned.display[:59] + "…"
        print(f"{state}  {printable(planned.segment.id):<{width}}  {length:>8}  {printable(text)}")
    for line in _over_budget(made):
        print(line)
    print(
        f"{figures['missing']} of {counted(len(list(made.lines())), 'utterance')} to speak with {figures['engine']}"
        f" ({figures['reason']}), about {duration(made.eta)} of work;"
        f" the narration is about {duration(float(str(figures['seconds'])))} long"
    )


def _entry(made: Plan, planned: PlannedSegment) -> dict[str, Any]:
    return {
        "id": planned.segment.id,
        "cached": planned.cached,
        "seconds": round(made.seconds(planned), 3),
        "keys": [line.key for line in planned.lines],
    }


def _over_budget(made: Plan) -> list[str]:
    """A line for each scene whose predicted time is over its budget."""
    lines = []
    for scene in made.script.scenes:
        mine = [planned for planned in made.segments if planned.segment.scene == scene.id]
        seconds = sum(made.seconds(planned) + planned.pause_after for planned in mine)
        if scene.budget is not None and seconds > scene.budget:
            lines.append(f"over    {scene.id}: about {seconds:.1f} s, its budget is {scene.budget:.1f} s")
    return lines


def _warn(event: Event) -> None:
    if event.kind == "warning":
        print(f"warning: {printable(str(event.data['message']))}", file=sys.stderr)
