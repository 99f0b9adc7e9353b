"""Samples -> what the checks that listen find in them. It loads models, so it is the work of a
process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.engines.base import Reference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz, that every model here hears."""


class Examiner:
    """Listens with each of its checks, whose models are loaded when they are first needed.

    `recogniser` names what hears words, `offline` forbids to fetch it.
    """

    def __init__(self, recogniser: str, offline: bool) -> None:
        self._recogniser, self._offline = recogniser, offline

    def examine(
        self,
        samples: NDArray[np.float32],
        rate: int,
        expected: Expected,
        reference: Reference | None,
        checks: Sequence[str],
    ) -> Findings:
        """Measure mono samples that should say the expected words, in a reference's voice."""
        return Findings()
