"""`narrate cache`: the store of clips."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from narrate import build, config, stamp
from narrate.base import terminal, units
from narrate.base.text import counted, printable, size
from narrate.cache import Store
from narrate.checks import provenance
from narrate.cli import messages, options
from narrate.cli.options import Flags
from narrate.config import Settings
from narrate.errors import CheckError, UsageError
from narrate.store import usage
from narrate.store.entry import Clip

T = TypeVar("T")

app = typer.Typer(help="Show, check and shrink the cache of clips.", no_args_is_help=True)

MaxSize = Annotated[
    str | None,
    typer.Option(
        "--max-size",
        metavar="SIZE",
        help="The size to keep: 500MB, 2GB, 1GiB (the setting cache_max_size).",
    ),
]
OlderThan = Annotated[
    str | None,
    typer.Option(
        "--older-than", metavar="AGE", help="Remove what was not used for 12h, 30d or 4w."
    ),
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The archive.")]
OfScript = Annotated[
    str | None,
    typer.Option("--script", metavar="SCRIPT", help="Only what this script needs (all)."),
]


def _store(settings: Settings) -> Store:
    return Store(config.cache_dir(settings), messages.warn)


@app.command("dir")
@options.takes("cache_dir")
def directory(flags: Flags) -> None:
    """Print the folder of the cache."""
    terminal.say(str(_store(options.settings(flags)).root))


@app.command()
@options.takes("cache_dir")
def stats(flags: Flags, json: options.Json = False) -> None:
    """Print the size and age of the cache, and how often runs found what they needed."""
    settings = options.settings(flags)
    store = _store(settings)
    sizes, days = store.sizes(), usage.by_day(store.root)
    figures: dict[str, Any] = {
        "dir": str(store.root),
        "entries": len(sizes),
        "bytes": sum(size for _, size, _ in sizes),
        "max_bytes": settings.cache_max_size,
        "oldest_use": _date(sizes[0][0]) if sizes else None,
        "quarantined": len(store.damaged()),
        "approved": store.approved(),
        "refused": store.refused_attempts(),
    }
    if json:
        by_day = {day: {"hits": hits, "misses": misses} for day, (hits, misses) in days.items()}
        terminal.write(terminal.as_json({**figures, "days": by_day}))
        return
    for name, value in figures.items():
        shown = f"{value:,}" if isinstance(value, int) else value
        terminal.say(f"{name.replace('_', ' '):<12} {shown}")
    for span, since in (("today", 0), ("7 days", 6), ("30 days", 29), ("all", usage.DAYS)):
        _print_usage(span, [days[day] for day in days if day >= usage.day(since)])


def _print_usage(span: str, days: list[tuple[int, int]]) -> None:
    hits, misses = sum(hits for hits, _ in days), sum(misses for _, misses in days)
    share = f", {hits / (hits + misses):.1%} hits" if hits + misses else ""
    terminal.say(f"{span:<12} {hits:,} hits, {misses:,} misses{share}")


@app.command()
@options.takes("cache_dir")
def ls(flags: Flags, json: options.Json = False) -> None:
    """List the clips: key, seconds, engine and text."""
    store = _store(options.settings(flags))
    used = {path: when for when, _, path in store.sizes()}
    entries = [_entry(clip, used) for clip in store.entries() if clip.path in used]
    if json:
        terminal.write(terminal.as_json({"entries": entries}))
        return
    for entry in entries:
        text = printable(entry["text"])[:80]
        terminal.say(f"{entry['key']}  {entry['seconds']:7.2f} s  {entry['engine']:<8}  {text}")


@app.command()
@options.takes("cache_dir")
def verify(flags: Flags) -> None:
    """Read every clip, and set aside those that are damaged (exit 4 if there are any)."""
    store = _store(options.settings(flags))
    sound, damaged = store.verify()
    terminal.say(f"{sound} sound, {damaged} damaged")
    if damaged:
        what = f"{counted(damaged, 'damaged clip')} set aside"
        hint = "the next run that needs them speaks them again"
        raise CheckError(what, where=str(store.root), hint=hint)


@app.command()
@options.takes("cache_dir")
def prune(flags: Flags, max_size: MaxSize = None, older_than: OlderThan = None) -> None:
    """Remove clips that were not used for AGE, then the oldest until the rest fits into SIZE.

    Clips that a running narrate may be using are kept, and so are approved takes.
    """
    settings = options.settings(flags)
    most = _parsed(units.size, max_size, "--max-size")
    age = _parsed(units.age, older_than, "--older-than")
    if most is None and age is None:
        most = settings.cache_max_size
    _print_removed(_store(settings).prune(most, age))


@app.command()
@options.takes("cache_dir")
def clear(flags: Flags) -> None:
    """Remove every clip that no running narrate may be using, and that no person approved."""
    store = _store(options.settings(flags))
    stamp.clear()
    _print_removed(store.prune(0))


@app.command("export")
@options.takes("engine", "model", "profile", "allow_outside", "cache_dir")
def export(flags: Flags, file: File, script: OfScript = None) -> None:
    """Write all clips, or those of a script, to FILE, for a machine without an engine.

    They are stored as FLAC. Exit 3 if the script needs clips that are not in the cache.
    """
    if script is None:
        from narrate import archive

        with _store(options.settings(flags)) as store:
            count = archive.export(store.entries(), store, file)
    else:
        count = build.export(script, flags, file, messages.show_warning)
    terminal.say(f"{counted(count, 'clip')} exported, {size(file.stat().st_size)}")


@app.command("import")
@options.takes("cache_dir")
def import_clips(flags: Flags, file: File) -> None:
    """Import the clips in FILE; each is verified first (exit 4 if one is refused)."""
    from narrate import archive

    with _store(options.settings(flags)) as store:
        taken = archive.import_clips(file, store)
    terminal.say(f"{taken.new} new, {taken.known} here already, {len(taken.refused)} refused")
    for name, why in taken.refused.items():
        terminal.tell(f"refused {name}: {why}")
    if taken.refused:
        what = f"{counted(len(taken.refused), 'clip')} could not be verified and not imported"
        hint = "export again on the other machine; the verified clips are in the cache"
        raise CheckError(what, where=str(file), hint=hint)


def _print_removed(removed: tuple[int, int]) -> None:
    terminal.say(f"{removed[0]} removed, {removed[1]:,} bytes freed")


def _parsed(parse: Callable[[str], T], text: str | None, flag: str) -> T | None:
    """The value of a flag, if it is given. Raises UsageError."""
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise UsageError(str(error), where=flag, hint="see `narrate cache prune --help`") from error


def _entry(clip: Clip, used: dict[Path, float]) -> dict[str, Any]:
    request = clip.request
    recording = provenance.of(clip.origin).recording
    return {
        "key": clip.key,
        "used": _date(used[clip.path]),
        "seconds": round(clip.seconds, 3),
        "engine": request.get("engine", "recording"),
        "text": request.get("text", recording),
        "path": str(clip.path),
    }


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
