"""An executor speaks batches with one model: batches go in, results come back in any order.

`local` runs worker processes on this machine. Another executor implements this file and nothing
else: the queue decides what is spoken next, and `Work.gate` checks and stores a sound wherever it
was made, so that only its clip comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from narrate.base.events import Emit
from narrate.config import Settings
from narrate.engines.base import Reference
from narrate.errors import NarrateError
from narrate.hearing.examiner import Examiner
from narrate.planning.casting import Choice
from narrate.store.entry import Clip
from narrate.synthesis.task import Batch, Sound, Task

AHEAD = 2
"""Batches that a worker has at once, so that it need not wait while the last one is checked and
stored. Other runs wait for as long as these may take.
"""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A task is done: its clip, which is stored, and the seconds that the engine took."""

    task: Task
    clip: Clip
    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A task gave no sound, or one that fails the checks. Another attempt may do better unless
    `final`.
    """

    task: Task
    error: NarrateError
    final: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker that was speaking these tasks is gone, and one of them may be the reason."""

    tasks: Batch
    reason: str


@dataclass(frozen=True, slots=True)
class Unspoken:
    """These tasks were not begun."""

    tasks: Batch


@dataclass(frozen=True, slots=True)
class Broken:
    """The executor cannot go on: the engine cannot be loaded, or the disk is full."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Another:
    """A task gave a good sound, and is to be spoken once more: the best of several is stored."""

    task: Task


Result = Spoken | Refused | Another | Lost | Unspoken | Broken


class Gate(Protocol):
    """Between an engine and the store: what it lets through is stored. It may be used by several
    threads at a time.
    """

    @property
    def listens(self) -> bool:
        """Whether it needs an examiner."""

    def examiner(self) -> Examiner:
        """An examiner for one thread."""

    def accept(
        self, task: Task, sound: Sound, examiner: Examiner | None
    ) -> Spoken | Refused | Another:
        """Check a sound, and store it if it passes. Raises EnvironmentProblem when the disk is
        full.
        """


@dataclass(frozen=True, slots=True)
class Work:
    """What an executor needs to know: the model, how many utterances there will be, the references
    by digest. `emit` may be called only while the executor is started.
    """

    choice: Choice
    utterances: int
    voices: Mapping[str, Reference]
    settings: Settings
    gate: Gate
    emit: Emit


class Executor(Protocol):
    """Speaks with one model. It is used by one thread; `finish` and `kill` also by its signal
    handlers.

    Every task that is submitted comes back in exactly one result, unless the executor is killed.
    """

    @property
    def capacity(self) -> int:
        """How many tasks it can have at once without any of them waiting for long."""

    def submit(self, batch: Batch) -> None:
        """Have a batch spoken; return at once."""

    def receive(self, seconds: float) -> Result | None:
        """The next result; None if there is none within so many seconds."""

    def finish(self) -> None:
        """Begin nothing more: what is being spoken comes back as usual, the rest as Unspoken."""

    def kill(self) -> None:
        """Stop speaking at once; nothing need come back."""

    def close(self) -> None:
        """Finish, and wait until all workers have ended."""


Prepare = Callable[[Choice, Settings, Emit], object]
"""Gets what an executor of an engine needs, such as its model. Raises EnvironmentProblem."""

Start = Callable[[Work], Executor]
"""Starts an executor. Raises EnvironmentProblem if that cannot be."""
