"""Another executor than that of this machine needs nothing but the protocol."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from narrate import script as scripts
from narrate.base import events
from narrate.base.events import Event
from narrate.cache import Store
from narrate.checks import provenance
from narrate.config import Settings
from narrate.engines.base import Synthesis
from narrate.engines.tone import CAPABILITIES, Engine
from narrate.errors import CheckError, EnvironmentProblem, SynthesisError
from narrate.planning import planner
from narrate.planning.plan import Plan
from narrate.synthesis.executor import (
    Broken,
    Executor,
    Lost,
    Refused,
    Result,
    Start,
    Unspoken,
    Work,
)
from narrate.synthesis.speak import Outcome, speak
from narrate.synthesis.task import Batch, Maker, Sound, Task

SETTINGS = Settings(engine="tone")


class Inline:
    """Speaks in the thread that asks for results, the newest batch first; `accident` says what
    happens to a task instead.
    """

    capacity = 5

    def __init__(self, work: Work, accident: Callable[[Task], Result | None]) -> None:
        self._work, self._accident = work, accident
        self._batches: deque[Batch] = deque()
        self._finishing = False
        self.closed = False

    def submit(self, batch: Batch) -> None:
        self._batches.append(batch)

    def receive(self, seconds: float) -> Result | None:
        if not self._batches:
            return None
        if self._finishing:
            return Unspoken(self._batches.pop())
        [task] = self._batches.pop()
        if (result := self._accident(task)) is None:
            return self._speak(task)
        if isinstance(result, Broken):
            self._batches.append([task])
        return result

    def _speak(self, task: Task) -> Result:
        [spoken] = Engine().synthesize([task.job], {})
        if not isinstance(spoken, Synthesis):
            return Refused(task, SynthesisError(str(spoken)))
        return self._work.gate.accept(task, Sound(spoken, 0.1, Maker("tone", {}, {})), None)

    def finish(self) -> None:
        self._finishing = True

    def kill(self) -> None:
        self.finish()

    def close(self) -> None:
        self.closed = True


class Run:
    """Speaks a script of tone lines with an Inline executor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.store = Store(folder / "cache")
        self.events: list[Event] = []
        self.executors: list[Inline] = []

    def plan(self, *texts: str) -> Plan:
        path = self._folder / "script.json"
        segments = [{"id": f"s{i}", "text": text} for i, text in enumerate(texts, 1)]
        path.write_bytes(msgspec.json.encode(segments))
        return planner.make(scripts.load(path), SETTINGS, self.store)

    def speak(
        self,
        plan: Plan,
        accident: Callable[[Task], Result | None] = lambda task: None,
        keep_going: bool = False,
    ) -> Outcome:
        def begin(work: Work) -> Executor:
            self.executors.append(Inline(work, accident))
            return self.executors[-1]

        start: Start = begin
        emit = self.events.append
        return speak(
            plan, plan.misses, SETTINGS, self.store, emit, keep_going=keep_going, start=start
        )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def numbered(count: int) -> list[str]:
    return [f"Line number {number}." for number in range(count)]


def test_results_may_come_in_any_order(run: Run) -> None:
    outcome = run.speak(run.plan(*numbered(12)))
    assert len(outcome.clips) == outcome.attempts == 12
    assert run.plan(*numbered(12)).misses == []
    assert sorted(str(event.segment) for event in run.events) == sorted(
        f"s{number + 1}" for number in range(12)
    )
    assert [executor.closed for executor in run.executors] == [True]


def test_an_executor_that_loses_tasks_at_random_costs_attempts_alone(run: Run) -> None:
    chance = random.Random(5)

    def lose(task: Task) -> Result | None:
        lost = task.attempt <= SETTINGS.max_retries and chance.random() < 0.4
        return Lost([task], "it fell over") if lost else None

    outcome = run.speak(run.plan(*numbered(30)), lose)
    retries = [event for event in run.events if isinstance(event, events.Retried)]
    assert retries
    assert outcome.failures == {}
    assert (len(outcome.clips), outcome.attempts) == (30, 30 + len(retries))
    assert {event.reason for event in retries} == {"it fell over"}


def test_a_task_that_is_lost_every_time_fails_its_segment(run: Run) -> None:
    def lose(task: Task) -> Result | None:
        return Lost([task], "it fell over") if task.utterance.text == "Bad." else None

    outcome = run.speak(run.plan("Good.", "Bad.", "Good too."), lose, keep_going=True)
    (error,) = outcome.failures.values()
    assert (error.where.split()[1], error.what) == ("s2", 'it fell over, in 3 attempts, on "Bad."')
    assert isinstance(error, SynthesisError)
    assert len(outcome.clips) == 2


def test_an_error_that_repeats_ends_at_the_second_attempt(run: Run) -> None:
    def crash(task: Task) -> Result | None:
        error = SynthesisError("IndexError: list index out of range")
        return Refused(task, error) if "abcd" in task.utterance.text else None

    text = "A word: " + "abcd" * 60
    outcome = run.speak(run.plan("Good.", text), crash)
    (error,) = outcome.failures.values()
    assert error.where.split()[1] == "s2"
    assert error.what == (
        "the engine tone failed twice with the same error (IndexError: list index out of "
        f'range), on "{text}"'
    )
    assert [type(event) for event in run.events if event.segment == "s2"] == [
        events.Retried,
        events.Failed,
    ]


def test_an_error_that_changes_is_tried_three_times(run: Run) -> None:
    def crash(task: Task) -> Result | None:
        words = "out of memory" if task.attempt == 2 else "it broke"
        return Refused(task, SynthesisError(words))

    outcome = run.speak(run.plan("Hello."), crash)
    (error,) = outcome.failures.values()
    assert error.what == 'it broke, in 3 attempts, on "Hello."'


def test_its_sounds_are_checked_as_those_of_any_other(run: Run) -> None:
    outcome = run.speak(run.plan("Fine. #nan<2", "Silent. #silence"), keep_going=True)
    (error,) = outcome.failures.values()
    assert error.where.split()[1] == "s2"
    assert isinstance(error, CheckError)
    assert [provenance.of(clip.origin).attempt for clip in outcome.clips.values()] == [2]


def test_after_a_failure_what_was_not_begun_is_left(run: Run) -> None:
    def refuse(task: Task) -> Result | None:
        return Refused(task, SynthesisError("never"), final=True)

    outcome = run.speak(run.plan(*numbered(9)), refuse)
    assert (len(outcome.failures), len(outcome.clips)) == (1, 0)


def test_one_that_is_broken_ends_the_run_and_keeps_what_is_stored(run: Run) -> None:
    stored = 0

    def break_down(task: Task) -> Result | None:
        nonlocal stored
        stored += 1
        return Broken(EnvironmentProblem("it burnt down")) if stored > 3 else None

    with pytest.raises(EnvironmentProblem, match="it burnt down"):
        run.speak(run.plan(*numbered(9)), break_down)
    assert len(run.plan(*numbered(9)).misses) == 9 - 3
    assert [executor.closed for executor in run.executors] == [True]


def test_what_another_run_has_claimed_is_waited_for_and_taken_from_the_store(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = run.plan("One.", "Two.")
    held, really_claim = plan.misses[1].utterance.canonical, run.store.claim
    looks = 0

    def claim(canonical: bytes) -> bool:
        nonlocal looks
        if canonical != held:
            return really_claim(canonical)
        looks += 1
        if looks > 2:
            put_tone(run.store, plan)
        return looks > 2

    monkeypatch.setattr(run.store, "claim", claim)
    outcome = run.speak(plan)
    assert outcome.shared == {held}
    assert [event.kind for event in run.events] == ["spoken", "waiting", "shared"]


def put_tone(store: Store, plan: Plan) -> None:
    """Store the second clip of a plan as another run would."""
    utterance = plan.misses[1].utterance
    measures = {"stop": "end", "seconds": 1.0, "peak": 0.5, "silent": 0.1, "clipped": 0.0}
    store.put(utterance.canonical, b"\x01\x10" * 24_000, 24_000, {"measures": measures})


def test_the_engine_of_these_tests_takes_one_task_at_a_time() -> None:
    assert CAPABILITIES.batch == 1
