"""Misses -> engine -> checks -> store. A finished clip is stored at once, whatever happens to the
others.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import FrameType

from narrate import __version__
from narrate.base.events import Emit, Event, Kind
from narrate.cache import Store
from narrate.checks import structure as checks
from narrate.checks.provenance import Provenance
from narrate.config import Settings
from narrate.engines.base import Job, Reference
from narrate.errors import CheckError, Interrupted, NarrateError, ScriptError, SynthesisError
from narrate.planning import planner
from narrate.planning.casting import Choice
from narrate.planning.planner import Miss, Plan, PlannedUtterance
from narrate.request import voice_to_json
from narrate.script import Segment
from narrate.sound import audio
from narrate.store.entry import Clip
from narrate.workers import environments, models
from narrate.workers.client import JobFailed, Reply, Worker, WorkerLost

ATTEMPTS = 3
"""How often a line is tried: a runaway is about one in 300, and three in a row one in 27 million.
"""

AHEAD = 2
"""Batches that a worker has at once, so that it never waits while the parent checks and stores."""

LINES_PER_WORKER = 8
"""A further worker is started for so many lines; for fewer, loading its model would cost more than
it saves.
"""

LINES_PER_LIFE = 500
GROWTH_BYTES = 4 << 30
"""A worker is replaced after so many lines, or when it has grown by so much memory since its first
one: the libraries behind it grow with use (QwenLM/Qwen3-TTS#242, Blaizzy/mlx-audio#104).
"""


POLL_SECONDS = 0.05
"""Between two looks at what another run is speaking."""


@dataclass(slots=True)
class _Task:
    """A line to be spoken, which attempt at it comes next, and how many gave no good sound.

    `patience` is when (monotonic) it is spoken here although another run seems to be speaking it.
    """

    segment: Segment
    line: PlannedUtterance
    attempt: int = 1
    refused: int = 0
    patience: float = 0.0

    @property
    def job(self) -> Job:
        assert self.line.request is not None
        return Job(self.line.request, self.attempt, self.refused)


_Batch = list[_Task]


@dataclass(slots=True)
class _Age:
    """How much a worker has done, and how it has grown."""

    lines: int = 0
    first_bytes: int = 0
    last_bytes: int = 0

    def add(self, memory: int) -> None:
        """Count a line, after which the worker's peak memory was `memory` bytes."""
        self.lines += 1
        self.first_bytes = self.first_bytes or memory
        self.last_bytes = memory

    @property
    def old(self) -> bool:
        """Whether the worker should be replaced."""
        return self.lines >= LINES_PER_LIFE or self.last_bytes - self.first_bytes > GROWTH_BYTES


@dataclass(slots=True)
class Outcome:
    """What came of speaking: clips by form, errors by segment id, and whether it was cut short.

    `shared` are the forms of clips that another run made meanwhile.
    """

    clips: dict[bytes, Clip] = field(default_factory=dict)
    shared: set[bytes] = field(default_factory=set)
    failures: dict[str, NarrateError] = field(default_factory=dict)
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
) -> Outcome:
    """Make missing lines of a plan, one model after the other, with several workers side by side
    where that helps.

    Without `keep_going` nothing new is begun after the first failure. The first SIGINT or SIGTERM
    lets the lines that are being spoken finish, the second ends the workers and raises Interrupted.
    Raises EnvironmentProblem when an engine cannot be loaded or the disk is full; what was finished
    is stored all the same.
    """
    run = _Run(plan, settings, store, emit, keep_going)
    groups: dict[Choice, list[_Task]] = {}
    for miss in misses:
        if miss.utterance.choice is None:
            run.import_recording(miss.segment, miss.utterance)
        else:
            groups.setdefault(miss.utterance.choice, []).append(_Task(miss.segment, miss.utterance))
    with run.signals():
        for choice, tasks in groups.items():
            run.finish(choice, tasks)
    return run.outcome


class _Run:
    """The state that the lanes of one call of `speak` share; a lane is a thread with a worker of
    its own.
    """

    def __init__(
        self, plan: Plan, settings: Settings, store: Store, emit: Emit, keep_going: bool
    ) -> None:
        self.settings, self.store = settings, store
        self.outcome = Outcome()
        self.stopping = threading.Event()
        # Of two voices with one recording, the one with a transcript serves both.
        known = sorted(plan.voices.values(), key=lambda voice: voice.clone.transcript is not None)
        self._voices: Mapping[str, Reference] = {
            voice.clone.ref: voice.reference for voice in known
        }
        self._batches: deque[_Batch] = deque()
        self._elsewhere: deque[_Task] = deque()
        self._patience = 0.0
        self._waited = False
        self._emit, self._keep_going = emit, keep_going
        self._lock = threading.Lock()
        self._workers: set[Worker] = set()
        self._false_starts = 0
        self._fatal: BaseException | None = None

    def import_recording(self, segment: Segment, line: PlannedUtterance) -> None:
        """Decode a recording and store it as it is."""
        assert line.recording is not None
        pcm, rate = audio.decode(line.recording, segment.where)
        provenance = Provenance(recording=line.recording.name)
        clip = self.store.put(line.canonical, pcm, rate, provenance)
        self.outcome.clips[line.canonical] = clip
        self._tell("spoken", segment, duration=clip.seconds, recording=line.recording.name)

    def finish(self, choice: Choice, tasks: list[_Task]) -> None:
        """Run lanes until nothing is left to do for one model."""
        if self.stopping.is_set():
            return
        python = environments.python_for(choice.name, self.settings, self._warn)
        if models.from_hub(choice.model, choice.name):
            # Before the worker: a large model takes longer than a worker may take to load, and
            # shows how it goes.
            models.fetch(choice.model, python, partial(self._tell_fetch, choice.model.name))
        self._batches.extend(_batches(tasks, choice.capabilities.batch))
        # As long as another run may take for what its workers have at once.
        self._patience = self.settings.timeout * choice.capabilities.batch * AHEAD
        most = self.settings.jobs if choice.capabilities.side_by_side else 1
        lanes = min(most, -(-len(tasks) // LINES_PER_WORKER))
        threads = [
            threading.Thread(target=self._lane, args=(choice, python), daemon=True)
            for _ in range(lanes)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            # A wait without end would keep the main thread from running signal handlers.
            while thread.is_alive():
                thread.join(0.1)
        if self._fatal is not None:
            raise self._fatal

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Stop gently at the first SIGINT or SIGTERM, at once at the second."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {
            number: signal.signal(number, self._signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _signal(self, number: int, frame: FrameType | None) -> None:
        if self.outcome.interrupted:
            for worker in list(self._workers):
                worker.terminate()
            raise Interrupted(
                "stopped at once", hint="the same command goes on where this run was stopped"
            )
        self.outcome.interrupted = True
        self.stopping.set()

    def _lane(self, choice: Choice, python: str) -> None:
        try:
            while self._await_work():
                self._serve(Worker(choice.name, choice.model, python, choice.module))
        except BaseException as error:
            self.stopping.set()
            self._fatal = self._fatal or error

    def _serve(self, worker: Worker) -> None:
        """Feed one worker until there is nothing left, it is old, or it is lost."""
        self._workers.add(worker)
        given: deque[_Batch] = deque()
        age = _Age()
        try:
            worker.wait_ready()
            self._false_starts = 0
            while not age.old and self._give(worker, given) and not self.stopping.is_set():
                self._receive(worker, given, age)
        except WorkerLost as lost:
            if given and not self.outcome.interrupted:
                self._blame(given.popleft(), str(lost))
            elif not given:
                self._false_starts += 1
                if self._false_starts >= ATTEMPTS:
                    raise worker.cannot_load(str(lost)) from lost
        finally:
            self._batches.extendleft(reversed(given))
            self._workers.discard(worker)
            worker.kill()

    def _give(self, worker: Worker, given: deque[_Batch]) -> bool:
        """Let the worker have a batch ahead; say whether it has any."""
        while len(given) < AHEAD and not self.stopping.is_set() and (batch := self._claimed()):
            given.append(batch)
            worker.send([task.job for task in batch], self._voices)
        return bool(given)

    def _await_work(self) -> bool:
        """Wait until there is something to speak, or nothing left that another run is speaking; say
        which.
        """
        while not self.stopping.is_set():
            if batch := self._claimed():
                self._batches.appendleft(batch)
                return True
            if not self._elsewhere:
                return False
            self._wait_for_others()
        return False

    def _wait_for_others(self) -> None:
        """Look again, a little later, at what another run was speaking."""
        with self._lock:
            if not self._waited:
                self._waited = True
                self._emit(Event("waiting", None, {"utterances": len(self._elsewhere)}))
        time.sleep(POLL_SECONDS)
        with self._lock:
            self._batches.extend([task] for task in self._elsewhere)
            self._elsewhere.clear()

    def _claimed(self) -> _Batch:
        """The next batch without what another run speaks or has spoken; empty if there is none."""
        while True:
            try:
                batch = self._batches.popleft()
            except IndexError:
                return []
            if mine := [task for task in batch if self._claim(task)]:
                return mine

    def _claim(self, task: _Task) -> bool:
        """Whether a line is to be spoken here: each is paid once, however many runs want it."""
        if task.line.replace:
            return True
        task.patience = task.patience or time.monotonic() + self._patience
        if not self.store.claim(task.line.canonical) and time.monotonic() < task.patience:
            with self._lock:
                self._elsewhere.append(task)
            return False
        clip = self.store.find(task.line.canonical)
        if clip is None:
            return True
        if self.settings.qa == "strict" and planner.verdict(clip, task.line.text):
            task.line = replace(task.line, replace=True)
            return True
        self.store.release(task.line.canonical)
        with self._lock:
            self.outcome.clips[task.line.canonical] = clip
            self.outcome.shared.add(task.line.canonical)
        self._tell("shared", task.segment, duration=clip.seconds)
        return False

    def _receive(self, worker: Worker, given: deque[_Batch], age: _Age) -> None:
        """Take the replies to the batch at the head."""
        batch = given[0]
        while batch:
            try:
                # All of a batch may be spoken before the first of it comes back.
                reply = worker.receive(self.settings.timeout * len(batch))
            except JobFailed as failed:
                self._refuse(batch.pop(0), failed)
            else:
                age.add(reply.memory)
                self._take(batch.pop(0), reply, worker)
        given.popleft()

    def _blame(self, batch: _Batch, reason: str) -> None:
        """A worker was lost while it spoke a batch: of several, each is tried alone to find the one
        that does it.
        """
        if len(batch) == 1:
            self._retry(batch[0], SynthesisError(reason), same_sound=True)
        else:
            self._batches.extendleft([task] for task in reversed(batch))

    def _refuse(self, task: _Task, failed: JobFailed) -> None:
        unusable = failed.kind == "unusable"
        error = ScriptError(str(failed)) if unusable else SynthesisError(str(failed))
        self._retry(task, error, final=failed.kind != "failed")

    def _take(self, task: _Task, reply: Reply, worker: Worker) -> None:
        """Check what came back, and store it if it passes."""
        refusal = checks.broken(reply.sound)
        measures = checks.measure(reply.sound) if refusal is None else None
        flags = checks.judge(measures, task.line.text) if measures else ()
        if flags and self.settings.qa == "strict":
            refusal = "; ".join(flags)
        if refusal is not None:
            self._retry(task, CheckError(refusal))
            return
        provenance = Provenance(
            engine=worker.engine,
            versions=worker.versions | {"narrate": __version__},
            **worker.facts,
            seconds=round(reply.seconds, 4),
            attempt=task.attempt,
            measures=measures,
        )
        pcm = audio.pcm16(reply.sound.samples)
        clip = self.store.put(
            task.line.canonical, pcm, reply.sound.rate, provenance, replace=task.line.replace
        )
        self.store.release(task.line.canonical)
        with self._lock:
            self.outcome.clips[task.line.canonical] = clip
            self.outcome.attempts += task.attempt
            self.outcome.engine_seconds += reply.seconds
        self._tell(
            "spoken",
            task.segment,
            duration=clip.seconds,
            seconds=reply.seconds,
            attempt=task.attempt,
        )

    def _retry(
        self, task: _Task, error: NarrateError, *, final: bool = False, same_sound: bool = False
    ) -> None:
        """Try a line again, alone, with other randomness unless `same_sound`, or give it up."""
        if task.attempt < ATTEMPTS and not final:
            self._tell("retry", task.segment, attempt=task.attempt, reason=error.what)
            task.attempt += 1
            task.refused += not same_sound
            self._batches.appendleft([task])
            return
        self.store.release(task.line.canonical)
        segment = task.segment
        what = error.what + (f", in {task.attempt} attempts" if task.attempt > 1 else "")
        failure = type(error)(
            what, where=f"segment {segment.id} ({segment.where})", hint=HINTS[type(error)]
        )
        with self._lock:
            self.outcome.failures.setdefault(segment.id, failure)
        self._tell("failed", task.segment, attempt=task.attempt, reason=what)
        if not self._keep_going:
            self.stopping.set()

    def _warn(self, text: str) -> None:
        self._emit(Event("warning", None, {"message": text}))

    def _tell_fetch(self, model: str, done: int, total: int) -> None:
        self._emit(Event("fetch", None, {"model": model, "done": done, "total": total}))

    def _tell(self, kind: Kind, segment: Segment, **data: object) -> None:
        with self._lock:
            self._emit(Event(kind, segment.id, dict(data)))


def _batches(tasks: list[_Task], size: int) -> list[_Batch]:
    """Tasks in batches of a size, like with like: the same voice and about the same length, the
    longest first.
    """
    if size == 1:
        return [[task] for task in tasks]
    alike = sorted(
        tasks,
        key=lambda task: (
            sorted(voice_to_json(task.job.request.voice).items()),
            -len(task.line.text),
        ),
    )
    return [alike[start : start + size] for start in range(0, len(alike), size)]


HINTS: dict[type[NarrateError], str] = {
    CheckError: "reword or split the text, set `say`, or listen to it with --qa warn",
    ScriptError: "change the script, or choose another --model or --engine",
    SynthesisError: "reword the text or set `say`, or choose another --engine",
}
