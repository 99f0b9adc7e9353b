"""Samples -> what the checks that listen find in them. It loads models, so it is the work of a
process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from narrate.base import languages
from narrate.checks import echo, quality, speaker
from narrate.checks.echo import Echo
from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.checks.recognizer import Heard, Hearing
from narrate.checks.speaker import Speaker
from narrate.checks.words.measure import Tools, measure
from narrate.engines.base import Reference
from narrate.errors import EnvironmentProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz, that every model here hears."""

NO_RECOGNIZER = "there is no recogniser, so they are checked by their sounds alone"


@dataclass(frozen=True)
class Known:
    """A reference as the checks hear it: at RATE, and its voice."""

    reference: Reference

    @cached_property
    def samples16(self) -> NDArray[np.float32]:
        """Its samples at RATE."""
        return _resampled(self.reference.samples, self.reference.rate)

    @cached_property
    def speaker(self) -> Speaker:
        """Its voice."""
        from narrate.checks.speaker import embedder

        return speaker.measure(self.samples16, embedder.find())


class Examiner:
    """Listens with each of its checks, whose models are loaded when they are first needed."""

    def __init__(self, hearing: Hearing | None) -> None:
        """`hearing` is what hears words; without it, the checks make do with less."""
        self._hearing = hearing
        self._tools = Tools()
        self._references: dict[int, Known] = {}

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
        known = self._known(reference) if reference else None
        found, heard = Findings(), None
        if {"words", "echo"} & {*checks}:
            heard = self._heard(samples16, expected.language)
        if "words" in checks:
            found = self._words(found, samples16, expected, heard)
        if "echo" in checks:
            found = _echo(found, samples16, expected, heard, known)
        if "speaker" in checks:
            found = self._voice(found, samples16, known)
        if "quality" in checks:
            found = self._quality(found, samples16)
        return found

    def _words(
        self,
        found: Findings,
        samples16: NDArray[np.float32],
        expected: Expected,
        heard: Heard | None,
    ) -> Findings:
        try:
            measured = measure(samples16, expected, heard, self._tools)
        except EnvironmentProblem as problem:
            return _missing(found, "words", str(problem))
        if heard is None:
            found = _missing(found, "words", NO_RECOGNIZER)
        return msgspec.structs.replace(found, words=measured)

    def _heard(self, samples16: NDArray[np.float32], language: str) -> Heard | None:
        code = languages.base(language)
        if self._hearing is None or not self._hearing.hears(code):
            return None
        return self._hearing.listen(samples16, code)

    def _quality(self, found: Findings, samples16: NDArray[np.float32]) -> Findings:
        models = quality.find()
        if models is None:
            return _missing(found, "quality", f"its models are missing: {quality.INSTALL}")
        return msgspec.structs.replace(found, quality=quality.measure(samples16, models))

    def _voice(
        self, found: Findings, samples16: NDArray[np.float32], known: Known | None
    ) -> Findings:
        from narrate.checks.speaker import embedder

        measured = speaker.measure(samples16, embedder.find())
        likeness = speaker.compare(measured, known.speaker if known else None, None)
        return msgspec.structs.replace(found, speaker=measured, likeness=likeness)

    def _known(self, reference: Reference) -> Known:
        """What was made of a reference before; it is kept, so that no other object gets its id."""
        return self._references.setdefault(id(reference), Known(reference))


def _echo(
    found: Findings,
    samples16: NDArray[np.float32],
    expected: Expected,
    heard: Heard | None,
    known: Known | None,
) -> Findings:
    """Without a reference, there is nothing to repeat."""
    if known is None:
        return msgspec.structs.replace(found, echo=Echo(echo.VERSION))
    measured = echo.measure(
        samples16,
        known.samples16,
        expected.text,
        known.reference.transcript or "",
        heard.text if heard else None,
    )
    if heard is None:
        found = _missing(found, "echo", NO_RECOGNIZER)
    return msgspec.structs.replace(found, echo=measured)


def _missing(found: Findings, check: str, why: str) -> Findings:
    return msgspec.structs.replace(found, missing={**found.missing, check: why})


def _resampled(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    import soxr

    if rate == RATE:
        return samples
    resampled: NDArray[np.float32] = soxr.resample(samples, rate, RATE, quality="HQ")
    return resampled
