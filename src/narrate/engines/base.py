"""What an engine is, and what it gives back. Standard library and numpy only: workers import this
file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypedDict

from narrate.base.spelling import Spelling
from narrate.request import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class StopReason(StrEnum):
    """Why an engine stopped speaking."""

    END = "end"
    """It came to the end of the text."""

    LENGTH = "length"
    """It hit a bound: a runaway, or a text cut short."""


class Auto(StrEnum):
    """When `--engine auto` chooses an engine."""

    NEVER = "never"
    DEFAULT_VOICE = "for a segment without a voice, and for its own speakers"
    APPLE_SILICON = "for every other voice, on Apple Silicon"
    ELSEWHERE = "for every other voice, on other machines"


class Transcript(TypedDict):
    """What a recognizer of another environment hears, as a worker writes it.

    `words` holds each word with its start and end in seconds; it is empty if the model gives no
    times.
    """

    text: str
    language: str
    words: list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Every fact about an engine that narrate needs without loading it.

    Nothing outside the engine's own module knows more about it.
    """

    name: str

    behaviour: int
    """Raised by one when the engine makes another sound of the same request; part of the key."""

    model: str
    """What it speaks with when nothing else is asked for."""

    languages: tuple[str, ...]
    """Lower-case codes, the default first; empty if only the engine or its server knows them."""

    speakers: tuple[str, ...]
    """Its stock voices; empty if only the engine or its server knows them."""

    voices: tuple[str, ...]
    """The kinds of voice that it takes: "speaker", "clone", "design"."""

    packages: tuple[str, ...]
    """Distributions whose versions are recorded beside each clip, as far as they are installed."""

    rtf: float
    """A first guess of synthesis seconds per second of audio."""

    batch: int = 1
    """How many jobs it gains from having at once."""

    side_by_side: bool = True
    """Whether several workers are faster than one."""

    streams: bool = False
    """Whether it gives a text piece by piece, for previews; see `Engine`."""

    auto: Auto = Auto.NEVER

    characters: str | None = None
    """The letters and symbols beyond ASCII that it says; None if it takes any. A text with others
    is refused, as they would be left out.
    """

    longest_word: int = 0
    """The number of letters after which it leaves out the rest of a word; 0 if there is none."""

    spelling: Spelling = field(default=Spelling(), compare=False)
    """How it is given letters, words and phonemes that it would say wrongly otherwise."""

    commands: str = ""
    """A pattern of what is a command to it and not a word, which it gets as it is written."""

    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict, compare=False)
    """The hub id of the model for each profile and kind of voice; empty if no models come from
    the hub.
    """

    environments: tuple[str, ...] = ()
    """The environments that hold its packages, the one of its own first: `narrate engines install`
    makes them, from the files of pins with these names. Without any it runs in narrate's own.
    """

    modules: tuple[str, ...] = ()
    """The modules that such an environment must have for this engine."""

    device_probe: str = ""
    """A script for such an environment that prints the device on which the engine would run."""

    baseline: str = ""
    """The module of an engine that calls the library behind this one text by text, for `bench`."""

    loses_words: bool = True
    """Whether it may leave words out, say them twice or take another voice, as models do that speak
    token by token. The checks then listen to what it says.
    """

    needs_server: bool = False
    """Whether it asks the server that `base_url` in its table of the configuration names."""

    for_tests: bool = False
    """Whether it is there for tests only."""


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

    Without a transcript only the timbre of the voice is taken from it.
    """

    samples: NDArray[np.float32]
    rate: int
    transcript: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A request, the number of the attempt at it, counted from 1, and how many attempts the checks
    refused.

    An attempt that was lost with its worker was not refused: the next one then gives the sound that
    the lost one would have given.
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

    `words` says from which sample to which each spoken word lies, for an engine that knows it.
    """

    samples: NDArray[np.float32]
    rate: int
    stop: StopReason = StopReason.END
    words: tuple[tuple[int, int], ...] = ()


class Unspeakable(Exception):
    """An engine cannot speak a request, and another attempt would not help; says why."""


class Unusable(Exception):
    """An engine or a model cannot be used at all; the message says why and what to do."""


def first_line(error: Exception) -> str:
    """The first line of an error: some libraries list every tensor of a model."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


class Engine(Protocol):
    """An engine as the worker process sees it: load once, speak many, close.

    The module of an engine holds CAPABILITIES and a class `Engine` without arguments. It imports
    its libraries in `load` and never opens a path or a URL that a script named. `load` and
    `synthesize` run in the same thread.

    The class of an engine that `streams` has a method more. `stream(job: Job, voices:
    Mapping[str, Reference]) -> Iterator[Synthesis]` speaks one job piece by piece, each as soon as
    it is there, and raises what would be a result of `synthesize`.

    Three functions may stand beside the class. `capabilities_of(model: ModelRef) -> Capabilities`
    says what the engine can do with a model, where that depends on the model.
    `check(model: ModelRef) -> None` raises Unusable if `load` would, as far as that can be seen in
    a few seconds and without the engine's libraries; it is called before anything is spoken.
    `withheld_key(url: str, servers: Sequence[str]) -> str` says why the key in the environment is
    not sent to a server, or "".
    """

    def load(self, model: ModelRef) -> None:
        """Load the model. Raises ImportError, or Unusable."""

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
