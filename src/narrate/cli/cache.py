"""`narrate cache`: the store of clips."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from narrate import config, stamp
from narrate.cache import Store
from narrate.cli import common
from narrate.entry import Clip
from narrate.errors import CheckError, UsageError
from narrate.progress import printable

app = typer.Typer(help="Look at, check and shrink the store of clips.", no_args_is_help=True)

MaxSize = Annotated[str, typer.Option("--max-size", metavar="SIZE", help="Bytes to keep: 500MB, 2GB, 1GiB.")]
UNITS = {
    "": 1,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 2**10,
    "MI": 2**20,
    "GI": 2**30,
    "TI": 2**40,
}


def _store(cache_dir: str | None) -> Store:
    flags = common.settings(cache_dir=cache_dir)
    return Store(config.cache_dir(config.resolve(flags, {}, Path.cwd()).settings), _warn)


@app.command("dir")
def directory(cache_dir: common.CacheDir = None) -> None:
    """Print where the cache lies."""
    print(_store(cache_dir).root)


@app.command()
def stats(cache_dir: common.CacheDir = None, json: common.Json = False) -> None:
    """Print how many clips there are, and how large and old they are."""
    store = _store(cache_dir)
    sizes = store.sizes()
    figures: dict[str, Any] = {
        "dir": str(store.root),
        "entries": len(sizes),
        "bytes": sum(size for _, size, _ in sizes),
        "oldest_use": _date(sizes[0][0]) if sizes else None,
        "quarantined": len(list((store.root / "quarantine").glob("*"))),
    }
    if json:
        sys.stdout.write(common.as_json(figures))
        return
    for name, value in figures.items():
        print(
            f"{name.replace('_', ' '):<12} {value:,}"
            if isinstance(value, int)
            else f"{name.replace('_', ' '):<12} {value}"
        )


@app.command()
def ls(cache_dir: common.CacheDir = None, json: common.Json = False) -> None:
    """List the clips: key, seconds, engine and text."""
    entries = [_entry(clip) for clip in _store(cache_dir).entries()]
    if json:
        sys.stdout.write(common.as_json({"entries": entries}))
        return
    for entry in entries:
        print(f"{entry['key']}  {entry['seconds']:7.2f} s  {entry['engine']:<8}  {printable(entry['text'])[:80]}")


@app.command()
def verify(cache_dir: common.CacheDir = None) -> None:
    """Read every clip whole, and set aside those that are damaged (exit 4 if there are any)."""
    sound, damaged = _store(cache_dir).verify()
    print(f"{sound} sound, {damaged} damaged")
    if damaged:
        raise CheckError(f"{damaged} entries were damaged", hint="the next run that needs them speaks them again")


@app.command()
def prune(max_size: MaxSize, cache_dir: common.CacheDir = None) -> None:
    """Remove the longest unused clips until the rest is no larger than SIZE."""
    removed, freed = _store(cache_dir).prune(_bytes(max_size))
    print(f"{removed} removed, {freed:,} bytes freed")


@app.command()
def clear(cache_dir: common.CacheDir = None) -> None:
    """Remove every clip."""
    removed, freed = _store(cache_dir).prune(0)
    stamp.clear()
    print(f"{removed} removed, {freed:,} bytes freed")


def _entry(clip: Clip) -> dict[str, Any]:
    request = clip.request
    return {
        "key": clip.key,
        "seconds": round(clip.seconds, 3),
        "engine": request.get("engine", "recording"),
        "text": request.get("text", clip.provenance.get("recording", "")),
        "path": str(clip.path),
    }


def _bytes(size: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?", size.strip().upper())
    if match is None or match[2] not in UNITS:
        raise UsageError(f"{size!r} is no size", where="--max-size", hint="write 500MB, 2GB or 1GiB")
    return int(float(match[1]) * UNITS[match[2]])


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _warn(message: str) -> None:
    print(f"warning: {printable(message)}", file=sys.stderr)
