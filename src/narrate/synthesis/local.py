"""The executor of this machine: worker processes side by side, one in each lane."""

from __future__ import annotations

from collections.abc import Iterable
from queue import Empty
from threading import Thread

from narrate.base.events import Emit, Fetching, warner
from narrate.config import Settings
from narrate.planning.casting import Choice
from narrate.synthesis.executor import AHEAD, Result, Work
from narrate.synthesis.lane import Desk, Lane
from narrate.synthesis.listener import Listener
from narrate.synthesis.task import Batch
from narrate.workers import environments, models
from narrate.workers.client import Worker

UTTERANCES_PER_WORKER = 8
"""A further worker is started for so many utterances; for fewer, loading its model would cost more
than it saves.
"""

UTTERANCES_PER_LISTENER = 16
"""Its models take as long to load as it takes to listen to so many."""

UNHEARD = 64
"""How many sounds may wait for the listeners before the engine waits for them: ten seconds each are
60 MB in all.
"""

JOIN_SECONDS = 0.1
"""The longest wait at once, as the main thread runs no signal handler while it waits."""


def prepare(choice: Choice, settings: Settings, emit: Emit) -> str:
    """Find the interpreter of an engine, and download its model unless it is here; return the
    interpreter. Raises EnvironmentProblem.
    """

    def on_progress(done: int, total: int) -> None:
        emit(Fetching(model=choice.model.name, done=done, total=total))

    python = environments.python_for(choice.name, settings, warner(emit))
    if models.from_hub(choice.model, choice.name):
        # Before any worker starts: a large model takes longer to download than a worker may take
        # to load, and its progress can be shown.
        models.fetch(choice.model, python, on_progress)
    return python


def start(work: Work) -> LocalExecutor:
    """Prepare an engine and start the lanes. Raises EnvironmentProblem."""
    return LocalExecutor(work, prepare(work.choice, work.settings, work.emit))


class LocalExecutor:
    """An Executor: lanes share one desk, and each takes a batch whenever its worker has room.

    Where checks listen, they do so beside the lanes.
    """

    def __init__(self, work: Work, python: str) -> None:
        self._desk = Desk()
        self._work, self._python = work, python
        self._lanes = [Lane(work, self._desk, self._hire) for _ in range(_lanes(work))]
        self._listeners = [Listener(work, self._desk) for _ in range(_listeners(work))]
        self._threads: list[Lane | Listener] = [*self._lanes, *self._listeners]
        for thread in self._threads:
            thread.start()

    @property
    def capacity(self) -> int:
        # What waits for the listeners need not keep the lanes from what to speak next. Utterances
        # that no lane has begun are left to other runs.
        heard = len(self._listeners) + min(self._desk.sounds.qsize(), UNHEARD)
        return len(self._lanes) * AHEAD * self._work.choice.capabilities.batch + heard

    def submit(self, batch: Batch) -> None:
        self._desk.batches.put(batch)

    def receive(self, seconds: float) -> Result | None:
        try:
            return self._desk.results.get(timeout=seconds)
        except Empty:
            return None

    def finish(self) -> None:
        self._desk.stopping = True

    def kill(self) -> None:
        self.finish()
        for thread in self._threads:
            thread.kill()

    def close(self) -> None:
        self.finish()
        for _ in self._lanes:
            self._desk.batches.put(None)
        _wait_for(self._lanes)
        for _ in self._listeners:
            self._desk.sounds.put(None)
        _wait_for(self._listeners)

    def _hire(self) -> Worker:
        choice = self._work.choice
        return Worker(choice.name, choice.model, self._python, choice.module)


def _wait_for(threads: Iterable[Thread]) -> None:
    for thread in threads:
        while thread.is_alive():
            thread.join(JOIN_SECONDS)


def _listeners(work: Work) -> int:
    """How many examiners are worth their loading."""
    if not work.gate.listens:
        return 0
    return min(work.settings.jobs, -(-work.utterances // UTTERANCES_PER_LISTENER))


def _lanes(work: Work) -> int:
    """How many workers are worth their loading."""
    most = work.settings.jobs if work.choice.capabilities.side_by_side else 1
    return min(most, -(-work.utterances // UTTERANCES_PER_WORKER))
