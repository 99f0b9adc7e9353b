"""The engine that speaks, in its default voice, in place of engines that are missing here."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from narrate.base.text import did_you_mean
from narrate.config import Settings
from narrate.engines import registry
from narrate.errors import EnvironmentProblem, UsageError
from narrate.planning import casting, readiness
from narrate.planning.casting import Choice
from narrate.request import Request, Stock
from narrate.workers.environments import Warn


class StandIn:
    """The stand-in that the settings name, if they name one. Raises UsageError for an engine that
    there is not.
    """

    def __init__(self, settings: Settings, warn: Warn) -> None:
        self._settings, self._warn = settings, warn
        self._problems: dict[Choice, EnvironmentProblem | None] = {}
        self.choice = _choice(settings.stand_in, settings) if settings.stand_in else None

    def serves(self, choice: Choice) -> bool:
        """Whether it speaks for an engine, which is looked for once."""
        if self.choice is None or choice == self.choice:
            return False
        if choice not in self._problems:
            self._problems[choice] = readiness.problem(choice, self._settings, self._warn)
        return self._problems[choice] is not None

    @property
    def missing(self) -> tuple[EnvironmentProblem, ...]:
        """What is missing for the engines that it speaks for."""
        return tuple(problem for problem in self._problems.values() if problem)


def default_voice(request: Request) -> Request:
    """A request without the voice and the sampling that were meant for another engine."""
    return replace(request, voice=Stock(), sampling={})


def _choice(name: str, settings: Settings) -> Choice:
    known = registry.names()
    if name not in known:
        hint = did_you_mean(name, known, f"choose one of: {', '.join(known)}")
        raise UsageError(f"there is no engine named {name!r}", where="--stand-in", hint=hint)
    # The model, the device and the number format are meant for the engine that is missing.
    own = msgspec.structs.replace(settings, engine=name, model=None, device=None, dtype=None)
    return replace(
        casting.choose("default", own, where="--stand-in"), reason="stands in for what is missing"
    )
