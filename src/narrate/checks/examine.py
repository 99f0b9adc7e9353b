"""Samples -> what the checks that listen find in them. It loads models, so it is the work of a
process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from narrate.checks import speaker
from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.checks.recognizer import Hearing
from narrate.checks.speaker import Speaker
from narrate.engines.base import Reference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz, that every model here hears."""


class Examiner:
    """Listens with each of its checks, whose models are loaded when they are first needed."""

    def __init__(self, hearing: Hearing | None) -> None:
        """`hearing` is what hears words; without it, the checks make do with less."""
        self._hearing = hearing
        self._references: dict[int, Speaker] = {}

    def examine(
        self,
        samples: NDArray[np.float32],
        rate: int,
        expected: Expected,
        reference: Reference | None,
        checks: Sequence[str],
    ) -> Findings:
        """Measure mono samples that should say the expected words, in a reference's voice."""
        samples16 = _resampled(samples, rate)
        found = Findings()
        if "speaker" in checks:
            found = self._voice(found, samples16, reference)
        return found

    def _voice(
        self, found: Findings, samples16: NDArray[np.float32], reference: Reference | None
    ) -> Findings:
        from narrate.checks.speaker import embedder

        measured = speaker.measure(samples16, embedder.find())
        likeness = speaker.compare(measured, self._of(reference), None)
        return msgspec.structs.replace(found, speaker=measured, likeness=likeness)

    def _of(self, reference: Reference | None) -> Speaker | None:
        """The voice of a reference, measured once."""
        from narrate.checks.speaker import embedder

        if reference is None:
            return None
        if id(reference) not in self._references:
            samples16 = _resampled(reference.samples, reference.rate)
            self._references[id(reference)] = speaker.measure(samples16, embedder.find())
        return self._references[id(reference)]


def _resampled(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    import soxr

    if rate == RATE:
        return samples
    resampled: NDArray[np.float32] = soxr.resample(samples, rate, RATE, quality="HQ")
    return resampled
