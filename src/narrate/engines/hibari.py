"""hibari: a small neural English voice that ships inside its package and runs on any CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from narrate.engines.base import (
    Auto,
    Capabilities,
    Job,
    ModelRef,
    Reference,
    Synthesis,
    Unspeakable,
)

if TYPE_CHECKING:
    from hibari import Hibari

CAPABILITIES = Capabilities(
    name="hibari",
    behaviour=1,
    model="heart",
    languages=("en", "en-us"),
    speakers=("heart",),
    voices=("speaker",),
    packages=("hibari-tts", "numpy"),
    rtf=0.02,
    auto=Auto.DEFAULT_VOICE,
)


class Engine:
    """Speaks one job at a time; the same job gives the same samples, whatever else is installed."""

    def load(self, model: ModelRef) -> None:
        # hibari takes its Fourier transform from scipy where there is one, and then its samples
        # differ.
        sys.modules["scipy"] = None  # type: ignore[assignment]
        sys.modules["scipy.fft"] = None  # type: ignore[assignment]
        from hibari import Hibari

        self._model: Hibari = Hibari(voice=CAPABILITIES.model, threads=1)

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Unspeakable]:
        for job in jobs:
            samples = self._model(job.request.text, seed=job.seed)
            if samples.size:
                yield Synthesis(samples, self._model.sample_rate)
            else:
                yield Unspeakable("hibari found nothing in it that English can say")

    def close(self) -> None:
        del self._model
