"""`narrate bench`: how fast engines and models are on this machine."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from narrate.base import terminal
from narrate.base.files import regular
from narrate.cli import messages, options
from narrate.cli.options import Flags
from narrate.errors import UsageError
from narrate.tools import bench as benches
from narrate.tools.bench import Figures

Engines = Annotated[
    list[str] | None,
    typer.Option("--engine", metavar="NAME", help="An engine to measure; again for more (hibari)."),
]
Batch = Annotated[str, typer.Option("--batch", metavar="N,N", help="Batch sizes to measure.")]
Compare = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--compare",
        metavar="A B",
        help="Two engines, or ENGINE:MODEL, and how many times faster B is.",
    ),
]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Draw the figures as bars, as SVG.")
]
Ref = Annotated[
    Path | None,
    typer.Option("--ref", metavar="FILE", help="The voice (the one that comes with narrate)."),
]


@options.takes("model", "profile", "device", "dtype", "engine_python")
def bench(
    flags: Flags,
    engine: Engines = None,
    batch: Batch = "1,4,8",
    compare: Compare = None,
    ref: Ref = None,
    json: options.Json = False,
    plot: Plot = None,
) -> None:
    """Measure how fast engines and models speak on this machine.

    They speak ten segments of mathematics. The table has the time to load, to the first clip and
    per segment, the real-time factor and the memory; the last line is a run from the cache.
    """
    if plot:
        benches.check_picture(plot)
    rows: list[Figures] = []
    for name in compare or engine or ["hibari"]:
        rows += _rows(name, flags, _sizes(batch), ref)
    again = benches.cached()
    if plot:
        _draw(plot, rows)
    if json:
        figures = [row.to_json() for row in rows]
        document = {"ok": True, "cached_rerun_seconds": round(again, 3), "rows": figures}
        terminal.write(terminal.as_json(document))
        return
    _print(rows)
    terminal.say(f"a run with all ten in the cache: {again:.2f} s")
    if compare:
        terminal.say(_comparison(rows, *compare))


def _comparison(rows: list[Figures], first: str, second: str) -> str:
    """How many times as fast as the first engine the second is, each at its best batch size."""
    best = [min(row.rtf for row in rows if _named(row, name)) for name in (first, second)]
    return f"{second} is {best[0] / best[1]:.2f} times as fast as {first}"


def _rows(name: str, flags: Flags, sizes: list[int], ref: Path | None) -> list[Figures]:
    engine, _, model = name.partition(":")
    own = {**flags, "engine": engine, **({"model": model} if model else {})}
    settings = options.settings(own)
    rows = []
    for row in benches.measure(settings, sizes, ref, messages.warn):
        terminal.tell(f"measured {row.engine}, {row.name}")
        rows.append(row)
    return rows


def _named(row: Figures, name: str) -> bool:
    engine, _, model = name.partition(":")
    return row.engine == engine and (not model or row.model.endswith(model))


def _sizes(batch: str) -> list[int]:
    try:
        sizes = [int(size) for size in batch.split(",")]
    except ValueError:
        sizes = [0]
    if min(sizes) < 1:
        raise UsageError(
            f"{batch!r} is not a list of batch sizes", where="--batch", hint="write 1,4,8"
        )
    return sizes


def _print(rows: list[Figures]) -> None:
    """A table: RTF is synthesis seconds per second of audio; x is its inverse, times real time."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        "engine",
        "how",
        "device",
        "load s",
        "first clip s",
        "s a segment",
        "RTF",
        "x real time",
        "memory MB",
    )
    for row in rows:
        figures = (row.load, row.first_clip, row.seconds / len(benches.TEXTS), row.rtf, 1 / row.rtf)
        memory = f"{row.memory / 1e6:.0f}" + (
            f" + {row.device_memory / 1e6:.0f}" if row.device_memory else ""
        )
        names = map(escape, (row.engine, row.name, row.device))
        table.add_row(*names, *(f"{figure:.3f}" for figure in figures), memory)
    drawn = io.StringIO()
    Console(file=drawn, width=None if sys.stdout.isatty() else 120).print(table)
    terminal.say(*drawn.getvalue().splitlines())


def _draw(path: Path, rows: list[Figures]) -> None:
    try:
        with regular.created(path) as file:
            file.write(benches.chart(rows))
    except OSError as error:
        what = f"the picture cannot be written ({error.strerror})"
        raise UsageError(what, where=str(path), hint="name another file after --plot") from error
