"""Characters that are neither seen nor heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.reading import utterances as spoken
from narrate.reading.characters import has_word, visible

INVISIBLE = (
    "\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a\u202c\u202e\u2066\u2069\u061c\u034f\ufe0f\x07"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("This is a pre\u00adrequi\u00adsite.", "This is a prerequisite."),
        ("A\u200bzero\u200bwidth\u2060 word\ufeff here.", "Azerowidth word here."),
        ("Prix\u00a0: 5\u202f000\u00a0\u20ac, e\ufb03cient.", "Prix : 5 000 \u20ac, efficient."),
        ("\u202eTurned\u202c \u2067round\u2069", "Turned round"),
        ("\ufb01ve o\ufb00ers \ufb06op", "five offers stop"),
        ("a\u200db\u200cc", "abc"),
        ("thin\u2009and\u3000wide", "thin and wide"),
        ("cafe\u200b\u0301", "caf\u00e9"),
    ],
)
def test_invisible_characters_are_neither_said_nor_shown(text: str, said: str) -> None:
    result = spoken.read(text)
    assert result.display == said
    assert [each.text for each in result.utterances] == [said]


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian: a non-joiner in a word
        "\u0915\u094d\u200d\u0937",  # Devanagari: a half letter
        "\u2764\ufe0f\u200d\U0001f525",  # a heart on fire
        "\U0001f469\u200d\U0001f52c",  # a scientist
        "1\ufe0f\u20e3",  # a keycap
        "\u845b\U000e0100",  # a Chinese character in one of its forms
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
    ],
)
def test_what_joins_or_varies_visible_characters_stays(text: str) -> None:
    assert visible(text) == text


@given(st.lists(st.tuples(st.sampled_from("abé .,12[]<"), st.sampled_from([*INVISIBLE, ""]))))
def test_invisible_characters_change_nothing(pairs: list[tuple[str, str]]) -> None:
    assert visible("".join(a + b for a, b in pairs)) == visible("".join(a for a, _ in pairs))


@pytest.mark.parametrize("text", ["", "...", "—", "?!", "«»", "\u200b", "^", "*"])
def test_signs_are_no_words(text: str) -> None:
    assert not has_word(text)


@pytest.mark.parametrize("text", ["a", "7", "é", "字", "+", "☺", "%", "€", "½"])
def test_letters_digits_and_symbols_are_words(text: str) -> None:
    assert has_word(text)
