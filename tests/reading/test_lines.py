"""The lines that `make reading` measures, their words, and the page that quotes them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from narrate.reading import utterances
from narrate.reading.reader import Reader
from support.hearing import Studio, words

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def table(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]


LINES = table("lines.tsv")


def said(text: str) -> str:
    return " ".join(part.text for part in utterances.read(text, reader=Reader()).utterances)


@pytest.mark.parametrize(("written", "expected"), [row[1:] for row in LINES])
def test_technical_lines_are_said_as_a_teacher_says_them(written: str, expected: str) -> None:
    assert said(written) == expected


def test_there_are_enough_lines() -> None:
    kinds = Counter(row[0] for row in LINES)
    assert kinds.total() == len({row[1] for row in LINES}) == 120
    assert kinds["mathematics"] == 40


@pytest.mark.parametrize(
    ("written", "forms"), [(row[0], row[1:]) for row in table("normalisers.tsv")]
)
def test_lines_of_the_comparison_are_said_in_a_right_form(written: str, forms: list[str]) -> None:
    assert said(written) in forms


def test_the_page_about_reading_is_up_to_date() -> None:
    check = [sys.executable, str(ROOT / "scripts" / "reading.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))


@pytest.mark.parametrize(
    ("expected", "heard", "wrong"),
    [
        ("C I J equals A I K", "Cij equals Aik.", 0),
        ("three point five meters per second", "3.5 m/s", 0),
        ("N P dot argmax of x", "np.argmax of X", 0),
        ("F E two O three", "FE203", 0),
        ("type pip install num pie", "Type PIP install NumPy", 0),
        ("the sea and the queue", "the C and the Q", 0),
        ("dash dash force", "force", 2),
        ("A squared plus b", "it squared plus b", 1),
        ("A transpose times b", "A to the T times b", 3),
        ("x sub n plus one", "x n plus one", 1),
        ("one over two times x", "one over two x", 1),
        ("eighty eighty", "8,080", 2),
    ],
)
def test_the_same_words_are_equal_and_others_are_not(
    studio: Studio, expected: str, heard: str, wrong: int
) -> None:
    assert studio.errors(expected, heard) == (wrong, len(words(expected)))
