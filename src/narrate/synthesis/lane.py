"""A lane: one thread with one worker at a time, which is replaced when it is lost or old."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from narrate.errors import ScriptError, SynthesisError
from narrate.synthesis.executor import AHEAD, Broken, Lost, Refused, Result, Unspoken, Work
from narrate.synthesis.task import Batch, Maker, Sound, Task
from narrate.workers.client import JobFailed, Reply, Worker
from narrate.workers.process import WorkerLost

ANSWER_SECONDS = 0.02
"""How long a lane whose worker is busy waits for another batch: the driver answers a result with
the next batch, and a retry should not have to wait behind others.
"""

FALSE_STARTS = 3
"""After so many workers that died while they loaded, none will load."""

UTTERANCES_PER_LIFE = 500
GROWTH_BYTES = 4 << 30
"""A worker is replaced after so many utterances, or when it has grown by so much memory since its
first one: the libraries behind it leak (QwenLM/Qwen3-TTS#242, Blaizzy/mlx-audio#104).
"""


@dataclass(slots=True)
class Age:
    """How much a worker has spoken, and how its memory has grown."""

    utterances: int = 0
    first_bytes: int = 0
    last_bytes: int = 0

    def add(self, memory: int) -> None:
        """Count an utterance, after which the worker's peak memory was `memory` bytes."""
        self.utterances += 1
        self.first_bytes = self.first_bytes or memory
        self.last_bytes = memory

    @property
    def old(self) -> bool:
        """Whether the worker should be replaced."""
        grown = self.last_bytes - self.first_bytes > GROWTH_BYTES
        return self.utterances >= UTTERANCES_PER_LIFE or grown


@dataclass(slots=True)
class Desk:
    """What the threads of one executor share: batches in, sounds on their way, results out.

    In `batches` a None tells one lane to end, in `sounds` one listener. `stopping` is only ever
    set, so it needs no lock, and a signal handler may set it.
    """

    batches: SimpleQueue[Batch | None] = field(default_factory=SimpleQueue)
    sounds: SimpleQueue[tuple[Task, Sound] | None] = field(default_factory=SimpleQueue)
    results: SimpleQueue[Result] = field(default_factory=SimpleQueue)
    stopping: bool = False
    _false_starts: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Guards `_false_starts`, which lanes count up and reset."""

    def started(self) -> None:
        """Note that a worker got ready."""
        with self._lock:
            self._false_starts = 0

    def hopeless(self) -> bool:
        """Count a worker that died while it loaded; whether so many have that none will load."""
        with self._lock:
            self._false_starts += 1
            return self._false_starts >= FALSE_STARTS


class Lane(threading.Thread):
    """Takes batches from a desk and has them spoken by a worker that `hire` starts."""

    def __init__(self, work: Work, desk: Desk, hire: Callable[[], Worker]) -> None:
        super().__init__(daemon=True)
        self._work, self._desk, self._hire = work, desk, hire
        self._given: deque[Batch] = deque()
        self._worker: Worker | None = None
        self._ended = self._killed = False

    def kill(self) -> None:
        """End the worker at once; for any thread, and for signal handlers."""
        # The lane sets `_worker` before it reads `_killed`, so a worker that is just starting is
        # ended by one of the two.
        self._killed = True
        if worker := self._worker:
            worker.terminate()

    def run(self) -> None:
        """Speak until the desk is closed; hand back what was not begun."""
        try:
            while self._has_work():
                self._serve()
        except BaseException as error:
            self._desk.stopping = True
            self._desk.results.put(Broken(error))
        self._hand_back()

    def _has_work(self) -> bool:
        """Wait until there is a batch to speak; False when there will be none."""
        if not (self._given or self._ended):
            self._accept_batch()
        return bool(self._given) and not self._desk.stopping

    def _accept_batch(self, seconds: float | None = None) -> bool:
        """Take a batch from the desk, waiting for it so long or without end; say whether there was
        one.
        """
        try:
            batch = self._desk.batches.get(timeout=seconds)
        except Empty:
            return False
        if batch is None:
            self._ended = True
            return False
        self._given.append(list(batch))
        return True

    def _serve(self) -> None:
        """Feed one worker until no work is left, or it is old, or it is lost."""
        worker = self._worker = self._hire()
        ready = False
        try:
            if self._killed:
                return
            worker.wait_ready()
            ready = True
            self._desk.started()
            self._feed(worker)
        except WorkerLost as lost:
            if ready:
                self._desk.results.put(Lost(self._given.popleft(), str(lost)))
            elif not self._killed and self._desk.hopeless():
                raise worker.cannot_load(str(lost)) from lost
        finally:
            self._worker = None
            worker.kill()

    def _feed(self, worker: Worker) -> None:
        """Have a worker speak what this lane has and gets. Raises WorkerLost, and then the batch at
        the head is the one that was being spoken.
        """
        age = Age()
        for batch in self._given:
            self._send(worker, batch)
        while not (age.old or self._desk.stopping) and self._look_ahead(worker):
            self._receive(worker, age)

    def _look_ahead(self, worker: Worker) -> bool:
        """Let the worker have a batch ahead; say whether it has any."""
        while not self._ended and len(self._given) < AHEAD:
            if not self._accept_batch(ANSWER_SECONDS if self._given else None):
                break
            self._send(worker, self._given[-1])
        return bool(self._given)

    def _send(self, worker: Worker, batch: Batch) -> None:
        worker.send([task.job for task in batch], self._work.voices)

    def _receive(self, worker: Worker, age: Age) -> None:
        """Take the replies to the batch at the head."""
        batch = self._given[0]
        while batch:
            try:
                # All of a batch may be spoken before the first of it comes back.
                reply = worker.receive(self._work.settings.timeout * len(batch))
            except JobFailed as failed:
                self._desk.results.put(_refused(batch[0], failed))
            else:
                age.add(reply.memory)
                self._hand_over(batch[0], _sound(reply, worker))
            del batch[0]
        self._given.popleft()

    def _hand_over(self, task: Task, sound: Sound) -> None:
        """Have a sound checked: by a listener, so that the engine need not wait for it, or here."""
        if self._work.gate.listens:
            self._desk.sounds.put((task, sound))
        else:
            self._desk.results.put(self._work.gate.accept(task, sound, None))

    def _hand_back(self) -> None:
        """Return what this lane has and what comes to the desk, until the desk is closed."""
        for batch in self._given:
            self._desk.results.put(Unspoken(batch))
        self._given.clear()
        while not self._ended:
            if self._accept_batch():
                self._desk.results.put(Unspoken(self._given.pop()))


def _sound(reply: Reply, worker: Worker) -> Sound:
    maker = Maker(worker.engine, worker.versions, worker.facts)
    return Sound(reply.sound, reply.seconds, maker)


def _refused(task: Task, failed: JobFailed) -> Refused:
    error = ScriptError if failed.kind == "unusable" else SynthesisError
    return Refused(task, error(str(failed)), final=failed.kind != "failed")
