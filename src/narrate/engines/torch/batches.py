"""Which jobs are spoken together. Standard library only: workers import this file."""

from __future__ import annotations

from collections.abc import Sequence

WASTE = 0.1
"""How much of a batch may be padding. Every row runs until the longest has ended."""

FEW = 4
"""So few rows are always worth their padding: on every device a step of four costs far less than
two of two.
"""


def pack(
    lengths: Sequence[float], budget: float, rows: int, prompt: float = 0.0
) -> list[list[int]]:
    """Sort jobs by length and cut them into batches, longest first; returns the indices of each
    batch.

    `lengths` are what the jobs are expected to take and `prompt` what every row carries besides, in
    the unit of `budget`. A batch holds at most `rows` rows, and its rows times its longest row at
    most `budget`; a job that is over the budget by itself is alone. Of a batch of more than FEW
    rows at most WASTE is padding.
    """
    batches: list[list[int]] = []
    longest = filled = 0.0
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        length = lengths[index]
        width = len(batches[-1]) + 1 if batches else 1
        fits = 1 < width <= rows and width * (prompt + longest) <= budget
        if fits and (width <= FEW or filled + length >= (1 - WASTE) * width * longest):
            batches[-1].append(index)
            filled += length
        else:
            batches.append([index])
            longest = filled = length
    return batches
