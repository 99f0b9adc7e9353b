"""An utterance on its way through the attempts at it, and the sounds that engines make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from narrate.checks.provenance import Provenance
from narrate.engines.base import Job, Synthesis
from narrate.planning.plan import PlannedUtterance
from narrate.script import Segment


@dataclass(frozen=True, slots=True)
class Maker:
    """What is recorded of who made a sound: the engine, the versions of its packages, and facts
    such as the device.
    """

    engine: str
    versions: Mapping[str, str]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sound:
    """What an engine made of a task, the seconds it took, and who made it."""

    synthesis: Synthesis
    seconds: float
    maker: Maker


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sound with what is recorded of it, its measurements included."""

    sound: Sound
    made: Provenance


@dataclass(slots=True)
class Task:
    """An utterance to be spoken, and the number of the next attempt at it.

    `failures` counts the attempts that failed. `varied` counts those after which the next one was
    to have other randomness. `segment` is the first one that needs it. From `patience` on
    (monotonic time; 0 is unset) it is spoken here even if another run has claimed it. `fault` is
    what the engine raised last.
    """

    segment: Segment
    utterance: PlannedUtterance
    attempt: int = 1
    failures: int = 0
    varied: int = 0
    patience: float = 0.0
    fault: str = ""
    candidates: list[Candidate] = field(default_factory=list)
    """Good sounds, while the best of several takes is being looked for."""

    @property
    def job(self) -> Job:
        """What an engine is asked."""
        assert self.utterance.request is not None
        return Job(self.utterance.request, self.attempt, self.varied)


Batch = list[Task]
