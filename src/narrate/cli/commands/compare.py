"""`narrate compare`: which of two engines or profiles a listener prefers, heard blindly."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from narrate.base import terminal
from narrate.base.text import counted
from narrate.build import Failed
from narrate.cli import messages, options, sources
from narrate.cli.options import Flags
from narrate.errors import UsageError
from narrate.review import ballot
from narrate.review import compare as comparison
from narrate.review.ballot import Result, Side

SIMILAR = 7
"""A clone should be more like its recording than this, of 10: the aim that the results show."""

SIDE = "A profile (draft, final), an engine, or ENGINE:MODEL."
Results = Annotated[
    Path | None,
    typer.Option("--results", metavar="FILE", help="Say what the votes in FILE mean."),
]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What is compared."""

    a: Annotated[str, typer.Option("--a", metavar="SIDE", help=SIDE)] = "draft"
    b: Annotated[str, typer.Option("--b", metavar="SIDE", help="The other side.")] = "final"
    sample: Annotated[
        str,
        typer.Option("--sample", metavar="5%|N", help="How many of the lines, drawn at random."),
    ] = "100%"


@dataclass(frozen=True, slots=True)
class Page:
    """Where the page goes, and whether it is opened."""

    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where the page goes (build/compare)."),
    ] = None
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False


@options.takes(
    "engine",
    "model",
    "device",
    "dtype",
    "engine_python",
    "jobs",
    "checks",
    "offline",
    "allow_outside",
    "format_in",
    "segments",
    "tables",
    "formulas",
    "images",
    "cache_dir",
)
def compare(
    flags: Flags,
    pairs: Pairs,
    page: Page,
    scripts: options.Scripts = None,
    results: Results = None,
    json: options.Json = False,
) -> None:
    """Speak lines of SCRIPT with two engines or profiles, and make a page to compare them blindly.

    The page does not say which sound is of which side. It saves the votes as a file, and --results
    says what they mean.
    """
    if results:
        if scripts:
            hint = "leave out the script: the file has all that is needed"
            raise UsageError("it takes no script", where="--results", hint=hint)
        _show(ballot.read(results), json)
        return
    source = sources.find(scripts or []).only
    path, made = _made(source, flags, pairs, page.out and page.out.absolute())
    if json:
        document = {"ok": True, "page": str(path), "pairs": len(made.pairs)}
        terminal.write(terminal.as_json(document))
    else:
        terminal.tell(counted(len(made.pairs), "pair"))
        terminal.say(messages.shown(path))
    if page.browse:
        webbrowser.open(path.as_uri())


def _made(source: str, flags: Flags, pairs: Pairs, out: Path | None) -> tuple[Path, ballot.Ballot]:
    from narrate.cli.progress import Display, Reporter

    console = Display()
    with Reporter(console, 0, console.is_terminal) as reporter:
        try:
            return comparison.compare(
                source,
                flags,
                (pairs.a, pairs.b),
                reporter.show,
                out=out,
                share=pairs.sample,
            )
        except Failed as failed:
            messages.complain_each(failed.failures.values())
            raise


def _show(result: Result, json: bool) -> None:
    if json:
        terminal.write(terminal.as_json({"ok": True, **_document(result)}))
    else:
        terminal.say(*_lines(result))


def _preferred(result: Result, place: int) -> dict[str, Any]:
    decided = sum(result.wins)
    low, high = ballot.interval(result.wins[place], decided)
    share = result.wins[place] / decided if decided else None
    return {"preferred": result.wins[place], "share": share, "low": low, "high": high}


def _document(result: Result) -> dict[str, Any]:
    sides = [
        {
            "name": side.name,
            **_preferred(result, place),
            "like_recording": median(result.like[place]) if result.like[place] else None,
            "figures": dict(_figures(side)),
        }
        for place, side in enumerate(result.sides)
    ]
    return {"votes": sum(result.wins) + result.same, "same": result.same, "sides": sides}


def _lines(result: Result) -> Iterator[str]:
    decided = sum(result.wins)
    yield f"{counted(decided + result.same, 'vote')}, {result.same} of them for no difference"
    for place, side in enumerate(result.sides):
        yield from ("", f"{side.name}:", *(f"  {each}" for each in _of_side(result, place)))


def _of_side(result: Result, place: int) -> Iterator[str]:
    found, decided = _preferred(result, place), sum(result.wins)
    if decided:
        yield (
            f"preferred in {found['preferred']} of {decided}: {found['share']:.0%}"
            f" (95 % interval {found['low']:.0%} to {found['high']:.0%})"
        )
    if ratings := result.like[place]:
        middle = median(ratings)
        above = "above" if middle > SIMILAR else "not above"
        yield f"like the recording: {middle:g} of 10 ({above} {SIMILAR}; median of {len(ratings)})"
    yield from (f"{name}: {value}" for name, value in _figures(result.sides[place]))


def _figures(side: Side) -> Iterator[tuple[str, str]]:
    wrong, alike = side.wrong, side.similarity
    yield "words wrong", "not measured" if wrong is None else f"{wrong:.1%}"
    yield "similarity", "not measured" if alike is None else f"{alike:.2f}"
    yield "pace", f"{side.pace:.1f} characters/s"
    yield "speed", "not measured" if side.speed is None else f"{side.speed:.1f}x real time"
