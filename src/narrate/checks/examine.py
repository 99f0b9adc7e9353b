"""Samples -> what the checks that listen find in them. It loads models, so it is the work of a
process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from narrate.base import languages
from narrate.checks import echo, quality, speaker, words
from narrate.checks.echo import Echo
from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.checks.recognizer import Heard, Hearing
from narrate.checks.speaker import Speaker
from narrate.engines.base import Reference
from narrate.errors import EnvironmentProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz, that every model here hears."""

NO_RECOGNIZER = "there is no recogniser, so they are checked by their sounds alone"


class Examiner:
    """Listens with each of its checks, whose models are loaded when they are first needed."""

    def __init__(self, hearing: Hearing | None) -> None:
        """`hearing` is what hears words; without it, the checks make do with less."""
        self._hearing = hearing
        self._tools = words.Tools()
        self._references: dict[int, tuple[Reference, Speaker]] = {}

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
        found, heard = Findings(), None
        if {"words", "echo"} & {*checks}:
            heard = self._heard(samples16, expected.language)
        if "words" in checks:
            found = self._words(found, samples16, expected, heard)
        if "echo" in checks:
            found = _echo(found, samples16, expected, heard, reference)
        if "speaker" in checks:
            found = self._voice(found, samples16, reference)
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
            measured = words.measure(samples16, expected, heard, self._tools)
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
        # A reference is kept, so that no other object can get its id.
        if id(reference) not in self._references:
            samples16 = _resampled(reference.samples, reference.rate)
            measured = speaker.measure(samples16, embedder.find())
            self._references[id(reference)] = reference, measured
        return self._references[id(reference)][1]


def _echo(
    found: Findings,
    samples16: NDArray[np.float32],
    expected: Expected,
    heard: Heard | None,
    reference: Reference | None,
) -> Findings:
    """Without a reference, there is nothing to repeat."""
    if reference is None:
        return msgspec.structs.replace(found, echo=Echo(echo.VERSION))
    measured = echo.measure(
        samples16,
        _resampled(reference.samples, reference.rate),
        expected.text,
        reference.transcript or "",
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
