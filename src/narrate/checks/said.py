"""Was each word said? Asked of engines that know where each word lies in what they made.

It costs nothing: a model that gives each of its sounds a length cannot leave one out, so it is
enough to see that there is sound in each word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from narrate.engines.base import Synthesis
from narrate.thresholds import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1

NOTHING_DB = -99.0


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many words were said, how loud the faintest of them is in dB against the loudest, and
    where it begins, in hundredths of a second.
    """

    version: int
    words: int
    faintest: float
    since: int


def measure(sound: Synthesis) -> Said | None:
    """Measure the words of a synthesis; None if its engine does not say where they lie."""
    import numpy as np

    if not sound.words:
        return None
    peaks = [_peak(sound.samples, *word) for word in sound.words]
    faintest = int(np.argmin(peaks))
    share = peaks[faintest] / max(peaks) if max(peaks) else 0.0
    decibels = 20 * float(np.log10(share)) if share else NOTHING_DB
    since = round(100 * sound.words[faintest][0] / sound.rate)
    return Said(VERSION, len(peaks), round(max(decibels, NOTHING_DB), 1), since)


def judge(said: Said, thresholds: Thresholds) -> tuple[str, ...]:
    """The reason for refusing a clip, in words; empty if each word was said."""
    if said.faintest >= thresholds.faintest_word:
        return ()
    return (f"there is no word at {said.since / 100:.2f} s, where one should be",)


def _peak(samples: NDArray[np.float32], start: int, end: int) -> float:
    import numpy as np

    part = np.abs(samples[max(0, start) : max(0, end)])
    return float(part.max()) if part.size else 0.0
