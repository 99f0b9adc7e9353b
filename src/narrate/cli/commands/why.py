"""`narrate status` and `narrate why`: what a run would do to each segment, and what has changed
since the last one.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Annotated, Any

import typer

from narrate import build
from narrate.base import terminal
from narrate.base.text import counted, did_you_mean, printable, shortened
from narrate.cli import common
from narrate.cli.commands.plan import warn
from narrate.errors import UsageError
from narrate.output.why import Why

WORDS = {"same": "same  ", "cached": "cached", "speak": "speak "}
WIDTH = 100
"""Characters of a reason in `narrate status`; `narrate why` prints it whole."""

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCRIPT|ID", help="A script, and the segments to explain (all that changed)."
    ),
]


def status(
    script: common.Script = None,
    out: common.Out = None,
    engine: common.Engine = None,
    model: common.Model = None,
    profile: common.Profile = None,
    qa: common.Qa = None,
    allow_outside: common.AllowOutside = False,
    cache_dir: common.CacheDir = None,
    json: common.Json = False,
    directory: common.Directory = None,
) -> None:
    """Say what `narrate run` would do with each segment: leave it, take it from the cache, or speak
    it.
    """
    arguments = locals()
    common.change_to(directory)
    found = build.why(common.script_here(script), common.settings(**arguments), warn)
    if json:
        terminal.write(terminal.as_json({"ok": True, "segments": [_entry(each) for each in found]}))
        return
    width = max(len(printable(each.planned.segment.id)) for each in found)
    for each in found:
        reason = printable("; ".join(map(str, each.reasons)))
        reason = shortened(reason, WIDTH)
        terminal.say(
            f"{WORDS[each.state]}  {printable(each.planned.segment.id):<{width}}  {reason}".rstrip()
        )
    states = Counter(each.state for each in found)
    total = counted(len(found), "segment")
    terminal.say(
        f"{states['speak']} of {total} to speak, {states['cached']} changed but in the cache"
    )


def why(
    targets: Targets = None,
    out: common.Out = None,
    engine: common.Engine = None,
    model: common.Model = None,
    profile: common.Profile = None,
    qa: common.Qa = None,
    allow_outside: common.AllowOutside = False,
    cache_dir: common.CacheDir = None,
    json: common.Json = False,
    directory: common.Directory = None,
) -> None:
    """Say what has changed in the request of a segment since the last run: each field, its old and
    its new value.
    """
    arguments = locals()
    common.change_to(directory)
    script, ids = _told(targets or [])
    found = build.why(script, common.settings(**arguments), warn)
    chosen = _chosen(found, ids, script)
    if json:
        terminal.write(
            terminal.as_json({"ok": True, "segments": [_entry(each) for each in chosen]})
        )
        return
    for each in chosen:
        terminal.say(
            f"{each.planned.segment.id}: {MEANINGS[each.state]}",
            *(f"  {reason}" for reason in each.reasons),
        )
    if not chosen:
        terminal.say("nothing has changed since the last run")


MEANINGS = {
    "same": "as in the last run",
    "cached": "not as in the last run, but in the cache",
    "speak": "to be spoken",
}


def _told(targets: list[str]) -> tuple[str, list[str]]:
    """The script and the ids; a first word that is no file is an id, and the script the one that is
    here.
    """
    if targets and (
        targets[0] == "-" or os.path.exists(targets[0]) or targets[0].endswith(SUFFIXES)
    ):
        return targets[0], targets[1:]
    return common.script_here(None), targets


SUFFIXES = tuple(os.path.splitext(name)[1] for name in common.SCRIPTS)


def _chosen(found: list[Why], ids: list[str], script: str) -> list[Why]:
    """The segments asked for; without ids those that are not as they were."""
    if not ids:
        return [each for each in found if each.state != "same" or each.reasons]
    by_id = {each.planned.segment.id: each for each in found}
    for id in ids:
        if id not in by_id:
            hint = did_you_mean(id, by_id, "see `narrate status` for the ids")
            raise UsageError(f"there is no segment {id!r}", where=script, hint=hint)
    return [by_id[id] for id in ids]


def _entry(each: Why) -> dict[str, Any]:
    reasons = [
        {"what": reason.what, "old": reason.old, "new": reason.new} for reason in each.reasons
    ]
    return {"id": each.planned.segment.id, "state": each.state, "reasons": reasons}
