"""Small text for people."""

from __future__ import annotations

import pytest

from narrate.base import text
from narrate.base.text import counted, did_you_mean, duration, printable, quoted, shortened, size


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 files"), (1, "1 file"), (2, "2 files"), (12_345, "12,345 files")],
)
def test_only_one_is_singular(number: int, words: str) -> None:
    assert counted(number, "file") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.44, "0.4 s"),
        (12.4, "12 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_a_duration_has_a_unit_that_suits_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (5 * 10**15, "5,000.0 TB"),
    ],
)
def test_a_size_has_a_unit_that_suits_it(count: int, words: str) -> None:
    assert size(count) == words


def test_what_would_steer_a_terminal_is_escaped() -> None:
    assert printable("é\u00a0x") == "é\u00a0x"
    assert printable("a\x1b[2J\n\u202eb") == "a\\x1b[2J\\n\\u202eb"


def test_text_from_outside_is_quoted_and_short() -> None:
    assert quoted("a\nb") == r"'a\nb'"
    assert quoted("x" * 50) == repr("x" * 37 + "...")
    assert len(quoted("\x00" * 50)) == 78


def test_text_is_shortened_only_if_it_is_too_long() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"


def test_a_similar_name_is_suggested_else_what_there_is() -> None:
    known = [f"name{number}" for number in range(20)]
    assert did_you_mean("nane3", known) == "did you mean 'name3'?"
    assert did_you_mean("xyz", known, "see the list") == "see the list"
    assert did_you_mean("xyz", known) == "use one of: " + ", ".join(known[:12])


@pytest.mark.parametrize("name", ["größe.md", "d\udce4r.md", "\udc80\udcff", "a\\b.md"])
def test_a_name_that_is_not_utf_8_can_be_stored(name: str) -> None:
    stored = text.encodable(name)
    assert stored.encode().decode() == stored
    assert text.unescaped(stored) == name
