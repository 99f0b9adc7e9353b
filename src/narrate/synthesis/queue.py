"""What is to be spoken next: batches, the claims of other runs, and attempts.

A queue belongs to one thread, and so has no lock.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from narrate.cache import Store
from narrate.config import Settings
from narrate.planning.verdicts import verdict
from narrate.request import voice_to_json
from narrate.store.entry import Clip
from narrate.synthesis.task import Batch, Task


class Queue:
    """The tasks for one model. What `take` gives is claimed, so that no other run speaks it too.

    `size` is how many tasks make a batch, and `patience` for how many seconds what another run
    has claimed is left to it. `settings` say how often a task is tried; in a strict run a clip that
    fails the checks is spoken again. `found` receives each clip that another run has made
    meanwhile.
    """

    def __init__(
        self,
        tasks: Iterable[Task],
        store: Store,
        found: Callable[[Task, Clip], object],
        *,
        size: int,
        patience: float,
        settings: Settings,
    ) -> None:
        self._batches = deque(_batches(list(tasks), size))
        self._claimed_elsewhere: Batch = []
        self._store, self._found = store, found
        self._patience, self._settings = patience, settings

    @property
    def waiting(self) -> int:
        """How many tasks other runs have claimed."""
        return len(self._claimed_elsewhere)

    def take(self) -> Batch:
        """The next batch, claimed, without what other runs have claimed or made; empty if there is
        none.
        """
        while self._batches:
            if batch := [task for task in self._batches.popleft() if self._claim(task)]:
                return batch
        return []

    def retry(self, task: Task, *, same_sound: bool = False) -> bool:
        """Have a task tried again, next and alone; say whether there is an attempt left.

        The next attempt has other randomness unless `same_sound`.
        """
        task.failures += 1
        if task.failures > self._settings.max_retries:
            return False
        self._add_attempt(task, same_sound)
        return True

    def again(self, task: Task) -> None:
        """Have a task that gave a good sound spoken once more, next and alone."""
        self._add_attempt(task, same_sound=False)

    def _add_attempt(self, task: Task, same_sound: bool) -> None:
        task.attempt += 1
        task.varied += not same_sound
        self._batches.appendleft([task])

    def split(self, batch: Batch) -> None:
        """Have each task of a batch tried next and alone, to find the one that ends workers."""
        self._batches.extendleft([task] for task in reversed(batch))

    def wait(self) -> None:
        """Look again, with the next `take`, at what other runs had claimed."""
        self._batches.extend([task] for task in self._claimed_elsewhere)
        self._claimed_elsewhere.clear()

    def release(self, task: Task) -> None:
        """Give up the claim on a task that is done, or given up."""
        self._store.release(task.utterance.canonical)

    def _claim(self, task: Task) -> bool:
        """Whether a task is to be spoken here: however many runs need it, it is spoken once."""
        if task.utterance.replace:
            return True
        task.patience = task.patience or time.monotonic() + self._patience
        if not self._store.claim(task.utterance.canonical) and time.monotonic() < task.patience:
            self._claimed_elsewhere.append(task)
            return False
        clip = self._store.find(task.utterance.canonical)
        if clip is None:
            return True
        choice = task.utterance.choice
        strict = self._settings.qa == "strict"
        if strict and verdict(clip, task.utterance.text, choice, self._settings):
            task.utterance = replace(task.utterance, replace=True)
            return True
        self.release(task)
        self._found(task, clip)
        return False


def _batches(tasks: list[Task], size: int) -> list[Batch]:
    """Tasks in batches of at most `size`: those of one voice together, the longest first."""
    if size == 1:
        return [[task] for task in tasks]
    alike = sorted(tasks, key=_voice_and_length)
    return [alike[start : start + size] for start in range(0, len(alike), size)]


def _voice_and_length(task: Task) -> tuple[list[tuple[str, str]], int]:
    return sorted(voice_to_json(task.job.request.voice).items()), -len(task.utterance.text)
