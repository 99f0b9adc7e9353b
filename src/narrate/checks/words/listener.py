"""A sound and its words -> how much likelier it is that other words are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.checks.words.acoustics import AcousticModel
from narrate.checks.words.features import features
from narrate.checks.words.pronouncer import Word
from narrate.checks.words.search import SILENT, Step, find
from narrate.checks.words.states import states

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 9999.0
"""The greatest ratio; that of a sound into which its words do not fit at all."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The likeliest way through the words, and by how many nats it is likelier than the expected
    one; 0 if it is the expected one.
    """

    ratio: float
    steps: tuple[Step, ...]


class Listener:
    """Follows expected words through a sound, at 0.02 × real time on a core."""

    def __init__(self, model: Path | None = None) -> None:
        """`model` is a folder, by default that of pocketsphinx. Raises EnvironmentProblem."""
        self._model = AcousticModel(model)

    def follow(self, samples: NDArray[np.float32], words: Sequence[Word]) -> Followed:
        """Follow at least one word through mono samples at 16 kHz."""
        each = states(self._model, features(samples), words)
        free = find(each, free=True)
        said = [(step.word, step.cut) for step in free.steps if step.word != SILENT]
        if said == [(number, False) for number in range(len(words))]:
            return Followed(0.0, free.steps)
        straight = find(each, free=False)
        return Followed(min(free.likelihood - straight.likelihood, MOST), free.steps)
