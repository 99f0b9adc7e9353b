"""A person's own words are said as the lexicon says, before anything else is read."""

from __future__ import annotations

from typing import Any

import pytest

from narrate.base.spelling import Spelling
from narrate.engines.hibari import CAPABILITIES
from narrate.reading import lexicon, words
from narrate.reading import utterances as spoken
from narrate.reading.problems import Unreadable
from narrate.reading.reader import Reader

HIBARI = CAPABILITIES.spelling
WORDS: dict[str, Any] = {
    "Kubernetes": "koober netties",
    "SQL": "sequel",
    "state of the art": {"say": "very good", "ignore_case": True},
    "kubectl": {"spell": True},
    "Nguyen": {"say": "win", "phonemes": "wɪn"},
    "R2D2": {"spell": True},
    "Maß": {"spell": True},
    "data": [{"say": "dah ta", "voice": "old"}, {"say": "day ta", "language": "en"}],
}


def said(
    text: str, voice: str | None = None, language: str = "en", spelling: Spelling | None = None
) -> str:
    entries = lexicon.chosen(lexicon.parse(WORDS), voice)
    result = spoken.read(text, reader=Reader(language, lexicon=entries))
    return " ".join(part.spelled(spelling or Spelling()) for part in result.utterances)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Kubernetes runs.", "koober netties runs."),
        ("It is SQL, not MySQL.", "It is sequel, not my sequel."),
        ("State of the Art tools.", "very good tools."),
        ("Run `kubectl` now.", "Run K U B E C T L now."),
        ("Mr. Nguyen met R2D2.", "mister win met R two D two."),
        ("So $SQL = 3$ in SQL.", "So S Q L equals three in sequel."),
        ("sql is lower.", "sql is lower."),
        ("It is Maß.", "It is M A S S."),
    ],
)
def test_words_are_said_as_the_lexicon_says(written: str, expected: str) -> None:
    assert said(written) == expected


def test_an_entry_holds_for_its_voice_and_its_language() -> None:
    assert said("More data.") == "More day ta."
    assert said("More data.", voice="old") == "More dah ta."
    assert said("Mehr data.", language="de") == "Mehr data."


def test_phonemes_reach_only_engines_that_take_them() -> None:
    assert said("Mr. Nguyen.") == "mister win."
    assert said("Mr. Nguyen.", spelling=HIBARI) == "mister [win](/wɪn/)."
    own = lexicon.parse({"Jay": {"phonemes": "dʒeɪ"}})
    result = spoken.read("Jay.", reader=Reader(lexicon=own))
    assert result.utterances[0].text == "Jay."
    assert result.utterances[0].spelled(HIBARI) == "[Jay](/ʤA/)."


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Use x64 and X86.", "Use ex sixty-four and ex 86."),
        ("CVE-2024-3094 and CVEs", "vulnerability 3094 of 2024 and CVEs"),
        ("`x64` is not `a x64`", "ex sixty-four is not a x64"),
        ("GH-12 is gh-12", "issue 12 is issue 12"),
        ("SQL v9", "sequel v9"),
    ],
)
def test_expressions_come_after_words(written: str, expected: str) -> None:
    document = {
        "x64": "ex sixty-four",
        "[xX](\\d+)": {"say": "ex \\1", "regex": True},
        "CVE-(?P<year>\\d+)-(\\d+)": {"say": "vulnerability \\2 of \\g<year>", "regex": True},
        "gh-(\\d+)": {"say": "issue \\1", "regex": True, "ignore_case": True},
        "S.L": {"say": "no", "regex": True},
        "SQL": "sequel",
    }
    text = spoken.plain(written)
    code = [(0, 3), (11, 16)] if "`" in written else []
    found = lexicon.find(text, lexicon.searches(lexicon.parse(document), "en"), code)
    assert words.spoken(text, found) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Straße, STRASSE", "street, street"),
        ("The Lead Time of leads", "The delay of leads"),
        ("data of dato", "day ta of dah to"),
        (r"It is a(\d+).", r"It is a(\d+)."),
    ],
)
def test_words_in_any_case_and_language_names_are_found(written: str, expected: str) -> None:
    document = {
        "Straße": {"say": "street", "ignore_case": True},
        "STRASSE": {"say": "street", "ignore_case": True},
        "Lead": "leed",
        "lead time": {"say": "delay", "ignore_case": True},
        "data": {"say": "day ta", "language": "English"},
        "dato": {"say": "dah to", "language": "en-GB"},
        "A(\\d+)": {"say": "a \\1", "regex": True, "ignore_case": True},
    }
    found = lexicon.find(written, lexicon.searches(lexicon.parse(document), "en"))
    assert words.spoken(written, found) == expected


def test_reading_off_leaves_the_lexicon_out() -> None:
    reader = Reader(mode="off", lexicon=lexicon.parse(WORDS))
    assert spoken.read("SQL", reader=reader).utterances[0].text == "SQL"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"a": 3}, "'a': it has a value of the wrong type"),
        ({"a": {"say": 3}}, "'a': it has a value of the wrong type"),
        ({"a": {}}, "'a': it does not say how"),
        ({"a": {"say": "b", "spell": True}}, "'a': it has `spell` and other words"),
        ({"a": {"sya": "b"}}, "'a': unknown field 'sya'"),
        ({"a": {"phonemes": "x](/y"}}, "'a': the phonemes have"),
        ({"": "b"}, "the word is empty"),
        ({"a(": {"say": "b", "regex": True}}, "'a(': the regular expression is wrong: missing )"),
        ({"(a": {"say": "b", "regex": True}}, "at position 0"),
        ({"a)(b": {"say": "b", "regex": True}}, "wrong: unbalanced parenthesis at position 1"),
        ({"[[a]": {"say": "b", "regex": True}}, "wrong: Possible nested set at position 1"),
        ({"a": "..."}, "'a': `say` has no word"),
        ({"a": "zed [pause:1s]"}, "'a': `say` has markup in it"),
        ({"a": "`b`"}, "'a': `say` has markup in it"),
        ({"a": {"say": "\\1", "regex": True}}, "invalid group reference"),
        ({"a": {"say": "\\g<b>", "regex": True}}, "unknown group name"),
    ],
)
def test_a_mistake_is_named(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match="^") as error:
        lexicon.parse(document)
    assert problem in str(error.value)


def test_all_mistakes_are_named_each_with_a_next_step() -> None:
    with pytest.raises(Unreadable) as error:
        lexicon.parse({"a": {"sya": "b"}, "b": "bee", "c": {}})
    assert [(each.what[:3], each.hint[:12]) for each in error.value.problems] == [
        ("'a'", "did you mean"),
        ("'c'", "give `say`, "),
    ]
