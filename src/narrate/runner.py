"""Misses -> engine -> checks -> store. A finished clip is stored at once, whatever happens to the others."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from narrate import __version__, audio, checks
from narrate.cache import Store
from narrate.config import Settings
from narrate.engines.base import Job
from narrate.engines.client import JobFailed, Reply, Worker, WorkerLost
from narrate.entry import Clip
from narrate.errors import CheckError, Interrupted, NarrateError, SynthesisError
from narrate.events import Emit, Event, Kind
from narrate.planner import Line, PlannedSegment

ATTEMPTS = 3
"""How often a line is tried: a runaway is about one in 300, and three in a row one in 27 million."""

AHEAD = 2
"""Jobs that a worker has at once, so that it never waits while the parent checks and stores."""

LINES_PER_WORKER = 8
"""A further worker is started for so many lines; for fewer, loading its model would cost more than it saves."""


@dataclass(slots=True)
class _Task:
    """A line to be spoken, which attempt at it comes next, and how many gave no good sound."""

    planned: PlannedSegment
    line: Line
    attempt: int = 1
    refused: int = 0

    @property
    def job(self) -> Job:
        assert self.line.request is not None
        return Job(self.line.request, self.attempt, self.refused)


@dataclass(slots=True)
class Outcome:
    """What came of speaking: clips by form, errors by segment id, and whether it was cut short."""

    clips: dict[bytes, Clip] = field(default_factory=dict)
    failures: dict[str, NarrateError] = field(default_factory=dict)
    attempts: int = 0
    engine_seconds: float = 0.0
    interrupted: bool = False


def speak(
    misses: Sequence[tuple[PlannedSegment, Line]],
    engine: str,
    settings: Settings,
    store: Store,
    emit: Emit,
    *,
    keep_going: bool = False,
) -> Outcome:
    """Make every missing line, with several workers side by side.

    Without `keep_going` nothing new is begun after the first failure. The first SIGINT or SIGTERM lets the lines
    that are being spoken finish, the second ends the workers and raises Interrupted. Raises EnvironmentProblem
    when the engine cannot be loaded or the disk is full; what was finished is stored all the same.
    """
    run = _Run(engine, settings, store, emit, keep_going)
    for planned, line in misses:
        if line.recording is None:
            run.tasks.append(_Task(planned, line))
        else:
            run.import_recording(planned, line)
    with run.signals():
        run.finish(min(settings.jobs, -(-len(run.tasks) // LINES_PER_WORKER)))
    return run.outcome


class _Run:
    """The state that the lanes of one call of `speak` share; a lane is a thread with a worker of its own."""

    def __init__(self, engine: str, settings: Settings, store: Store, emit: Emit, keep_going: bool) -> None:
        self.engine, self.settings, self.store = engine, settings, store
        self.tasks: deque[_Task] = deque()
        self.outcome = Outcome()
        self.stopping = threading.Event()
        self._emit, self._keep_going = emit, keep_going
        self._lock = threading.Lock()
        self._workers: set[Worker] = set()
        self._false_starts = 0
        self._fatal: BaseException | None = None

    def import_recording(self, planned: PlannedSegment, line: Line) -> None:
        """Decode a recording and store it as it is."""
        assert line.recording is not None
        pcm, rate = audio.decode(line.recording, planned.segment.where)
        clip = self.store.put(line.form, pcm, rate, {"recording": line.recording.name})
        self.outcome.clips[line.form] = clip
        self._tell("spoken", planned, duration=clip.seconds, recording=line.recording.name)

    def finish(self, lanes: int) -> None:
        """Run the lanes until there is nothing left to do."""
        threads = [threading.Thread(target=self._lane, daemon=True) for _ in range(lanes)]
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
        previous = {number: signal.signal(number, self._signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _signal(self, number: int, frame: FrameType | None) -> None:
        if self.outcome.interrupted:
            for worker in list(self._workers):
                worker.terminate()
            raise Interrupted("stopped at once", hint="the same command goes on where this run was stopped")
        self.outcome.interrupted = True
        self.stopping.set()

    def _lane(self) -> None:
        try:
            while self.tasks and not self.stopping.is_set():
                self._serve()
        except BaseException as error:
            self.stopping.set()
            self._fatal = self._fatal or error

    def _serve(self) -> None:
        """Feed one worker until there is nothing left, or until it is lost."""
        worker = Worker(self.engine)
        self._workers.add(worker)
        given: deque[_Task] = deque()
        try:
            worker.wait_ready()
            self._false_starts = 0
            while self._give(worker, given) and not self.stopping.is_set():
                self._receive(worker, given)
        except WorkerLost as lost:
            if given and not self.outcome.interrupted:
                self._retry(given.popleft(), SynthesisError(str(lost)), same_sound=True)
            elif not given:
                self._false_starts += 1
                if self._false_starts >= ATTEMPTS:
                    raise worker.cannot_load(str(lost)) from lost
        finally:
            self.tasks.extendleft(reversed(given))
            self._workers.discard(worker)
            worker.kill()

    def _give(self, worker: Worker, given: deque[_Task]) -> bool:
        """Let the worker have a few jobs ahead; say whether it has any."""
        while len(given) < AHEAD and not self.stopping.is_set():
            try:
                given.append(self.tasks.popleft())
            except IndexError:
                break
            worker.send(given[-1].job)
        return bool(given)

    def _receive(self, worker: Worker, given: deque[_Task]) -> None:
        try:
            reply = worker.receive(self.settings.timeout)
        except JobFailed as failed:
            self._retry(given.popleft(), SynthesisError(str(failed)), final=failed.final)
        else:
            self._take(given.popleft(), reply, worker.versions)

    def _take(self, task: _Task, reply: Reply, versions: dict[str, str]) -> None:
        """Check what came back, and store it if it passes."""
        refusal = checks.broken(reply.sound)
        measures = checks.measure(reply.sound) if refusal is None else None
        flags = checks.judge(measures, task.line.text) if measures else ()
        if flags and self.settings.qa == "strict":
            refusal = "; ".join(flags)
        if refusal is not None:
            self._retry(task, CheckError(refusal))
            return
        provenance = {
            "engine": self.engine,
            "versions": versions | {"narrate": __version__},
            "seconds": round(reply.seconds, 4),
            "attempt": task.attempt,
            "measures": measures,
        }
        clip = self.store.put(
            task.line.form,
            audio.pcm16(reply.sound.samples),
            reply.sound.rate,
            provenance,
            replace=task.line.replace,
        )
        with self._lock:
            self.outcome.clips[task.line.form] = clip
            self.outcome.attempts += task.attempt
            self.outcome.engine_seconds += reply.seconds
        self._tell("spoken", task.planned, duration=clip.seconds, seconds=reply.seconds, attempt=task.attempt)

    def _retry(self, task: _Task, error: NarrateError, *, final: bool = False, same_sound: bool = False) -> None:
        """Try a line again, with other randomness unless `same_sound`, or give it up."""
        if task.attempt < ATTEMPTS and not final:
            self._tell("retry", task.planned, attempt=task.attempt, reason=error.what)
            task.attempt += 1
            task.refused += not same_sound
            self.tasks.appendleft(task)
            return
        segment = task.planned.segment
        what = error.what + (f", in {task.attempt} attempts" if task.attempt > 1 else "")
        failure = type(error)(what, where=f"segment {segment.id} ({segment.where})", hint=HINTS[type(error)])
        with self._lock:
            self.outcome.failures.setdefault(segment.id, failure)
        self._tell("failed", task.planned, attempt=task.attempt, reason=what)
        if not self._keep_going:
            self.stopping.set()

    def _tell(self, kind: Kind, planned: PlannedSegment, **data: object) -> None:
        with self._lock:
            self._emit(Event(kind, planned.segment.id, dict(data)))


HINTS: dict[type[NarrateError], str] = {
    CheckError: "reword or split the text, set `say`, or listen to it with --qa warn",
    SynthesisError: "reword the text or set `say`, or choose another --engine",
}
