"""What is said of a segment: the type that the modules of pages share."""

from __future__ import annotations

from collections.abc import Sequence

from narrate.planning.plan import PlannedUtterance
from narrate.store.entry import Clip

Spoken = Sequence[tuple[PlannedUtterance, Clip]]
"""The utterances of a segment, each with a clip of it."""
