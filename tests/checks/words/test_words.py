"""The check of words, on real speech."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from narrate.checks.expected import Expected
from narrate.checks.recognizer import Heard
from narrate.checks.words import Tools, Words, judge, measure
from narrate.thresholds import Thresholds

TEXT = "Every row of the matrix is multiplied by the column of weights."
TOOLS = Tools()


@cache
def spoken(text: str) -> NDArray[np.float32]:
    from hibari import Hibari

    samples: NDArray[np.float32] = soxr.resample(Hibari()(text, seed=0), 24_000, 16_000)
    return samples.astype(np.float32)


def measured(said: str, text: str = TEXT, heard: str | None = None) -> Words:
    return of(spoken(said), text, heard)


def of(samples: NDArray[np.float32], text: str = TEXT, heard: str | None = None) -> Words:
    listened = None if heard is None else Heard(heard, (), "en")
    return measure(samples, Expected(text, text, "en"), listened, TOOLS)


def reasons(found: Words) -> tuple[str, ...]:
    return judge(found, Thresholds())


def test_what_is_said_as_it_is_written_passes() -> None:
    found = measured(TEXT)
    assert found.checked == "graph"
    assert reasons(found) == ()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Every row of the matrix is by the column of weights.", "it leaves out 'multiplied'"),
        (
            "Every row of the matrix the matrix is multiplied by the column of weights.",
            "it says 'the matrix' again",
        ),
        (
            "Every row of the garden is multiplied by the column of weights.",
            "it says something else instead of 'matrix'",
        ),
        (
            "Every row of the matrix is never multiplied by the column of weights.",
            "it says something else at",
        ),
        ("Every row of the matrix is multiplied by the column of.", "it leaves out 'weights.'"),
    ],
)
def test_what_is_said_otherwise_is_told(said: str, reason: str) -> None:
    assert reason in reasons(measured(said))[0]


def test_measurements_are_small_and_judge_the_same_when_they_come_back() -> None:
    found = measured("Every row of the garden is multiplied by the column of weights.")
    stored = msgspec.json.encode(found)
    assert len(stored) < 1_000
    assert reasons(msgspec.json.decode(stored, type=Words)) == reasons(found) != ()
