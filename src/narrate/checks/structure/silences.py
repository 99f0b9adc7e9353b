"""Silence inside a clip: pauses, and dropouts whose edges no mouth can make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from narrate.checks.structure.frames import Frames, runs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORTEST_GAP = 0.3
"""Seconds. Shorter silence needs no explanation: the closure of a stop may take 0.15 s."""

MOST_GAPS = 12

PAUSE = 20
"""Frames of 5 ms; what is shorter is part of a word."""

SHORTEST_DROPOUT = 20
"""Milliseconds."""

NOTHING_DB = (-40.0, -50.0)
"""Below which a dropout is looked for, against the loud frames."""

EDGE = 3
"""Milliseconds in which the sound is gone, or there again."""


def gaps(frames: Frames) -> list[tuple[int, int]]:
    """The pauses inside the speech from SHORTEST_GAP on, the longest first: how much of the speech
    is before them in thousandths, and their length in milliseconds.
    """
    first, last = frames.span
    active = frames.active[first:last]
    spoken = active.cumsum()
    found = [
        (
            round(1000 * float(spoken[begin]) / float(spoken[-1])),
            round(1000 * frames.step * (end - begin)),
        )
        for begin, end in runs(~active)
        if (end - begin) * frames.step >= SHORTEST_GAP
    ]
    return sorted(found, key=lambda gap: -gap[1])[:MOST_GAPS]


def spoken(frames: Frames) -> float:
    """The seconds of speech, with the closures of its stops and without its pauses."""
    first, last = frames.span
    pauses = (end - begin for begin, end in runs(~frames.active[first:last]))
    return frames.step * (last - first - sum(size for size in pauses if size >= PAUSE))


def dropout(frames: Frames) -> float:
    """The dB by which sound falls within 3 ms into silence of 20 ms or more, and rises out of it;
    the greatest of all places, 0 if there is none. A mouth closes more slowly.
    """
    fine = frames.levels(frames.rate // 1000) - frames.loud
    return max(_cliff(fine, silence) for silence in NOTHING_DB)


def _cliff(fine: NDArray[np.float64], silence: float) -> float:
    """The same for one level of silence."""
    edges = [
        min(fine[begin - EDGE : begin].max(), fine[end : end + EDGE].max()) - silence
        for begin, end in runs(fine < silence)
        if end - begin >= SHORTEST_DROPOUT and begin >= EDGE and end <= fine.size - EDGE
    ]
    return float(max(edges, default=0.0))
