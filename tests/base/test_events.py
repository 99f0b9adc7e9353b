"""Events: their JSON, which is public, and the thread that receives them."""

from __future__ import annotations

import json
import threading

import pytest

from narrate.base import events
from narrate.base.events import Event, Relay

LINES = [
    (
        events.Planned(
            segments=1,
            utterances=2,
            cached=0,
            missing=2,
            engine="tone",
            reason="asked for",
            seconds=2.5,
            eta=0.0,
        ),
        '{"event": "plan", "segments": 1, "utterances": 2, "cached": 0, "missing": 2,'
        ' "engine": "tone", "reason": "asked for", "seconds": 2.5, "eta": 0.0}',
    ),
    (
        events.Fetching(model="a/b", done=0, total=9),
        '{"event": "fetch", "model": "a/b", "done": 0, "total": 9}',
    ),
    (
        events.Spoken(segment="s1", duration=1.0, seconds=0.25, attempt=1),
        '{"event": "spoken", "segment": "s1", "duration": 1.0, "seconds": 0.25, "attempt": 1}',
    ),
    (
        events.Spoken(segment="s1", duration=1.0, recording="laugh.wav"),
        '{"event": "spoken", "segment": "s1", "duration": 1.0, "recording": "laugh.wav"}',
    ),
    (events.Waiting(utterances=3), '{"event": "waiting", "utterances": 3}'),
    (
        events.Shared(segment="s1", duration=1.0),
        '{"event": "shared", "segment": "s1", "duration": 1.0}',
    ),
    (
        events.Retried(segment="s1", attempt=1, reason="it is empty"),
        '{"event": "retry", "segment": "s1", "attempt": 1, "reason": "it is empty"}',
    ),
    (events.Withdrawn(segment="s1"), '{"event": "withdrawn", "segment": "s1"}'),
    (
        events.Failed(segment="s1", attempt=3, reason="it is empty"),
        '{"event": "failed", "segment": "s1", "attempt": 3, "reason": "it is empty"}',
    ),
    (events.Warned(message="so so"), '{"event": "warning", "message": "so so"}'),
    (events.Done(written=[]), '{"event": "done", "written": []}'),
]


@pytest.mark.parametrize(("event", "line"), LINES, ids=lambda each: getattr(each, "kind", ""))
def test_the_json_of_an_event_is_its_tag_and_its_fields(event: Event, line: str) -> None:
    assert json.dumps(event.to_json()) == line


def test_every_event_is_among_them() -> None:
    assert {type(event) for event, _ in LINES} == set(Event.__subclasses__())


def test_a_relay_emits_in_the_thread_that_made_it() -> None:
    received: list[tuple[str, int]] = []

    def emit(event: Event) -> None:
        received.append((event.to_json()["message"], threading.get_ident()))

    with Relay(emit) as relay:
        for name in ("first", "second"):
            thread = threading.Thread(target=relay, args=(events.Warned(message=name),))
            thread.start()
            thread.join()
            assert len(received) == 2 * (name == "second")
            relay(events.Warned(message=f"after the {name}"))
        thread = threading.Thread(target=relay, args=(events.Warned(message="last"),))
        thread.start()
        thread.join()
    here = threading.get_ident()
    names = ["first", "after the first", "second", "after the second", "last"]
    assert received == [(name, here) for name in names]
