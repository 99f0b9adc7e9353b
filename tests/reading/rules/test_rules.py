"""Technical notation as it is said: the tables, ordinary prose, other languages, and any text."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrate.reading import rules
from narrate.reading.rules import symbols
from narrate.reading.rules.form import is_sayable
from narrate.reading.words import Reading, Unreadable, spoken

HERE = Path(__file__).parent


def table(name: str) -> list[tuple[str, ...]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]


NOTATION = table("notation.tsv")
PROSE = (HERE / "prose.txt").read_text(encoding="utf-8").splitlines()


def said(text: str, language: str = "en") -> str:
    return spoken(text, rules.readings(text, language))


@pytest.mark.parametrize(("written", "expected", "names"), NOTATION)
def test_notation_is_said_as_a_teacher_says_it(written: str, expected: str, names: str) -> None:
    readings = rules.readings(written)
    assert spoken(written, readings) == expected
    assert " ".join(dict.fromkeys(reading.rule.replace(" ", "-") for reading in readings)) == names


def test_there_are_enough_cases() -> None:
    assert len({written for written, *_ in NOTATION}) == len(NOTATION) >= 400
    assert len(set(PROSE)) >= 200


def test_every_rule_has_cases() -> None:
    used = {name for *_, names in NOTATION for name in names.split()}
    assert {name.replace(" ", "-") for name in rules.NAMES} == used


def test_no_digit_and_no_sign_is_left() -> None:
    left = {character for _, expected, _ in NOTATION for character in expected}
    assert {character for character in left if unicodedata.category(character)[0] in "NS"} == set()


@pytest.mark.parametrize("sentence", PROSE)
def test_prose_is_left_alone(sentence: str) -> None:
    assert rules.readings(sentence) == []


@pytest.mark.parametrize(("language", "written", "expected"), table("languages.tsv"))
def test_numbers_in_other_languages(language: str, written: str, expected: str) -> None:
    assert rules.covers(language)
    assert said(written, language) == expected


@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "pt", "ru", "ja", "ko"])
def test_every_number_of_a_language_has_words(language: str) -> None:
    """num2words fails at some ordinals; no word has a digit, and none breaks off."""
    marks = ("", "%", " €", "er", "e", "º", "ª", "-й", "番目", " 번째", ",5", ".25")
    values = [*range(130), *range(1000, 1030), 1999, 10**6, 10**14 + 21, 10**20]
    for text in [f"{value}{mark}" for value in values for mark in marks]:
        for reading in rules.readings(text, language):
            assert not any(map(str.isdigit, reading.spoken)), text
            assert reading.spoken.strip() == " ".join(reading.spoken.split()), text


@pytest.mark.parametrize("unit", ["1.", "1 000 ", "000 ", "-5 ", "1,", "€1", "до "])
def test_a_long_text_in_another_language_takes_no_more_than_its_length(unit: str) -> None:
    for language in ("de", "ru", "ja"):
        assert all(each.spoken for each in rules.readings((unit * 100_000).strip() + "x", language))


def test_a_language_without_number_words_keeps_its_digits() -> None:
    assert not rules.covers("zh")
    assert said("5 个", "zh") == "5 个"


def test_spans_that_are_taken_are_left_alone() -> None:
    text = "Add 5 and $x^2$ and 7."
    readings = rules.readings(text, taken=[(10, 15)])
    assert spoken(text, readings) == "Add five and $x^2$ and seven."


def test_a_reading_names_its_place_and_its_rule() -> None:
    assert rules.readings("It takes 12 ms.") == [Reading(9, 14, "twelve milliseconds", "units")]


def test_what_has_no_words_is_an_error_with_its_place() -> None:
    with pytest.raises(Unreadable, match="squared plus.* cannot be read aloud") as caught:
        rules.readings("a ⊞ b")
    assert (caught.value.start, caught.value.end) == (2, 3)


# All that a person could write; controls and code points without a character are errors.
CHARACTERS = st.one_of(
    st.characters(categories=("L", "N", "P", "S", "M", "Z")),
    st.characters(categories=("Nd", "No", "Nl", "Sm", "Sc", "So", "Sk", "Cf", "Co")),
    st.sampled_from("aAxI019 .,:;-–/*+=%$€#@&_`~^°²½×→≥'\"()[]{}<>\\|!?\n"),
)


@settings(max_examples=1000, deadline=None)
@given(st.text(CHARACTERS, max_size=40))
def test_nothing_is_ever_dropped(text: str) -> None:
    readings = readings_or_error(text)
    if isinstance(readings, Unreadable):
        assert 0 <= readings.start < readings.end <= len(text)
        return
    end = 0
    for reading in readings:
        assert end <= reading.start < reading.end
        assert reading.spoken.strip()
        assert is_sayable(reading.spoken), reading
        assert all(stays(at, text) for at in range(end, reading.start))
        end = reading.end
    assert all(stays(at, text) for at in range(end, len(text)))


def readings_or_error(text: str) -> list[Reading] | Unreadable:
    try:
        return rules.readings(text)
    except Unreadable as error:
        return error


def stays(at: int, text: str) -> bool:
    """Whether a character may be left as it is: a letter, or a mark that has no words."""
    return at in symbols.bullets(text) or symbols.stays(text[at])


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a", "A", "0", "1,", "1.", "`", "-", "/", "a.", "a_", "$1", "( "])
def test_a_long_text_takes_no_more_than_its_length(unit: str) -> None:
    """A pattern that backtracks would run into the time limit of the tests."""
    text = (unit * 300_000)[:300_000]
    assert all(reading.spoken for reading in rules.readings(text))
