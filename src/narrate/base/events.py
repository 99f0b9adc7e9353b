"""What happens during a run, as one kind of record that a terminal, a log and a program can all
follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["plan", "fetch", "spoken", "waiting", "shared", "retry", "failed", "warning", "done"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, to a segment or to the whole run; `data` holds plain JSON values."""

    kind: Kind
    segment: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The event as one flat JSON object."""
        return (
            {"event": self.kind} | ({"segment": self.segment} if self.segment else {}) | self.data
        )


Emit = Callable[[Event], object]
