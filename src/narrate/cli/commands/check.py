"""`narrate check`: the checks once more, on what is spoken already."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from narrate import build
from narrate.base import terminal
from narrate.base.text import counted, printable
from narrate.cli import messages, options, sources
from narrate.cli.options import Flags
from narrate.errors import CheckError, PendingError
from narrate.tools import checking
from narrate.tools.checking import Checked, Segment

ORDER = ("passed", "refused", "not spoken")


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
    """Check the clips of SCRIPT once more, without speaking (exit 4 if some are refused).

    Their measurements are stored, so new thresholds take no time; a check that has not heard a clip
    listens to it. If none is refused and some are not spoken, the exit code is 3.
    """
    named = sources.find(scripts or [])
    terminal.tell(*named.notes)
    try:
        found = checking.check(named.scripts, flags, messages.show_warning)
    except build.Several as several:
        messages.complain_each(several.errors)
        raise
    if json:
        terminal.write(terminal.as_json(_document(found)))
    else:
        terminal.say(*_lines(found), _total(found))
    _require(found, named.scripts)


def _require(found: Sequence[Checked], scripts: Sequence[str]) -> None:
    """Raise the error of clips that are refused, not heard or missing."""
    where, run = ", ".join(scripts), f"narrate run {shlex.join(scripts)}"
    count = _counts(found)
    if refused := count["refused"]:
        are = "is" if refused == 1 else "are"
        hint = f"listen to them with `narrate review`, or speak them again with `{run}`"
        raise CheckError(f"{counted(refused, 'segment')} {are} refused", where=where, hint=hint)
    if lines := [line for each in found if each.complete for line in each.unheard]:
        hint = "see `narrate doctor` for what is missing, or choose other --checks"
        raise CheckError("; ".join(lines), where=where, hint=hint)
    if missing := count["not spoken"]:
        are = "is" if missing == 1 else "are"
        what = f"{counted(missing, 'segment')} {are} not spoken"
        raise PendingError(what, where=where, hint=f"run: {run}")


def _counts(found: Sequence[Checked]) -> Counter[str]:
    return Counter(segment.state for each in found for segment in each.segments)


def _lines(found: Sequence[Checked]) -> Iterator[str]:
    """A line for each segment that does not pass, and each check that could not listen."""
    for each in found:
        prefix = f"{each.script} " if len(found) > 1 else ""
        for segment in each.segments:
            if segment.state != "passed":
                why = "; ".join(segment.reasons) or segment.state
                yield f"{prefix}{printable(segment.id)}: {why}"
        yield from (f"{prefix}{line}" for line in each.unheard)


def _total(found: Sequence[Checked]) -> str:
    """What was found, and what was done for it."""
    count, anew = _counts(found), sum(each.anew for each in found)
    states = ", ".join(f"{count[state]} {state}" for state in ORDER if count[state])
    scripts = f"{counted(len(found), 'script')}, " if len(found) > 1 else ""
    how = f"{counted(anew, 'clip')} measured" if anew else "from stored measurements"
    return f"{scripts}{counted(count.total(), 'segment')}: {states} ({how})"


def _document(found: Sequence[Checked]) -> dict[str, object]:
    count = _counts(found)
    whole = not any(each.complete and each.unheard for each in found)
    return {
        "ok": whole and set(count) <= {"passed"},
        **{state.replace(" ", "_"): count[state] for state in ORDER},
        "measured": sum(each.anew for each in found),
        "segments": [_entry(each, segment) for each in found for segment in each.segments],
    }


def _entry(checked: Checked, segment: Segment) -> dict[str, object]:
    return {
        "script": checked.script,
        "id": segment.id,
        "state": segment.state,
        "reasons": list(segment.reasons),
        "not_checked": checked.missing(segment.id),
    }
