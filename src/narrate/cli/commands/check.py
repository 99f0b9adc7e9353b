"""`narrate check`: the checks once more, on what is spoken already."""

from __future__ import annotations

from narrate import build
from narrate.base import terminal
from narrate.base.text import counted, printable
from narrate.cli import messages, options, sources
from narrate.cli.options import Flags
from narrate.errors import CheckError
from narrate.planning.planner import PlannedSegment


@options.takes(
    "engine",
    "model",
    "profile",
    "checks",
    "asr_model",
    "jobs",
    "format_in",
    "segments",
    "tables",
    "formulas",
    "images",
    "allow_outside",
    "cache_dir",
)
def check(flags: Flags, scripts: options.Scripts = None, json: options.Json = False) -> None:
    """Check the clips of SCRIPT again, without speaking: exit 4 if some are refused.

    Their measurements are stored, so new thresholds take no time; a check that has not heard a clip
    listens to it.
    """
    named = sources.find(scripts or [])
    terminal.tell(*named.notes)
    found = {name: build.check(name, flags, messages.show_warning) for name in named.scripts}
    if json:
        passes = not any(map(_refused, found.values()))
        terminal.write(terminal.as_json({"ok": passes, "segments": _entries(found)}))
    else:
        terminal.say(*(line for each in found.values() for line in _lines(each)))
    total = sum(len(_refused(each)) for each in found.values())
    if total:
        segments = sum(map(len, found.values()))
        are = "is" if total == 1 else "are"
        raise CheckError(
            f"{total} of {counted(segments, 'segment')} {are} refused",
            where=", ".join(found),
            hint="`narrate run` speaks them again, and `narrate review` lets you listen",
        )


Found = list[tuple[PlannedSegment, tuple[str, ...]]]


def _refused(found: Found) -> Found:
    return [each for each in found if each[1]]


def _lines(found: Found) -> list[str]:
    refused = [f"{printable(each.segment.id)}: {'; '.join(why)}" for each, why in _refused(found)]
    return refused or [f"{counted(len(found), 'segment')} pass"]


def _entries(found: dict[str, Found]) -> list[dict[str, object]]:
    return [
        {"script": name, "id": each.segment.id, "reasons": list(why)}
        for name, all in found.items()
        for each, why in all
    ]
