"""The best of several takes: by reasons, then by distance, then by length."""

from __future__ import annotations

import pytest

from narrate.takes.choice import Candidate, best


@pytest.mark.parametrize(
    ("candidates", "index"),
    [
        ([((), 0.5, 2.0)], 0),
        ([(("it is silent",), 0.0, 2.0), ((), 0.9, 2.0)], 1),
        ([((), 0.2, 2.0), ((), 0.1, 9.0)], 1),
        ([((), 0.0, 3.5), ((), 0.0, 2.0), ((), 0.0, 2.1)], 2),
        ([((), 0.0, 2.0), ((), 0.0, 2.0)], 0),
        ([(("a", "b"), 0.0, 2.0), (("a",), 0.0, 2.0)], 1),
    ],
)
def test_the_best_take(candidates: list[tuple[tuple[str, ...], float, float]], index: int) -> None:
    assert best([Candidate(*each) for each in candidates]) == index
