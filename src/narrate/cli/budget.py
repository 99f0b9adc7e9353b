"""Scenes that take longer than the script allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from narrate.build import Result


@dataclass(frozen=True, slots=True)
class OverBudget:
    """A scene of a narration, how long it takes with its pauses, and its budget, in seconds."""

    scene: str
    seconds: float
    budget: float

    def __str__(self) -> str:
        more = f"{self.seconds - self.budget:.1f} s more than its budget of {self.budget:.1f} s"
        return f"over budget: {self.scene} takes {self.seconds:.1f} s, {more}"

    def as_json(self) -> dict[str, Any]:
        """The scene as a part of the JSON object of --json."""
        return {"scene": self.scene, "seconds": self.seconds, "budget": self.budget}


def exceeded(result: Result) -> Iterator[OverBudget]:
    """The scenes of a narration that are over their budgets."""
    for scene, entry in zip(result.plan.script.scenes, result.manifest.scenes, strict=True):
        if scene.budget is not None and entry.duration > scene.budget:
            yield OverBudget(scene.id, entry.duration, scene.budget)
