"""Packing jobs into batches: nothing lost, nothing over budget, little padding."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.engines.torch.batches import FEW, WASTE, pack

LENGTHS = st.lists(st.floats(0.0, 5000.0), max_size=200)


def padding(lengths: list[float], batches: list[list[int]]) -> float:
    """The share of the work that is padding."""
    padded = sum(len(batch) * max(lengths[index] for index in batch) for batch in batches)
    return 1 - sum(lengths) / padded


def narration(jobs: int, seed: int) -> list[float]:
    """Frames of the sentences of a narration: most take about seven seconds, some one or twenty."""
    rng = random.Random(seed)
    return [min(330.0, max(10.0, rng.lognormvariate(4.5, 0.5))) for _ in range(jobs)]


@given(LENGTHS, st.floats(1.0, 20_000.0), st.integers(1, 64), st.floats(0.0, 500.0))
def test_every_job_is_in_one_batch(
    lengths: list[float], budget: float, rows: int, prompt: float
) -> None:
    batches = pack(lengths, budget, rows, prompt)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))


@given(LENGTHS, st.floats(1.0, 20_000.0), st.integers(1, 64), st.floats(0.0, 500.0))
def test_no_batch_is_over_the_budget(
    lengths: list[float], budget: float, rows: int, prompt: float
) -> None:
    for batch in pack(lengths, budget, rows, prompt):
        assert len(batch) <= rows
        longest = max(lengths[index] for index in batch)
        assert len(batch) == 1 or len(batch) * (prompt + longest) <= budget


@given(LENGTHS)
def test_only_few_rows_may_waste(lengths: list[float]) -> None:
    for batch in pack(lengths, 1e9, 64):
        if len(batch) > FEW and lengths[batch[0]]:
            assert (
                padding([lengths[index] for index in batch], [list(range(len(batch)))])
                <= WASTE + 1e-9
            )


@given(LENGTHS)
def test_the_longest_comes_first(lengths: list[float]) -> None:
    order = [lengths[index] for batch in pack(lengths, 4096, 16) for index in batch]
    assert order == sorted(lengths, reverse=True)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("jobs", [250, 1000])
def test_a_narration_of_mixed_lengths_wastes_less_than_a_tenth(jobs: int, seed: int) -> None:
    lengths = narration(jobs, seed)
    batches = pack(lengths, 16_384, 32, 125)
    assert padding(lengths, batches) < WASTE
    assert jobs / len(batches) > 8


def test_equal_lengths_fill_the_rows() -> None:
    assert [len(batch) for batch in pack([80.0] * 40, 1e6, 16)] == [16, 16, 8]


def test_few_jobs_stay_together_whatever_their_lengths() -> None:
    assert pack([10.0, 300.0, 50.0], 1e6, 16) == [[1, 2, 0]]


def test_nothing_gives_nothing() -> None:
    assert pack([], 1000, 16) == []
