"""How unlike two rows of phonemes are: where they differ, and how much in one place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from narrate.checks.words.pronouncer import VOWELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALIKE = ("pb", "tdTɾ", "kɡ", "fv", "sz", "ʃʒ", "ʧʤ", "θð", "mnŋ", "lɹ")
"""Consonants that recognizers and voices confuse."""

SIMILAR = 0.5
"""What one sound costs in place of a similar one; any other costs 1."""

FLEETING = "əᵊɐɪᵻh"
"""Sounds that may come or go at half the cost of another."""

SAME = 0.6
"""How much of what differs a sound that agrees forgives: what differs must stand together."""


@dataclass(frozen=True, slots=True)
class Burst:
    """The place where two rows differ most: how much, and the signs there, expected and heard.
    `total` is how much they differ in all places.
    """

    cost: float
    expected: tuple[int, int]
    heard: tuple[int, int]
    total: float = 0.0


def burst(expected: str, heard: str) -> Burst:
    """Compare two rows of phonemes in hibari's signs.

    >>> burst("ðəkæt", "ðəkæt").cost, burst("ðəkæt", "ðədɔɡ").cost
    (0.0, 2.5)
    """
    steps = _aligned(expected, heard)
    total = sum(price for price, _, _ in steps)
    best = Burst(0.0, (0, 0), (0, 0), total)
    cost, start = 0.0, (0, 0)
    for price, before, after in steps:
        if not cost:
            start = before
        cost = cost + price if price else max(0.0, cost - SAME)
        if cost > best.cost:
            best = Burst(cost, (start[0], after[0]), (start[1], after[1]), total)
    return best


Place = tuple[int, int]
"""How many signs of both rows lie before it."""


def _aligned(expected: str, heard: str) -> list[tuple[float, Place, Place]]:
    """The cheapest alignment: what each step costs, and where it begins and ends."""
    table = _table(expected, heard)
    i, j = len(expected), len(heard)
    steps: list[tuple[float, Place, Place]] = []
    while i or j:
        here = table[i, j]
        if i and j and _same(here, table[i - 1, j - 1] + _swap(expected[i - 1], heard[j - 1])):
            before, price = (i - 1, j - 1), _swap(expected[i - 1], heard[j - 1])
        elif i and _same(here, table[i - 1, j] + _gap(expected[i - 1])):
            before, price = (i - 1, j), _gap(expected[i - 1])
        else:
            before, price = (i, j - 1), _gap(heard[j - 1])
        steps.append((price, before, (i, j)))
        i, j = before
    return steps[::-1]


def _table(expected: str, heard: str) -> NDArray[np.float64]:
    """The least cost between the beginnings of both rows."""
    import numpy as np

    gaps = np.cumsum([0.0, *map(_gap, heard)])
    table = np.empty((len(expected) + 1, gaps.size))
    table[0] = gaps
    for row, sign in enumerate(expected, 1):
        above = table[row - 1]
        step = above + _gap(sign)
        step[1:] = np.minimum(step[1:], above[:-1] + [_swap(sign, other) for other in heard])
        # Along a row, gaps add up, so without them the least so far is the least.
        table[row] = np.minimum.accumulate(step - gaps) + gaps
    return table


def _same(one: float, two: float) -> bool:
    return abs(one - two) < 1e-9


def _gap(sign: str) -> float:
    return SIMILAR if sign in FLEETING else 1.0


@lru_cache(4096)
def _swap(one: str, two: str) -> float:
    if one == two:
        return 0.0
    both_vowels = one in VOWELS and two in VOWELS
    alike = any(one in group and two in group for group in ALIKE)
    return SIMILAR if both_vowels or alike else 1.0
