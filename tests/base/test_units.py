"""Sizes and ages as people write them."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.base import units
from support.project import Narrate

WHOLE = st.integers(0, 10**18)
PART = st.integers(0, 10**9).map(str)
SPACE = st.sampled_from(("", " ", "  ", "\t"))
SIZES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
SIZES |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
AGES = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1", 1),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        ("2G", 2_000_000_000),
        ("1GiB", 1 << 30),
        ("1.5GiB", 3 << 29),
        ("1gi", 1 << 30),
        ("1.9", 1),
        ("12b", 12),
        (" 3 KiB\n", 3072),
        ("2TB", 2_000_000_000_000),
        ("9007199254740993", 9_007_199_254_740_993),
        ("9" * 400, int("9" * 400)),
    ],
)
def test_a_size_is_so_many_bytes(text: str, size: int) -> None:
    assert units.size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("90min", 5400),
        ("12h", 43_200),
        ("30d", 2_592_000),
        ("30 D", 2_592_000),
        ("1.5w", 907_200),
    ],
)
def test_an_age_is_so_many_seconds(text: str, seconds: float) -> None:
    assert units.age(text) == seconds


NO_NUMBER = [
    "",
    " ",
    "B",
    "-1GB",
    "+1GB",
    "1e3",
    "1,5GB",
    ".5GB",
    "1.",
    "1. GB",
    "0x10",
    "1 2GB",
    "NaN",
    "inf",
    "٣GB",
]


@pytest.mark.parametrize(
    "text", [*NO_NUMBER, "lots", "1EB", "1PB", "1iB", "1IB", "1GBB", "1GB/s", "1d", "9" * 5000]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"use a number and a unit, such as 500MB|digits"):
        units.size(text)


@pytest.mark.parametrize(
    "text", [*NO_NUMBER, "long", "1", "5m", "1y", "1mo", "1 day", "1h30min", "1GB"]
)
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="use a number and a unit, such as 30d"):
        units.age(text)


@given(WHOLE, PART, SPACE, st.sampled_from(sorted(SIZES)), st.sampled_from(("", "B", "b")))
def test_sizes_are_exact(whole: int, part: str, space: str, unit: str, suffix: str) -> None:
    number = Fraction(f"{whole}.{part}")
    text = f"{whole}.{part}{space}{unit}{suffix}"
    assert (
        units.size(text)
        == units.size(text.upper())
        == units.size(text.lower())
        == int(number * SIZES[unit])
    )


@given(WHOLE, PART, SPACE, st.sampled_from(sorted(AGES)))
def test_ages_are_as_exact_as_times(whole: int, part: str, space: str, unit: str) -> None:
    expected = float(f"{whole}.{part}") * AGES[unit]
    assert (
        units.age(f"{whole}.{part}{space}{unit}")
        == units.age(f"{whole}.{part}{unit.upper()}")
        == expected
    )


@given(st.text())
def test_whatever_is_written_is_a_number_or_refused(text: str) -> None:
    for parse in (units.size, units.age):
        with contextlib.suppress(ValueError):
            assert parse(text) >= 0


def test_a_larger_size_is_larger() -> None:
    sizes = [units.size(f"1{unit}") for unit in ("", "K", "Ki", "M", "Mi", "G", "Gi", "T", "Ti")]
    assert sizes == sorted(set(sizes))


def test_the_command_says_what_may_be_written(tone: Narrate) -> None:
    for flag, value, hint in (
        ("--max-size", "lots", "such as 500MB"),
        ("--older-than", "5m", "such as 30d"),
    ):
        ran = tone("cache", "prune", flag, value)
        assert (ran.code, ran.out) == (2, "")
        assert f"{flag}: '{value}' is no" in ran.err
        assert hint in ran.err
    assert tone("cache", "prune", "--max-size", "9" * 400).code == 0
    assert tone("cache", "prune", "--older-than", "9" * 400 + "d").code == 0
