"""buzz: an engine that says each letter as a square wave, the same way every time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from narrate.engines.base import Capabilities, Job, ModelRef, Reference, Synthesis, Unspeakable
from narrate.request import Stock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CAPABILITIES = Capabilities(
    name="buzz",
    behaviour=1,
    model="square",
    languages=("en",),
    speakers=("low", "high"),
    voices=("speaker",),
    packages=("narrate-buzz", "numpy"),
    rtf=0.001,
    characters="",
    loses_words=False,
)

RATE = 24_000
LETTERS_PER_SECOND = 15
LOWEST = {"low": 110.0, "high": 220.0}
"""Hz of an "a"; each letter after it is a semitone higher."""


class Engine:
    """Buzzes one job at a time."""

    def load(self, model: ModelRef) -> None:
        """Read a model and import slow libraries here: the module itself must import at once."""

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Exception]:
        for job in jobs:
            letters = [ord(each) - 97 for each in job.request.text.lower() if "a" <= each <= "z"]
            if letters:
                voice = job.request.voice
                speaker = voice.speaker if isinstance(voice, Stock) else None
                yield Synthesis(_buzz(letters, LOWEST[speaker or "low"]), RATE)
            else:
                yield Unspeakable("there is no letter from a to z in it")

    def close(self) -> None:
        """There is nothing to let go of."""


def _buzz(letters: list[int], lowest: float) -> NDArray[np.float32]:
    import numpy as np

    pitch = lowest * 2 ** (np.repeat(letters, RATE // LETTERS_PER_SECOND) / 12)
    return (0.1 * np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / RATE))).astype(np.float32)
