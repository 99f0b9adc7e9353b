"""Expected words beside what a recognizer wrote for them."""

from __future__ import annotations

import pytest

from narrate.checks.expected import Expected
from narrate.checks.recognizer import Heard
from narrate.checks.words.hearing import Otherwise, compare
from narrate.checks.words.pronouncer import Pronouncer
from narrate.thresholds import Thresholds

PRONOUNCER = Pronouncer()
LIMIT = Thresholds().words_burst


def compared(text: str, heard: str) -> Otherwise:
    words = PRONOUNCER.words(Expected(text, text, "en"))
    return compare(PRONOUNCER, words, Heard(heard, (), "en"))


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("The matrix has nine twenty-six rows.", "The matrix has 926 rows."),
        ("Call numpy dot argmax on the last axis.", "Call numpy.argmax on the last axis."),
        ("The entry C I J is a dot product.", "The entry Cij is a dot product."),
        ("Pi is about three point one four.", "Pi is about 3.14."),
        ("About fifty percent of them passed.", "About 50% of them passed."),
        ("It costs four thousand six hundred dollars a year.", "It costs $4,600 a year."),
        ("It began in nineteen sixty-nine.", "It began in 1969."),
        ("The port is eight zero eight zero.", "The port is 8080."),
        ("The area is x squared.", "The area is x²."),
    ],
)
def test_notation_is_read_as_it_was_said(text: str, heard: str) -> None:
    assert compared(text, heard).burst < 1


@pytest.mark.parametrize(
    ("heard", "there"),
    [
        ("The matrix has four columns and two columns.", "columns"),
        ("The matrix has four rows and two robots.", "robots."),
        ("The garden has four rows and two columns.", "garden"),
    ],
)
def test_another_word_is_found_where_it_was_heard(heard: str, there: str) -> None:
    found = compared("The matrix has four rows and two columns.", heard)
    assert found.burst > LIMIT / 2
    assert there in found.heard
