"""Formulas in plain text are found, and prose is left alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from narrate.reading.mathematics import find, plain

HERE = Path(__file__).parent
PROSE = (HERE / "prose.txt").read_text(encoding="utf-8").splitlines()


def _said(text: str) -> str:
    """The text with `<…>` around what is said in place of a formula."""
    for reading in reversed(list(find(text))):
        text = f"{text[: reading.start]}<{reading.spoken}>{text[reading.end :]}"
    return text


def test_plain_formulas_are_said() -> None:
    lines = (HERE / "plain.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [tuple(line.split("\t")) for line in lines]
    assert [(text, _said(text)) for text, _ in rows] == rows


def test_prose_is_left_alone() -> None:
    assert len(PROSE) > 100
    assert [_said(line) for line in PROSE] == PROSE


@pytest.mark.parametrize(
    "piece",
    [
        "x^",
        "a+",
        "(",
        "f(",
        "|",
        "x_",
        "√",
        "a=b ",
        "((a) ",
        "x^{",
        "²",
        "(i",
        "(i,j)t",
        "x^th",
        "\\(",
        "n!",
        "-",
    ],
)
def test_long_texts_take_linear_time(piece: str) -> None:
    """A hundred times the text takes about a hundred times as long, not ten thousand."""
    start = time.process_time()
    list(plain.find(piece * (100_000 // len(piece))))
    assert time.process_time() - start < 10


def test_readings_do_not_overlap() -> None:
    text = "f(x) = x^2 + 1, $y$ and a_i < b_j; then |x| is O(1)."
    readings = list(find(text))
    assert [reading.rule for reading in readings] == ["mathematics"] * 5
    ends = [0, *(reading.end for reading in readings)]
    assert all(end <= reading.start for end, reading in zip(ends, readings, strict=False))
