"""Which of several takes is the best."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Candidate(NamedTuple):
    """A take that may be chosen: the reasons for refusing it, how far it is from what it should be
    (0 is best; the caller says in what), and its length in seconds.
    """

    reasons: Sequence[str]
    distance: float
    seconds: float


def best(candidates: Sequence[Candidate]) -> int:
    """The index of the take to use. Raises ValueError if there is none.

    The fewest reasons count first, then the least distance, then the length that is nearest to the
    median of all, as an engine that loses its way is slower or faster than usual; then the first.
    """
    usual = median(each.seconds for each in candidates)

    def rank(index: int) -> tuple[int, float, float]:
        each = candidates[index]
        return len(each.reasons), each.distance, abs(each.seconds - usual)

    return min(range(len(candidates)), key=rank)
