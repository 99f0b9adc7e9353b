"""How a run went, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from narrate import build
from narrate.base import terminal
from narrate.base.events import Event, Planned, Spoken, Withdrawn
from narrate.base.text import counted, duration
from narrate.build import Failed, Result, Several
from narrate.cli import budget, omitted
from narrate.cli.messages import as_object, problems, shown
from narrate.errors import NarrateError
from narrate.planning.plan import PlannedSegment


def stdout(results: Sequence[Result], json: bool) -> str:
    """What a run prints on stdout: the path of each manifest, or one JSON object."""
    if json:
        one = success(results[0]) if len(results) == 1 else several(results)
        return terminal.as_json(one)
    return terminal.text_of(*(shown(result.out / "manifest.json") for result in results))


def summary(results: Sequence[Result]) -> list[str]:
    """The lines that a run prints on stderr when it is done."""
    lines = _of_one(results[0]) if len(results) == 1 else _of_several(results)
    return [*lines, *_remarks(results)]


def _of_several(results: Sequence[Result]) -> list[str]:
    made = any(result.written or result.made for result in results)
    lines = [_line(result) for result in results if result.written or result.made]
    segments = sum(result.manifest.totals.segments for result in results)
    seconds = sum(result.manifest.audio.duration for result in results)
    spoken = counted(len(_spoken(results)), "utterance")
    whole = f"{counted(len(results), 'script')}, {counted(segments, 'segment')}, "
    whole += duration(seconds)
    return [*lines, f"{whole}: {spoken} spoken"] if made else [f"nothing to do: {whole}"]


def _line(result: Result) -> str:
    """What a run did with one of several scripts."""
    manifest = result.manifest
    return (
        f"{result.plan.script.named}: {counted(manifest.totals.segments, 'segment')},"
        f" {duration(manifest.audio.duration)}, {counted(len(result.written), 'file')} written:"
        f" {shown(result.out / manifest.audio.file)}"
    )


def _spoken(results: Iterable[Result]) -> set[bytes]:
    """What was spoken for any of several scripts."""
    return {canonical for result in results for canonical in result.made_by_engines}


def _of_one(result: Result) -> list[str]:
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


def _remarks(results: Iterable[Result]) -> Iterator[str]:
    """What a person should know of narrations that are complete."""
    results = list(results)
    for result in results:
        yield from map(str, budget.exceeded(result))
        if told := build.stand_ins(result.plan):
            yield told
    yield from omitted.total([each for result in results for each in result.plan.script.omissions])


def repeated(results: Sequence[Result]) -> list[str]:
    """The lines of a run with nothing to do; every run warns of settings that are ignored."""
    warnings = [f"warning: {text}" for result in results for text in result.warnings]
    return [*warnings, *summary(results)]


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
        "over_budget": [each.as_json() for each in budget.exceeded(result)],
    }


def several(results: Sequence[Result]) -> dict[str, Any]:
    """A run of several scripts as the JSON object of --json: an object for each, and totals."""
    scripts = [{"script": result.plan.script.named, **success(result)} for result in results]
    return {
        "ok": True,
        "spoken": len(_spoken(results)),
        "cached": sum(each["cached"] for each in scripts),
        "failed": 0,
        "scripts": scripts,
    }


def parts(error: NarrateError) -> list[NarrateError]:
    """The errors that an error sums up: of scripts, and of segments."""
    if isinstance(error, Failed):
        return list(error.failures.values())
    if isinstance(error, Several):
        return [each for one in error.errors for each in (*parts(one), one)]
    return []


def stand_in(planned: PlannedSegment) -> dict[str, str]:
    """The field that names the engine that stands in for that of a segment, if one does."""
    return {"stand_in": planned.stand_in} if planned.stand_in else {}


def _counted(event: Event) -> int:
    """What an event adds to the utterances that were spoken."""
    if isinstance(event, Withdrawn):
        return -1
    return int(isinstance(event, Spoken) and not event.recording)


def _failures(error: NarrateError) -> Iterator[dict[str, Any]]:
    """The segments that failed, with the script where there are several."""
    several = isinstance(error, Several)
    for one in error.errors if isinstance(error, Several) else [error]:
        for name, each in one.failures.items() if isinstance(one, Failed) else ():
            script = {"script": one.where} if several else {}
            yield {**script, "id": name, "reason": each.what, "exit_code": each.exit_code}


def failure(error: NarrateError, events: list[Event]) -> dict[str, Any]:
    """A run that failed, and the events up to there, as the JSON object of --json."""
    failures = list(_failures(error))
    document = {
        "ok": False,
        "manifest": None,
        "spoken": sum(map(_counted, events)),
        "cached": next((event.cached for event in events if isinstance(event, Planned)), 0),
        "segments": [],
        "error": as_object(error),
        "errors": [as_object(each) for each in problems(error)],
        "failed": len(failures),
        "failures": failures,
    }
    if isinstance(error, Several):
        document["errors"] = [as_object(each) for each in error.errors]
        document["scripts"] = [
            {"script": result.plan.script.named, **success(result)} for result in error.results
        ]
    return document
