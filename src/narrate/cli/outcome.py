"""How a run went, in words and as JSON."""

from __future__ import annotations

from typing import Any

from narrate.base import terminal
from narrate.base.events import Event, Planned, Spoken
from narrate.base.text import counted, duration
from narrate.build import Failed, Result
from narrate.cli.messages import as_object, problems, shown
from narrate.errors import NarrateError


def stdout(result: Result, json: bool) -> str:
    """What a run prints on stdout: the path of its manifest, or one JSON object."""
    if json:
        return terminal.as_json(success(result))
    return terminal.text_of(shown(result.out / "manifest.json"))


def summary(result: Result) -> list[str]:
    """The lines that a run prints on stderr when it is done."""
    manifest = result.manifest
    whole = f"{counted(manifest.totals.segments, 'segment')}, {duration(manifest.audio.duration)}"
    if not result.written and not result.made:
        return [f"nothing to do: {whole}"]
    spoken, written = counted(result.spoken, "utterance"), counted(len(result.written), "file")
    captions = [f"captions   {shown(result.out / name)}" for name in manifest.sidecars.values()]
    return [
        f"{whole}: {spoken} spoken, {written} written",
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
            }
            for segment, planned in segments
        ],
    }


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
        "errors": [as_object(each) for each in problems(error)],
        "failed": len(failures),
        "failures": [{"id": name, "reason": each.what} for name, each in failures.items()],
    }
