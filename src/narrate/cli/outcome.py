"""How a run went, in words and as JSON."""

from __future__ import annotations

from typing import Any

from narrate import build
from narrate.base import terminal
from narrate.base.events import Event, Planned, Spoken
from narrate.base.text import counted, duration
from narrate.build import Failed, Result
from narrate.cli.messages import as_object, shown
from narrate.errors import NarrateError
from narrate.planning.planner import PlannedSegment


def stdout(result: Result, json: bool) -> str:
    """What a run prints on stdout: the path of its manifest, or one JSON object."""
    if json:
        return terminal.as_json(success(result))
    return terminal.text_of(shown(result.out / "manifest.json"))


def summary(result: Result) -> list[str]:
    """The lines that a run prints on stderr when it is done."""
    manifest = result.manifest
    whole = f"{counted(manifest.totals.segments, 'segment')}, {duration(manifest.audio.duration)}"
    stand_ins = [told] if (told := build.stand_ins(result.plan)) else []
    if not result.written and not result.made:
        return [f"nothing to do: {whole}", *stand_ins]
    spoken, written = counted(result.spoken, "utterance"), counted(len(result.written), "file")
    captions = [f"captions   {shown(result.out / name)}" for name in manifest.sidecars.values()]
    return [
        f"{whole}: {spoken} spoken, {written} written",
        *stand_ins,
        f"narration  {shown(result.out / manifest.audio.file)}",
        *captions,
    ]


def repeated(result: Result) -> list[str]:
    """The lines of a run with nothing to do; every run warns of settings that are ignored."""
    return [*(f"warning: {text}" for text in result.warnings), *summary(result)]


def success(result: Result) -> dict[str, Any]:
    """A run as the JSON object of --json."""
    segments = zip(result.manifest.segments, result.plan.segments, strict=True)
    return {
        "ok": True,
        "manifest": str(result.out / "manifest.json"),
        "spoken": result.spoken,
        "cached": sum(each.canonical not in result.made for each in result.plan.utterances()),
        "failed": 0,
        "segments": [
            {
                "id": segment.id,
                "path": str(result.out / segment.file),
                "duration": segment.duration,
                "from_cache": result.from_cache(planned),
                **stand_in(planned),
            }
            for segment, planned in segments
        ],
    }


def stand_in(planned: PlannedSegment) -> dict[str, str]:
    """The field that names the engine that stands in for that of a segment, if one does."""
    return {"stand_in": planned.stand_in} if planned.stand_in else {}


def failure(error: NarrateError, events: list[Event]) -> dict[str, Any]:
    """A run that failed, and the events up to there, as the JSON object of --json."""
    failures = error.failures if isinstance(error, Failed) else {}
    return {
        "ok": False,
        "manifest": None,
        "spoken": sum(isinstance(event, Spoken) and not event.recording for event in events),
        "cached": next((event.cached for event in events if isinstance(event, Planned)), 0),
        "segments": [],
        "error": as_object(error),
        "failed": len(failures),
        "failures": [{"id": name, "reason": each.what} for name, each in failures.items()],
    }
