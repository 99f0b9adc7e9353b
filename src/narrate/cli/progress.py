"""What a person sees of a run on stderr: bars on a terminal, else a line per segment."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from narrate.base import events
from narrate.base.events import Emit, Event
from narrate.base.files import regular, targets
from narrate.base.terminal import give_up, tell
from narrate.base.text import counted, duration, printable, size
from narrate.errors import UsageError

LOG = re.compile(rb'\{"event": "')
"""How an event log begins."""

FETCH_SECONDS = 10
"""Between two lines about a model that is being downloaded."""


class Display(Console):
    """stderr as a terminal or as a file of lines; nothing fails if it cannot be written."""

    def __init__(self, color: bool = True) -> None:
        super().__init__(
            stderr=True, no_color=None if color else True, highlight=False, markup=False
        )

    def say(self, text: str, style: str = "") -> None:
        """Print a line, which only the terminal wraps."""
        if self.is_terminal:
            self.print(text, style=style, soft_wrap=True)
        else:
            tell(text)

    def print(self, *objects: Any, **how: Any) -> None:
        """Print text, or anything that rich can draw."""
        try:
            super().print(
                *(printable(each) if isinstance(each, str) else each for each in objects), **how
            )
        except OSError:
            give_up(sys.stderr, 2)

    def on_broken_pipe(self) -> None:
        """Go on without stderr; rich would exit."""
        give_up(sys.stderr, 2)


class Reporter:
    """Shows events to a person. `verbosity` is -1 (errors only), 0 or 1 (everything)."""

    def __init__(self, console: Display, verbosity: int, bars: bool) -> None:
        self.console = console
        self._verbosity = verbosity
        columns = (
            TextColumn("speaking"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[now]}"),
        )
        self._bars = (
            Progress(*columns, console=console, transient=True) if bars and verbosity >= 0 else None
        )
        self._task: Any = None
        self._total = self._done = 0
        self._fetch_shown = 0.0

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def say(self, text: str, style: str = "") -> None:
        """Print a line, which only the terminal wraps."""
        self.console.say(text, style)

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case events.Planned():
                self._begin(event)
            case events.Fetching():
                self._show_download(event)
            case events.Spoken():
                self._advance(_named(event), event.duration, event.seconds)
            case events.Shared():
                self._advance(f"{_named(event)} (by another run)", event.duration)
            case events.Waiting():
                count = counted(event.utterances, "utterance")
                self._say_unless_quiet(
                    f"waiting for another run, which is speaking {count} of this script"
                )
            case events.Retried():
                attempt = f"{_named(event)}: attempt {event.attempt} failed: {event.reason}"
                self._say_unless_quiet(attempt, "yellow")
            case events.Withdrawn():
                self._done -= 1
                self._move_bar(advance=-1)
            case events.Failed():
                self._move_bar()
            case events.Warned():
                self._say_unless_quiet(f"warning: {event.message}", "yellow")

    def _begin(self, plan: events.Planned) -> None:
        self._total = self._done + plan.missing
        if not plan.missing or self._verbosity < 0:
            return
        count = f"{plan.missing} of {counted(plan.utterances, 'utterance')}"
        if plan.engine:
            speaking = f"to speak with {plan.engine} ({plan.reason}), about {duration(plan.eta)}"
        else:
            speaking = "to read from recordings"
        self.say(f"{count} {speaking}")
        if self._bars is not None:
            self._task = self._bars.add_task("", total=self._total, now="")
            self._bars.start()

    def _show_download(self, fetch: events.Fetching) -> None:
        now = time.monotonic()
        if now - self._fetch_shown >= FETCH_SECONDS:
            self._fetch_shown = now
            self._say_unless_quiet(
                f"downloading {fetch.model}: {size(fetch.done)} of {size(fetch.total)}"
            )

    def _advance(self, name: str, length: float, took: float | None = None) -> None:
        """Count an utterance whose clip is there, `length` seconds long."""
        self._done += 1
        if self._task is not None:
            self._move_bar(now=escape(printable(name)))
            return
        work = f" in {took:.2f} s" if took is not None else ""
        self._say_unless_quiet(
            f"[{self._done}/{self._total}] {name}: {length:.2f} s of audio{work}"
        )

    def _move_bar(self, advance: int = 1, **fields: Any) -> None:
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, advance=advance, **fields)

    def _say_unless_quiet(self, text: str, style: str = "") -> None:
        if self._verbosity >= 0:
            self.say(text, style)


def _named(event: Event) -> str:
    """The segment that an event is about, with its script if there are several."""
    return " ".join(filter(None, (event.script, event.segment)))


@contextmanager
def event_log(path: Path | None) -> Iterator[Emit]:
    """Write events to a file as JSON lines, each as it happens. Raises UsageError if it cannot be
    opened.
    """
    if path is None:
        yield lambda event: None
        return
    targets.check(path, LOG, "an event log", "--events")
    try:
        file = regular.created(path, append=targets.is_device(path))
    except OSError as error:
        raise _unwritable(path, error) from error
    with file:

        def log(event: Event) -> None:
            try:
                file.write(json.dumps(event.to_json()) + "\n")
            except OSError as error:
                raise _unwritable(path, error) from error

        yield log


def _unwritable(path: Path, error: OSError) -> UsageError:
    what = f"the event log cannot be written ({error.strerror})"
    return UsageError(what, where=str(path), hint="name another --events FILE")
