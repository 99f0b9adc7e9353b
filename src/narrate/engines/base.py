"""What an engine is, and what it gives back. Standard library and numpy only: workers import this
file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

    `languages` are lower-case codes, the first is the default. `speakers` are its stock voices and
    `voices` the kinds of voice that it takes: "speaker", "clone", "design"; without any speakers or
    languages here, every name is taken and what the engine answers decides. `model` is what it
    speaks with when nothing else is asked for. `packages` are the distributions whose versions are
    recorded beside each clip. `rtf` is a first guess of synthesis seconds per second of audio.
    `batch` is how many jobs it gains from having at once, and `side_by_side` whether several
    workers are faster than one.
    """

    name: str
    behaviour: int
    model: str
    languages: tuple[str, ...]
    speakers: tuple[str, ...]
    voices: tuple[str, ...]
    packages: tuple[str, ...]
    rtf: float
    batch: int = 1
    side_by_side: bool = True


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that a worker loads, and how.

    `name` is a hub id or a folder; `revision`, `device` and `dtype` are empty for the engine's own
    choice. `prompts` is a folder in which an engine may keep what it derives from a voice, or
    empty. With `offline` no network may be touched. `options` are the engine's own, from
    [engines.NAME] in the configuration.
    """

    name: str
    revision: str = ""
    device: str = ""
    dtype: str = ""
    prompts: str = ""
    offline: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """The recording of a voice as engines take it: mono float32 samples, their rate in Hz, and what
    they say.

    Without a transcript only the colour of the voice is taken from it.
    """

    samples: NDArray[np.float32]
    rate: int
    transcript: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A request, the number of the attempt at it, counted from 1, and how many attempts were no
    good.

    What was lost with its worker was not: the next attempt then gives the sound that the lost one
    would have given.
    """

    request: Request
    attempt: int = 1
    refused: int = 0

    @property
    def seed(self) -> int:
        """The seed of this attempt, for engines whose sound depends on the seed alone.

        Takes of one request are kept 1,000 seeds apart, so that a retried take never repeats
        another take.
        """
        first = (
            self.request.seed if self.request.seed is not None else (self.request.take - 1) * 1000
        )
        return (first + self.refused) % 2**32


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What an engine made of one job: mono float32 samples of full scale 1.0, their rate in Hz, why
    it stopped.
    """

    samples: NDArray[np.float32]
    rate: int
    stop: StopReason = StopReason.END


class Unspeakable(Exception):
    """An engine says that it cannot speak a request; the message says why. Trying again does not
    help.
    """


class Unusable(Exception):
    """An engine or a model cannot be used at all; the message says why and what to do."""


def first_line(error: Exception) -> str:
    """An error in a line: those of the libraries may list every tensor of a model."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


class Engine(Protocol):
    """An engine as the worker process sees it: load once, speak many, close.

    A module of an engine holds CAPABILITIES and a class `Engine` without arguments. It imports its
    libraries in `load` and never opens a path or a URL that a script named. `load` and `synthesize`
    run in the same thread.
    """

    def load(self, model: ModelRef) -> None:
        """Get ready to speak. Raises ImportError, or Unusable."""

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Exception]:
        """Speak the jobs, giving one result a job in their order; `voices` holds references by
        their digest.

        A result may be an exception, for a job that failed while the others need not: an
        Unspeakable or an Unusable is final, and after any other one the job is tried again.
        """

    def close(self) -> None:
        """Let go of what `load` took."""
