"""`narrate status` and `narrate why`: what a run would do to each segment, and what has changed
since the last one.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from narrate import build
from narrate.base import terminal
from narrate.base.text import counted, did_you_mean, printable, shortened
from narrate.cli import messages, options, sources
from narrate.cli.options import Flags
from narrate.errors import UsageError
from narrate.output.why import Why

SETTINGS = (
    "out",
    "engine",
    "model",
    "profile",
    "qa",
    "checks",
    "format_in",
    "segments",
    "tables",
    "formulas",
    "images",
    "stand_in",
    "allow_outside",
    "cache_dir",
)

WORDS = {"same": "same  ", "cached": "cached", "speak": "speak "}
MEANINGS = {
    "same": "as in the last run",
    "cached": "not as in the last run, but in the cache",
    "speak": "to be spoken",
}
WIDTH = 100
"""Characters of a reason in `narrate status`; `narrate why` prints it whole."""

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCRIPT|ID", help="A script, and the segments to explain (all that changed)."
    ),
]


@options.takes(*SETTINGS)
def status(flags: Flags, scripts: options.Scripts = None, json: options.Json = False) -> None:
    """Say what `narrate run` would do with each segment.

    It leaves a segment as it is, takes it from the cache, or speaks it.
    """
    named = sources.find(scripts or [])
    terminal.tell(*named.notes)
    names = named.scripts
    found = {name: build.why(name, flags, messages.show_warning) for name in names}
    if json:
        documents = [{"script": name, "segments": list(map(_entry, found[name]))} for name in names]
        one = {"segments": documents[0]["segments"]}
        document = {"ok": True, **(one if len(names) == 1 else {"scripts": documents})}
        terminal.write(terminal.as_json(document))
        return
    for name in names:
        terminal.say(*([f"{name}:"] if len(names) > 1 else []))
        _print_status(found[name])


def _print_status(found: list[Why]) -> None:
    width = max(len(printable(each.planned.segment.id)) for each in found)
    for each in found:
        id = printable(each.planned.segment.id)
        reason = shortened(printable("; ".join(map(str, each.reasons))), WIDTH)
        terminal.say(f"{WORDS[each.state]}  {id:<{width}}  {reason}".rstrip())
    states = Counter(each.state for each in found)
    total = counted(len(found), "segment")
    terminal.say(
        f"{states['speak']} of {total} to speak, {states['cached']} changed but in the cache"
    )


@options.takes(*SETTINGS)
def why(flags: Flags, targets: Targets = None, json: options.Json = False) -> None:
    """Say what has changed in the request of a segment since the last run.

    Each field that changed is printed with its old and its new value.
    """
    words, ids = sources.split(targets or [], ids=True)
    script = sources.find(words).only
    chosen = _chosen(build.why(script, flags, messages.show_warning), ids, script)
    if json:
        _print_json(chosen)
        return
    for each in chosen:
        reasons = (f"  {reason}" for reason in each.reasons)
        terminal.say(f"{each.planned.segment.id}: {MEANINGS[each.state]}", *reasons)
    if not chosen:
        terminal.say("nothing has changed since the last run")


def _chosen(found: list[Why], ids: list[str], script: str) -> list[Why]:
    """The segments asked for; without ids, those that are not as they were."""
    if not ids:
        return [each for each in found if each.state != "same" or each.reasons]
    by_id = {each.planned.segment.id: each for each in found}
    for id in ids:
        if id not in by_id:
            hint = did_you_mean(id, by_id, "see `narrate status` for the ids")
            raise UsageError(f"there is no segment {id!r}", where=script, hint=hint)
    return [by_id[id] for id in ids]


def _print_json(found: list[Why]) -> None:
    segments = [_entry(each) for each in found]
    terminal.write(terminal.as_json({"ok": True, "segments": segments}))


def _entry(each: Why) -> dict[str, Any]:
    reasons = [
        {"what": reason.what, "old": reason.old, "new": reason.new} for reason in each.reasons
    ]
    return {"id": each.planned.segment.id, "state": each.state, "reasons": reasons}
