"""Misses -> executor -> clips: what is missing is spoken, checked and stored."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType

from narrate.base import events
from narrate.base.events import Emit
from narrate.base.text import shortened
from narrate.cache import Store
from narrate.checks import provenance
from narrate.checks.usuals import Usuals
from narrate.config import Settings
from narrate.errors import CheckError, Interrupted, NarrateError, ScriptError, SynthesisError
from narrate.planning.casting import Choice
from narrate.planning.plan import Miss, Plan
from narrate.store.entry import Clip
from narrate.synthesis import local, recordings
from narrate.synthesis.accept import Gate, references, voice_of
from narrate.synthesis.executor import (
    AHEAD,
    Another,
    Broken,
    Executor,
    Lost,
    Prepare,
    Refused,
    Result,
    Spoken,
    Start,
    Unspoken,
    Work,
)
from narrate.synthesis.queue import Queue
from narrate.synthesis.task import Batch, Task

POLL_SECONDS = 0.05
"""The longest wait for a result, after which it looks again at what other runs are speaking."""

TEXT_CHARS = 300
"""Characters of a text that an error shows."""

HINTS: dict[type[NarrateError], str] = {
    CheckError: "`narrate review` lets you listen to it; reword or split the text, set `say`,"
    " or keep it with --qa warn",
    ScriptError: "change the script, or choose another --model or --engine",
    SynthesisError: "reword the text or set `say`, or choose another --engine",
}


@dataclass(slots=True)
class Outcome:
    """The result of speaking: clips and errors by canonical form, and whether it was interrupted.

    `shared` are the canonical forms of clips that another run made meanwhile, and `imported` are
    the recordings that a strict run has imported, and that may fail the checks.
    """

    clips: dict[bytes, Clip] = field(default_factory=dict)
    shared: set[bytes] = field(default_factory=set)
    failures: dict[bytes, NarrateError] = field(default_factory=dict)
    imported: dict[bytes, Clip] = field(default_factory=dict)
    attempts: int = 0
    engine_seconds: float = 0.0
    interrupted: bool = False


def speak(
    plan: Plan,
    misses: Sequence[Miss],
    settings: Settings,
    store: Store,
    emit: Emit,
    *,
    keep_going: bool = False,
    prepare: Prepare = local.prepare,
    start: Start = local.start,
) -> Outcome:
    """Make missing utterances of a plan, one model after the other, with an executor each, once
    all models are there.

    Without `keep_going` nothing new is begun after the first failure. The first SIGINT or SIGTERM
    lets the utterances that are being spoken finish, the second ends the executor and raises
    Interrupted. Raises EnvironmentProblem when an engine cannot be loaded or the disk is full;
    what was finished is stored all the same. `emit` is called in this thread only.
    """
    driver = _Driver(plan, settings, store, emit, keep_going)
    groups: dict[Choice, list[Task]] = {}
    for miss in misses:
        if miss.utterance.choice is None:
            driver.import_recording(miss)
        else:
            groups.setdefault(miss.utterance.choice, []).append(Task(miss.segment, miss.utterance))
    driver.check_recordings(plan)
    with driver.signals():
        for choice in groups:
            prepare(choice, settings, emit)
        gates = {choice: driver.gate(choice) for choice in groups}
        for choice, tasks in groups.items():
            driver.speak(gates[choice], tasks, start)
    return driver.outcome


class _Driver:
    """Moves tasks from a queue to an executor, and results to the outcome, all in one thread."""

    def __init__(
        self, plan: Plan, settings: Settings, store: Store, emit: Emit, keep_going: bool
    ) -> None:
        self.outcome = Outcome()
        self._settings, self._store, self._emit = settings, store, emit
        self._keep_going = keep_going
        self._voices, self._usuals = references(plan), _usuals(plan)
        self._executor: Executor | None = None
        self._stopping = False
        self._waited = False
        self._broken: BaseException | None = None

    def import_recording(self, miss: Miss) -> None:
        """Decode a recording and store it."""
        clip = recordings.imported(miss.utterance, miss.segment.where, self._store)
        self.outcome.clips[miss.utterance.canonical] = clip
        self._emit(
            events.Spoken(
                segment=miss.segment.id,
                script=miss.segment.script,
                duration=clip.seconds,
                recording=provenance.of(clip.origin).recording,
            )
        )

    def check_recordings(self, plan: Plan) -> None:
        """In a strict run, give up the segments whose recordings fail the checks."""
        if self._settings.qa != "strict":
            return
        self.outcome.imported |= self.outcome.clips
        for segment, error in recordings.refusals(plan, self.outcome.imported):
            self._emit(
                events.Failed(
                    segment=segment.id, script=segment.script, attempt=1, reason=error.what
                )
            )
            if not self._keep_going:
                self._stop()

    def gate(self, choice: Choice) -> Gate:
        """What checks the sounds of a model. Raises EnvironmentProblem."""
        return Gate(choice, self._settings, self._store, self._voices, self._usuals)

    def speak(self, gate: Gate, tasks: list[Task], start: Start) -> None:
        """Speak all tasks for one model, or as many as there are until something stops it."""
        if self._stopping:
            return
        self._gate, choice = gate, gate.speaks
        batch = choice.capabilities.batch
        queue = Queue(
            tasks,
            self._store,
            self._share,
            size=batch,
            # As long as another run may take for what one of its workers has at once.
            patience=self._settings.timeout * batch * AHEAD,
            settings=self._settings,
        )
        work = Work(choice, len(tasks), self._voices, self._settings, gate, self._emit)
        self._executor = start(work)
        try:
            self._drive(self._executor, queue, batch)
        finally:
            self._executor.close()
            self._executor = None

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Stop gently at the first SIGINT or SIGTERM, at once at the second."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.outcome.interrupted:
            if self._executor is not None:
                self._executor.kill()
            raise Interrupted(
                "stopped at once", hint="run the same command again to continue from here"
            )
        self.outcome.interrupted = True
        self._stop()

    def _stop(self) -> None:
        """Begin nothing new."""
        self._stopping = True
        if self._executor is not None:
            self._executor.finish()

    def _drive(self, executor: Executor, queue: Queue, size: int) -> None:
        """Feed an executor until every task has come back, or what was begun before it stopped."""
        out = 0
        while True:
            while self._has_room(executor, out, size) and (batch := queue.take()):
                executor.submit(batch)
                out += len(batch)
            if not out and (self._stopping or not queue.waiting):
                # What was interrupted goes on later, and takes the clips that are stored as good.
                if self._broken or not self._reconsider(queue) or self._stopping:
                    break
                continue
            if not out:
                self._tell_waiting(queue.waiting)
            result = executor.receive(POLL_SECONDS)
            if result is None:
                queue.wait()
            else:
                out -= self._handle(result, queue)
        if self._broken is not None:
            raise self._broken

    def _reconsider(self, queue: Queue) -> bool:
        """Judge the first clips of each voice again; say whether some are to be spoken again."""
        refused = 0
        for result in self._gate.reconsider():
            task = result.task
            if isinstance(result, Refused):
                refused += 1
                self._withdraw(task)
                self._handle(result, queue)
            else:
                self.outcome.clips[task.utterance.canonical] = result.clip
        return refused > 0

    def _withdraw(self, task: Task) -> None:
        """Take a task that was done for one that is not: its clip is to be replaced."""
        del self.outcome.clips[task.utterance.canonical]
        self.outcome.attempts -= task.attempt
        task.utterance = replace(task.utterance, replace=True)
        self._emit(events.Withdrawn(segment=task.segment.id, script=task.segment.script))

    def _has_room(self, executor: Executor, out: int, size: int) -> bool:
        """Whether an executor that has `out` tasks should get a batch of this size."""
        return not self._stopping and (not out or out + size <= executor.capacity)

    def _handle(self, result: Result, queue: Queue) -> int:
        """Note a result, and return how many tasks have come back with it."""
        match result:
            case Spoken():
                self._keep(result, queue)
                return 1
            case Refused(task, error, final):
                repeated = _repeats(task, error)
                if final or repeated or not self._retry(queue, task, error):
                    self._give_up(queue, task, error, repeated=repeated)
                return 1
            case Another(task):
                queue.again(task)
                return 1
            case Lost(tasks, reason):
                count = len(tasks)
                # After an interrupt it may have been ended along with this process.
                if not self.outcome.interrupted:
                    self._blame(queue, tasks, SynthesisError(reason))
                return count
            case Unspoken(tasks):
                return len(tasks)
            case Broken(error):
                self._broken = self._broken or error
                self._stop()
                return 0

    def _keep(self, spoken: Spoken, queue: Queue) -> None:
        task, clip = spoken.task, spoken.clip
        queue.release(task)
        self.outcome.clips[task.utterance.canonical] = clip
        self.outcome.attempts += task.attempt
        self.outcome.engine_seconds += spoken.seconds
        self._emit(
            events.Spoken(
                segment=task.segment.id,
                script=task.segment.script,
                duration=clip.seconds,
                seconds=spoken.seconds,
                attempt=task.attempt,
            )
        )

    def _share(self, task: Task, clip: Clip) -> None:
        """Note a clip that another run has made."""
        self.outcome.clips[task.utterance.canonical] = clip
        self.outcome.shared.add(task.utterance.canonical)
        self._emit(
            events.Shared(
                segment=task.segment.id, script=task.segment.script, duration=clip.seconds
            )
        )

    def _blame(self, queue: Queue, tasks: Batch, error: SynthesisError) -> None:
        """Note that a worker was lost while it spoke these tasks: a single one loses an attempt,
        several are tried one by one.
        """
        if len(tasks) != 1:
            queue.split(tasks)
        elif not self._retry(queue, tasks[0], error, same_sound=True):
            self._give_up(queue, tasks[0], error)

    def _retry(
        self, queue: Queue, task: Task, error: NarrateError, *, same_sound: bool = False
    ) -> bool:
        """Have a task tried again; say whether there is an attempt left."""
        attempt = task.attempt
        if not queue.retry(task, same_sound=same_sound):
            return False
        self._emit(
            events.Retried(
                segment=task.segment.id,
                script=task.segment.script,
                attempt=attempt,
                reason=error.what,
            )
        )
        return True

    def _give_up(
        self, queue: Queue, task: Task, error: NarrateError, *, repeated: bool = False
    ) -> None:
        """Make do with the good sounds of a task, of which there should have been more; without
        any it has failed.
        """
        if task.candidates:
            self._keep(self._gate.settle(task), queue)
        else:
            self._fail(queue, task, error, repeated=repeated)

    def _fail(
        self, queue: Queue, task: Task, error: NarrateError, *, repeated: bool = False
    ) -> None:
        """Give a task up."""
        queue.release(task)
        segment = task.segment
        reason = _reason(task, error, repeated=repeated)
        where = f"segment {segment.id} ({segment.where})"
        failure = type(error)(reason, where=where, hint=HINTS[type(error)])
        self.outcome.failures[task.utterance.canonical] = failure
        self._emit(
            events.Failed(
                segment=segment.id, script=segment.script, attempt=task.attempt, reason=reason
            )
        )
        if not self._keep_going:
            self._stop()

    def _tell_waiting(self, utterances: int) -> None:
        if not self._waited:
            self._waited = True
            self._emit(events.Waiting(utterances=utterances))


def _repeats(task: Task, error: NarrateError) -> bool:
    """Whether an engine raised what it had raised at the last attempt, so that it always will. The
    faults of a server may pass.
    """
    choice, last = task.utterance.choice, task.fault
    task.fault = error.what if isinstance(error, SynthesisError) else ""
    return bool(choice and task.fault == last != "" and not choice.capabilities.needs_server)


def _reason(task: Task, error: NarrateError, *, repeated: bool) -> str:
    """Why a task failed; where it was not a check that refused it, on which text."""
    reason = error.what + (f", in {task.attempt} attempts" if task.attempt > 1 else "")
    if repeated and task.utterance.choice:
        name = task.utterance.choice.name
        reason = f"the engine {name} failed twice with the same error ({error.what})"
    if isinstance(error, SynthesisError):
        reason += f', on "{shortened(task.utterance.text, TEXT_CHARS)}"'
    return reason


def _usuals(plan: Plan) -> Usuals:
    """What is usual for each voice, by the clips that a plan has."""
    usuals = Usuals()
    for utterance in plan.utterances():
        if utterance.clip and utterance.request:
            made = provenance.of(utterance.clip.origin)
            usuals.add(voice_of(utterance), made, utterance.text)
    return usuals
