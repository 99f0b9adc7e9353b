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
from narrate.cli import common
from narrate.cli.commands import plan
from narrate.config import Settings
from narrate.errors import CheckError, UsageError
from narrate.store import usage
from narrate.store.entry import Clip

T = TypeVar("T")

app = typer.Typer(help="Look at, check and shrink the store of clips.", no_args_is_help=True)

MaxSize = Annotated[
    str | None,
    typer.Option(
        "--max-size",
        metavar="SIZE",
        help="Bytes to keep: 500MB, 2GB, 1GiB (the setting cache_max_size).",
    ),
]
OlderThan = Annotated[
    str | None,
    typer.Option("--older-than", metavar="AGE", help="Unused for so long: 12h, 30d, 4w."),
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The archive.")]
OfScript = Annotated[
    str | None,
    typer.Option("--script", metavar="SCRIPT", help="Only what this script needs (all)."),
]


def _settings(cache_dir: str | None) -> Settings:
    return common.resolve(common.settings(cache_dir=cache_dir))


def _store(cache_dir: str | None) -> Store:
    return Store(config.cache_dir(_settings(cache_dir)), common.warn)


@app.command("dir")
def directory(cache_dir: common.CacheDir = None) -> None:
    """Print where the cache lies."""
    terminal.say(str(_store(cache_dir).root))


@app.command()
def stats(cache_dir: common.CacheDir = None, json: common.Json = False) -> None:
    """Print how many clips there are, how large and old they are, and how often runs found what
    they needed.
    """
    settings = _settings(cache_dir)
    store = Store(config.cache_dir(settings), common.warn)
    sizes, days = store.sizes(), usage.by_day(store.root)
    figures: dict[str, Any] = {
        "dir": str(store.root),
        "entries": len(sizes),
        "bytes": sum(size for _, size, _ in sizes),
        "max_bytes": units.size(settings.cache_max_size),
        "oldest_use": _date(sizes[0][0]) if sizes else None,
        "quarantined": len(store.damaged()),
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
def ls(cache_dir: common.CacheDir = None, json: common.Json = False) -> None:
    """List the clips: key, seconds, engine and text."""
    store = _store(cache_dir)
    used = {path: when for when, _, path in store.sizes()}
    entries = [_entry(clip, used) for clip in store.entries() if clip.path in used]
    if json:
        terminal.write(terminal.as_json({"entries": entries}))
        return
    for entry in entries:
        text = printable(entry["text"])[:80]
        terminal.say(f"{entry['key']}  {entry['seconds']:7.2f} s  {entry['engine']:<8}  {text}")


@app.command()
def verify(cache_dir: common.CacheDir = None) -> None:
    """Read every clip whole, and set aside those that are damaged (exit 4 if there are any)."""
    sound, damaged = _store(cache_dir).verify()
    terminal.say(f"{sound} sound, {damaged} damaged")
    if damaged:
        raise CheckError(
            f"{damaged} entries were damaged", hint="the next run that needs them speaks them again"
        )


@app.command()
def prune(
    max_size: MaxSize = None, older_than: OlderThan = None, cache_dir: common.CacheDir = None
) -> None:
    """Remove clips unused for AGE, then the longest unused until the rest is no larger than SIZE.

    What a running narrate may be using stays.
    """
    settings = _settings(cache_dir)
    if max_size is None and older_than is None:
        max_size = settings.cache_max_size
    most = None if max_size is None else _parsed(units.size, max_size, "--max-size")
    age = None if older_than is None else _parsed(units.age, older_than, "--older-than")
    _print_removed(Store(config.cache_dir(settings), common.warn).prune(most, age))


@app.command()
def clear(cache_dir: common.CacheDir = None) -> None:
    """Remove every clip that no running narrate may be using."""
    store = _store(cache_dir)
    stamp.clear()
    _print_removed(store.prune(0))


@app.command("export")
def export(
    file: File,
    script: OfScript = None,
    engine: common.Engine = None,
    model: common.Model = None,
    profile: common.Profile = None,
    allow_outside: common.AllowOutside = False,
    cache_dir: common.CacheDir = None,
) -> None:
    """Write clips to FILE, as FLAC, so that a machine without an engine can narrate: all, or those
    of a script.

    Exit 3 if the script needs clips that are not in the cache.
    """
    flags = common.settings(**locals())
    if script is None:
        from narrate import archive

        with _store(cache_dir) as store:
            count = archive.export(store.entries(), store, file)
    else:
        count = build.export(script, flags, file, plan.warn)
    terminal.say(f"{counted(count, 'clip')} exported, {size(file.stat().st_size)}")


@app.command("import")
def import_clips(file: File, cache_dir: common.CacheDir = None) -> None:
    """Import clips from FILE; each is verified first (exit 4 if one had to be refused)."""
    from narrate import archive

    with _store(cache_dir) as store:
        imported = archive.import_clips(file, store)
    terminal.say(
        f"{imported.new} new, {imported.known} here already, {len(imported.refused)} refused"
    )
    for name, why in imported.refused.items():
        terminal.tell(f"refused {name}: {why}")
    if imported.refused:
        what = (
            f"{counted(len(imported.refused), 'clip')} could not be verified, and were not imported"
        )
        raise CheckError(
            what, where=str(file), hint="export them again; what was verified is in the cache"
        )


def _print_removed(removed: tuple[int, int]) -> None:
    terminal.say(f"{removed[0]} removed, {removed[1]:,} bytes freed")


def _parsed(parse: Callable[[str], T], text: str, flag: str) -> T:
    try:
        return parse(text)
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
