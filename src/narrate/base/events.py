"""What happens during a run: one class for each event, which a terminal, a log and a program can
all follow.

These classes are public: `--events` writes each as one line of JSON, and `on_event` of the library
receives them. The JSON of an event is its class's tag as "event", then its fields; a field that is
None is left out. New fields and new events may be added, so a reader ignores those it does not
know.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """One thing that happened, to the segment with this id or, without one, to the whole run.

    `script` is given where several scripts are narrated together.
    """

    segment: str | None = None
    script: str | None = None

    @property
    def kind(self) -> str:
        """The tag of its class."""
        return str(type(self).__struct_config__.tag)

    def to_json(self) -> dict[str, Any]:
        """The event as one flat JSON object."""
        return dict(msgspec.to_builtins(self))


class Planned(Event, frozen=True, kw_only=True, tag="plan"):
    """The run knows what to speak.

    `utterances` counts all of them, `cached` those that have a clip, `missing` the distinct ones
    to speak. `engine` names the engines, `reason` says why they were chosen. `seconds` is the
    predicted length of the narration, `eta` the predicted seconds of work for one worker.
    """

    segments: int
    utterances: int
    cached: int
    missing: int
    engine: str
    reason: str
    seconds: float
    eta: float


class Fetching(Event, frozen=True, kw_only=True, tag="fetch"):
    """A model is being downloaded: `done` of `total` bytes so far."""

    model: str
    done: int
    total: int


class Spoken(Event, frozen=True, kw_only=True, tag="spoken"):
    """An utterance was spoken, or a recording decoded, and its clip survives a power cut.

    `duration` is its length in seconds. An utterance has `seconds`, which the engine took, and the
    number of its `attempt`; a recording has the name of its file.
    """

    duration: float
    seconds: float | None = None
    attempt: int | None = None
    recording: str | None = None


class Waiting(Event, frozen=True, kw_only=True, tag="waiting"):
    """Another run is speaking so many of the utterances that this one needs."""

    utterances: int


class Shared(Event, frozen=True, kw_only=True, tag="shared"):
    """Another run has spoken an utterance that this one needs, `duration` seconds long."""

    duration: float


class Retried(Event, frozen=True, kw_only=True, tag="retry"):
    """An attempt failed, and there will be another one."""

    attempt: int
    reason: str


class Withdrawn(Event, frozen=True, kw_only=True, tag="withdrawn"):
    """An utterance that was spoken is refused now that more is known of its voice. It counts as not
    spoken; "retry" or "failed" follows.
    """


class Failed(Event, frozen=True, kw_only=True, tag="failed"):
    """The last attempt at an utterance failed."""

    attempt: int
    reason: str


class Warned(Event, frozen=True, kw_only=True, tag="warning"):
    """Something is not as it should be, and the run goes on."""

    message: str


class Done(Event, frozen=True, kw_only=True, tag="done"):
    """The outputs are complete; `written` are the names of the files that changed."""

    written: list[str]


Emit = Callable[[Event], object]
"""Receives each event, in the thread that called narrate, while no lock is held."""


def warner(emit: Emit) -> Callable[[str], object]:
    """What tells of something, in words, that is not as it should be."""
    return lambda text: emit(Warned(message=text))


class Relay:
    """Emits in the thread that made it, whichever thread has something to report.

    What other threads report waits for the next event of that thread, and is emitted before it. As
    a context manager it emits what is left at its end.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._thread = threading.get_ident()
        self._waiting: SimpleQueue[Event] = SimpleQueue()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()

    def __call__(self, event: Event) -> None:
        self._waiting.put(event)
        if threading.get_ident() == self._thread:
            self._flush()

    def _flush(self) -> None:
        while True:
            try:
                event = self._waiting.get_nowait()
            except Empty:
                return
            self._emit(event)
