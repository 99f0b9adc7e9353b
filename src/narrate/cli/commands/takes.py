"""`narrate retake`, `takes`, `pick` and `lock`: other takes of a segment, and which one is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from narrate.base import terminal
from narrate.base.text import counted, printable
from narrate.build import Failed
from narrate.cli import messages, options, sources
from narrate.cli.options import Flags
from narrate.errors import UsageError
from narrate.takes import lockfile
from narrate.tools import retakes
from narrate.tools.retakes import Take, Takes

SETTINGS = (
    *("engine", "model", "profile", "device", "dtype", "engine_python", "offline"),
    *("allow_outside", "jobs", "qa", "format_in", "segments", "tables", "formulas", "images"),
    "cache_dir",
)

MOST = 100
"""Takes that one command speaks of a segment; more are a slip of the finger."""

NUMBER = re.compile("[0-9]{1,10}")

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCRIPT|ID", help="A script, and the ids of segments.", show_default=False
    ),
]
Picks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCRIPT|ID TAKE",
        help="A script, and the id of a segment before each take.",
        show_default=False,
    ),
]
Number = Annotated[
    int, typer.Option("-n", "--number", min=1, max=MOST, metavar="N", help="How many to speak (3).")
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", min=0, max=2**32 - 1, metavar="S", help="Speak them with the seeds S, S+1, …."
    ),
]


@options.takes(*SETTINGS)
def retake(
    flags: Flags,
    words: Ids = None,
    number: Number = 3,
    seed: Seed = None,
    json: options.Json = False,
) -> None:
    """Speak more takes of segments, to choose from; the narration stays as it is.

    `narrate pick` chooses one of them.
    """
    from narrate.cli.progress import Display, Reporter

    script, ids = _split(words or [])
    if not ids:
        hint = "name them: narrate retake ID; see `narrate plan` for the ids"
        raise UsageError("which segments?", where="narrate retake", hint=hint)
    console = Display()
    with Reporter(console, 0, console.is_terminal) as reporter:
        try:
            found = retakes.speak(script, ids, number, seed, flags, reporter.show)
        except Failed as failed:
            messages.complain_each(failed.failures.values())
            raise
    _show(found, json)


@options.takes(*SETTINGS)
def takes(flags: Flags, words: Ids = None, json: options.Json = False) -> None:
    """List the takes of segments that are in the cache, with files that any player plays.

    Without an ID, those of every segment are listed.
    """
    script, ids = _split(words or [])
    _show(retakes.listed(script, ids, flags, messages.show_warning), json)


@options.takes(*SETTINGS)
def pick(flags: Flags, words: Picks = None, json: options.Json = False) -> None:
    """Approve a take of a segment in narrate.lock, for the next run and for other machines."""
    script, pairs = _split(words or [])
    found = retakes.pick(script, _choice(pairs), flags, messages.show_warning)
    _show(found, json)
    if not json:
        terminal.tell(f"written: {_lock_of(script)}; the next run uses it")


@options.takes(*SETTINGS)
def lock(flags: Flags, scripts: options.Scripts = None) -> None:
    """Approve what every segment uses now, in narrate.lock (exit 3 if a clip is missing)."""
    found = sources.find(scripts or [])
    terminal.tell(*found.notes)
    for name in found.scripts:
        new, total = retakes.approve(name, flags, messages.show_warning)
        approved = f"{counted(total, 'segment')} approved, {new} of them anew"
        terminal.say(f"{name}: {approved}: {_lock_of(name)}")


def _split(words: Sequence[str]) -> tuple[str, list[str]]:
    """The script that words name, or the one of this folder, and what follows it."""
    named, rest = sources.split(words, ids=True)
    return sources.find(named).only, rest


def _choice(words: Sequence[str]) -> dict[str, int]:
    """Ids and numbers of takes that follow each other. Raises UsageError."""
    pairs = list(zip(words[::2], words[1::2], strict=False))
    if not words or len(words) % 2 or not all(NUMBER.fullmatch(take) for _, take in pairs):
        hint = "write a number after each id: narrate pick ID TAKE; see `narrate takes`"
        raise UsageError(
            f"not an id and a take: {' '.join(words)}", where="narrate pick", hint=hint
        )
    return {id: int(take) for id, take in pairs}


def _lock_of(script: str) -> str:
    return str(lockfile.path_of(Path(script)))


def _show(found: Takes, json: bool) -> None:
    if json:
        segments = [{"id": id, "takes": list(map(_entry, each))} for id, each in found.items()]
        terminal.write(terminal.as_json({"ok": True, "segments": segments}))
    else:
        terminal.say(*(line for id, each in found.items() for line in _lines(id, each)))


def _lines(id: str, found: Sequence[Take]) -> Iterator[str]:
    """A line for each take of a segment, and one for each of its sounds."""
    yield f"{printable(id)}:"
    for take in found:
        seed = "" if take.seed is None else f"  seed {take.seed}"
        length = f"{take.seconds:6.2f} s" if take.clips else "not spoken"
        yield f"  take {take.number:<3} {length}{seed}  {_state(take)}".rstrip()
        yield from (f"      {path}" for path in take.paths)
        yield from (f"      refused: {flag}" for flag in take.flags)


def _state(take: Take) -> str:
    there = "" if take.is_complete or not take.clips else "incomplete"
    used = "approved" if take.is_approved else "used now" if take.is_current else ""
    return ", ".join(filter(None, (used, there)))


def _entry(take: Take) -> dict[str, Any]:
    return {
        "take": take.number,
        "seed": take.seed,
        "seconds": round(take.seconds, 3),
        "complete": take.is_complete,
        "current": take.is_current,
        "approved": take.is_approved,
        "flags": take.flags,
        "paths": list(map(str, take.paths)),
    }
