"""mlx-audio called one by one: what `narrate bench` measures the mlx engine against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from narrate.engines import mlx
from narrate.engines.base import Job, Reference, Synthesis

CAPABILITIES = mlx.CAPABILITIES


class Engine(mlx.Engine):
    """Gives the model one text after the other, with the recording each time."""

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Exception]:
        for job in jobs:
            yield from super().synthesize([job], voices)
