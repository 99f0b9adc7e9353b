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
from narrate.checks.recognizer import Word as HeardWord
from narrate.checks.words import Words, judge, worst
from narrate.checks.words.measure import Tools, measure
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


def test_a_last_word_that_breaks_off_is_told() -> None:
    whole = spoken(TEXT)
    since, until = measured(TEXT).times[-2:]
    found = of(np.pad(whole[: 80 * (since + until)], (0, 1_600)))
    assert [each.kind for each in found.differences] == ["cut"]
    assert "it breaks off in 'weights.' at" in reasons(found)[0]


@pytest.mark.parametrize("last", ["back", "that", "up", "find", "walking", "roads"])
def test_a_last_word_may_fade(last: str) -> None:
    text = f"This is the word, {last}."
    assert measured(text, text).ratio == 0


def test_measurements_are_small_and_judge_the_same_when_they_come_back() -> None:
    found = measured("Every row of the garden is multiplied by the column of weights.")
    stored = msgspec.json.encode(found)
    assert len(stored) < 1_000
    assert reasons(msgspec.json.decode(stored, type=Words)) == reasons(found) != ()


def test_a_word_that_only_the_recognizer_misses_is_told() -> None:
    found = measured(TEXT, heard="Every row of the garden is multiplied by the column of weights.")
    assert found.checked == "graph+hearing"
    assert found.ratio == 0 < Thresholds().words_burst < found.burst
    assert "it says 'garden' instead of 'matrix'" in reasons(found)[0]


def test_what_was_heard_is_told_beside_what_was_written() -> None:
    text = "Every row of the garden is multiplied by the column of weights."
    heard = Heard(text, (HeardWord("garden", 0.85, 1.2),), "en")
    found = measure(spoken(text), Expected(TEXT, TEXT, "en"), heard, TOOLS)
    assert [(each.written, each.heard) for each in found.differences] == [("matrix", "garden")]


def test_a_line_of_two_words_is_not_judged_by_what_was_heard() -> None:
    found = measured("Good morning.", "Good morning.", heard="I'm sorry, I'm sorry.")
    assert (found.checked, found.burst, reasons(found)) == ("graph", 0, ())


def test_a_voice_may_say_a_word_in_its_other_way() -> None:
    text = "She read the letter, and either of them will live."
    other = "She [read](/ɹˈid/) the letter, and [either](/ˈiðəɹ/) of them will [live](/lˈIv/)."
    assert measured(other, text).ratio == 0


def test_what_the_sound_shows_and_what_was_heard_add_up() -> None:
    limits = Thresholds()
    sound, heard = limits.words_ratio * 0.6, limits.words_burst * 0.6
    assert worst(Words(ratio=sound), limits) == worst(Words(burst=heard), limits) < 1
    assert worst(Words(ratio=sound, burst=heard), limits) > 1


def test_words_have_times() -> None:
    found = measured(TEXT)
    starts, ends = found.times[::2], found.times[1::2]
    assert len(starts) == len(TEXT.split())
    assert all(start < end for start, end in zip(starts, ends, strict=True))
    assert list(starts) == sorted(starts)


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.2, 5.0])
def test_silence_says_nothing(seconds: float) -> None:
    assert reasons(of(np.zeros(round(16_000 * seconds), np.float32)))


def test_reversed_speech_says_nothing() -> None:
    found = of(spoken(TEXT)[::-1].copy())
    assert found.ratio > 10 * Thresholds().words_ratio


def test_a_text_without_words_is_not_checked() -> None:
    found = of(spoken(TEXT), "...")
    assert (found.checked, found.unchecked) == ("", "it has no words that English can say")


def other_language(heard: str | None) -> Words:
    listened = None if heard is None else Heard(heard, (), "de")
    text = "Die Matrix hat vier Zeilen."
    return measure(spoken(TEXT), Expected(text, text, "de"), listened, TOOLS)


def test_another_language_is_compared_by_its_characters() -> None:
    assert reasons(other_language("die Matrix hat vier zeilen")) == ()
    found = other_language("Die Matrix.")
    assert found.checked == "characters"
    assert reasons(found) == ("59% of its characters are heard otherwise",)


def test_another_language_without_a_recognizer_is_not_checked() -> None:
    found = other_language(None)
    assert (found.checked, found.unchecked) == ("", "there is no recogniser, and de needs one")
