"""What an engine is, and what it gives back. Standard library and numpy only: workers import this file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from narrate.request import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class StopReason(StrEnum):
    """Why an engine stopped speaking."""

    END = "end"
    """It said that it was done."""

    LENGTH = "length"
    """It hit a bound: a runaway, or text cut short."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do, known without loading it.

    `languages` are lower-case codes, the first is the default. `speakers` are its stock voices. `distribution`
    is the package whose version is recorded beside each clip. `rtf` is a first guess of synthesis seconds per
    second of audio, used for predictions until there is a measurement.
    """

    name: str
    behaviour: int
    model: str
    languages: tuple[str, ...]
    speakers: tuple[str, ...]
    distribution: str | None
    rtf: float


@dataclass(frozen=True, slots=True)
class Job:
    """A request, the number of the attempt at it, counted from 1, and how many attempts were no good.

    What was lost with its worker was not: the next attempt then gives the sound that the lost one would have given.
    """

    request: Request
    attempt: int = 1
    refused: int = 0

    @property
    def seed(self) -> int:
        """The seed of this attempt, for engines whose sound depends on the seed alone.

        Takes of one request are kept 1,000 seeds apart, so that a retried take never repeats another take.
        """
        first = self.request.seed if self.request.seed is not None else (self.request.take - 1) * 1000
        return (first + self.refused) % 2**32


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What an engine made of one job: mono float32 samples of full scale 1.0, their rate in Hz, why it stopped."""

    samples: NDArray[np.float32]
    rate: int
    stop: StopReason = StopReason.END


class Unspeakable(Exception):
    """An engine says that it cannot speak a request; the message says why. Trying again does not help."""


class Engine(Protocol):
    """An engine as the worker process sees it: load once, speak many, close.

    A module of an engine holds CAPABILITIES and a class `Engine` without arguments. It imports its libraries in
    `load` and never opens a path or a URL that a script named.
    """

    def load(self) -> None:
        """Get ready to speak. Raises ImportError, or RuntimeError with the next step in its message."""

    def synthesize(self, jobs: Sequence[Job]) -> Iterator[Synthesis]:
        """Speak the jobs in order. Raises Unspeakable for one that cannot be spoken."""

    def close(self) -> None:
        """Let go of what `load` took."""
