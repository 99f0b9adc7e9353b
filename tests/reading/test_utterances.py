"""Tags, escapes, and cutting long texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.base import limits
from narrate.reading import markup
from narrate.reading import utterances as spoken
from narrate.reading.characters import collapse
from narrate.reading.pieces import split
from narrate.reading.utterances import Utterance


def test_text_without_tags_is_one_utterance() -> None:
    result = spoken.read("  Two   words.\nThree more words. ")
    assert result.display == "Two words. Three more words."
    assert result.utterances == (Utterance("Two words. Three more words.", 0.0),)
    assert result.pause_after is None


def test_tags_split_lead_and_trail() -> None:
    result = spoken.read("[pause:1s] One [pause:0.5] [PAUSE:250ms] two.[pause:.5s]")
    assert result.utterances == (Utterance("One", 1.0), Utterance("two.", 0.75))
    assert result.pause_after == 0.5
    assert result.display == "One two."


def test_punctuation_after_a_tag_stays_with_its_word() -> None:
    result = spoken.read("So[pause:1s], then[pause:1s].")
    assert [u.text for u in result.utterances] == ["So,", "then."]
    assert result.display == "So, then."
    assert spoken.read("[pause:1s]...and so").utterances == (Utterance("...and so", 1.0),)


@pytest.mark.parametrize(
    ("text", "display"),
    [
        (r"a \[pause:1s] b", "a [pause:1s] b"),
        ("[0, 1] [a, b) a[i][0] [-]", "[0, 1] [a, b) a[i][0] [-]"),
        (r"\[town] \[1]", "[town] [1]"),
    ],
)
def test_other_brackets_are_text(text: str, display: str) -> None:
    result = spoken.read(text)
    assert result.display == display
    assert result.utterances == (Utterance(display, 0.0),)


@pytest.mark.parametrize(
    "text",
    [
        "[pause]",
        "[pause:]",
        "[pause 1s]",
        "a [pause:1s",
        "[pause:-1s]",
        "[pause:1h]",
        "[pause:nan]",
        "[pause:61s]",
        "a [pause:40s] [pause:40s] b",
        "[pause for effect]",
        "[pause:[pause:1s]]",
        "[pause:١s]",
    ],
)
def test_malformed_or_long_pauses_are_errors(text: str) -> None:
    with pytest.raises(ValueError, match=r"pause|duration"):
        spoken.read(text)


def test_say_is_spoken_and_text_is_shown() -> None:
    result = spoken.read("The set $x_1$.[pause:9s]", say="The set [pause:1s] x one.")
    assert result.display == "The set $x_1$."
    assert [u.text for u in result.utterances] == ["The set", "x one."]
    assert result.pause_after is None
    assert spoken.read(" ", say="x [pause:1s] one").display == "x one"


def test_composed_characters() -> None:
    assert spoken.read("cafe\u0301").utterances[0].text == "caf\u00e9"


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("One two. Three four. Five.", 20, ["One two. Three four.", "Five."]),
        ("Ask Dr. Who at 3.14 p.m. Then go.", 25, ["Ask Dr. Who at 3.14 p.m.", "Then go."]),
        ("See J. S. Bach, Fig. 3 etc. Run on.", 28, ["See J. S. Bach,", "Fig. 3 etc. Run on."]),
        ('"Why?" he said. "So."', 15, ['"Why?" he said.', '"So."']),
        ('Ask "Why?" then go on, and stop.', 24, ['Ask "Why?" then go on,', "and stop."]),
        ("Ab cd. Ef gh ij. Kl.", 9, ["Ab cd.", "Ef gh ij.", "Kl."]),
        ("你好世界。再见世界！", 6, ["你好世界。", "再见世界！"]),
        ("one, two, three four", 10, ["one, two,", "three four"]),
        ("aa bb cc dd", 5, ["aa bb", "cc dd"]),
        ("abcdefgh ij", 3, ["abc", "def", "gh", "ij"]),
    ],
)
def test_cuts_at_the_best_place(text: str, limit: int, pieces: list[str]) -> None:
    assert [piece.shown for piece in split(text, limit=limit)] == pieces


def test_pieces_of_a_long_text_have_no_pause_between_them() -> None:
    result = spoken.read("[pause:1s] " + "This is a sentence. " * 40)
    assert len(result.utterances) > 2
    assert [u.pause_before for u in result.utterances] == [1.0] + [0.0] * (
        len(result.utterances) - 1
    )
    assert all(u.text.endswith(".") for u in result.utterances)


prose = st.text(st.sampled_from("abZé字。，.,;:!?—… \n\t\"')1[]"), max_size=300) | st.text(
    max_size=100
)


@given(prose, st.integers(1, 60))
def test_pieces_are_short_and_join_to_the_text(text: str, limit: int) -> None:
    text = collapse(text)
    pieces = [piece.shown for piece in split(text, limit=limit)]
    assert all(0 < len(piece) <= limit and piece == piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(prose)
def test_a_text_without_tags_loses_no_word(text: str) -> None:
    result = spoken.read(markup.escape(text))
    said = "".join(utterance.text for utterance in result.utterances)
    assert [*filter(str.isalnum, said)] == [*filter(str.isalnum, result.display)]
    assert all(len(utterance.text) <= limits.UTTERANCE_CHARS for utterance in result.utterances)


@given(st.lists(st.tuples(st.sampled_from(["one", "two.", "drei"]), st.integers(1, 900))))
def test_pauses_add_up(parts: list[tuple[str, int]]) -> None:
    result = spoken.read(" ".join(f"{word} [pause:{ms}ms]" for word, ms in parts))
    assert [u.text for u in result.utterances] == [word for word, _ in parts]
    pauses = [*(u.pause_before for u in result.utterances), result.pause_after or 0.0]
    assert pauses[1:] == [ms / 1000 for _, ms in parts]


@given(st.text(st.sampled_from("[]\\:pause1.s0 m"), max_size=60))
def test_nothing_but_value_errors(text: str) -> None:
    try:
        display = spoken.read(text).display
    except ValueError as error:
        display = str(error)
    assert len(display) < 120


def test_hostile_runs_take_linear_time() -> None:
    for unit in (".", "[", '."', "[pause", " ", "a.", "。", "\\["):
        text = unit * (100_000 // len(unit))
        if unit == "[pause":
            with pytest.raises(ValueError, match="malformed"):
                spoken.read(text)
        else:
            spoken.read(text)
