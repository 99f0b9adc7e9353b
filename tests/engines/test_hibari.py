"""What hibari reads, and what is spelled for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hibari import Hibari

from narrate.engines.base import Job, ModelRef, Synthesis, Unspeakable
from narrate.engines.hibari import CAPABILITIES, Engine, spelled
from narrate.engines.hibari.timed import DURATIONS
from narrate.request import Request, Stock
from narrate.sound.pace import bounds

LONG = "340282366920938463463374607431768211456"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"it has {LONG} of them", f"it has {' '.join(LONG)} of them"),
        ("9" * 37 + "th", " ".join("9" * 37) + "th"),
        ("9" * 37 + ".5, yes", " ".join("9" * 37) + ".5, yes"),
        ("1" + ",000" * 12 + ", then", " ".join("1" + "000" * 12) + ", then"),
        ("-$" + "1" * 37, "minus " + " ".join("1" * 37) + " dollars"),
        ("9" * 36, "9" * 36),
        ("1,234.5 and 1990s", "1,234.5 and 1990s"),
        ("①b x₂", " 1 b x 2 "),
    ],
)
def test_what_it_cannot_read_is_spelled(text: str, said: str) -> None:
    assert spelled(text) == said


@pytest.fixture(scope="module")
def engine() -> Engine:
    loaded = Engine()
    loaded.load(ModelRef(CAPABILITIES.model))
    return loaded


def speak(engine: Engine, text: str) -> Synthesis | Unspeakable:
    request = Request(
        engine="hibari", behaviour=1, model="heart", text=text, language="en", voice=Stock()
    )
    [result] = engine.synthesize([Job(request)], {})
    return result


def test_it_has_the_phonemes_of_its_words(engine: Engine) -> None:
    spelling = CAPABILITIES.spelling
    signs = set("".join(spelling.words.values())) | set("".join(spelling.ipa.values()))
    assert signs <= set(engine._model.hibari.vocab)


@pytest.mark.parametrize(
    "text",
    [
        f"IPv6 has {LONG} addresses.",
        "The " + "9" * 40 + "th one.",
        "It is 1e400, or " + "0." + "1" * 60 + ".",
        "$" + "7" * 40 + " is a lot.",
        "Step ①b, then x⁻¹.",
        "1" * 100,
    ],
)
def test_odd_numbers_are_spoken(engine: Engine, text: str) -> None:
    result = speak(engine, text)
    assert isinstance(result, Synthesis)
    assert result.samples.size / result.rate >= bounds(text)[0]


def test_ordinary_numbers_sound_as_they_did(engine: Engine) -> None:
    assert speak(engine, "It is ١٢.") is not None
    one, two = speak(engine, "It costs $5."), Hibari(threads=1)("It costs $5.", seed=0)
    assert isinstance(one, Synthesis)
    assert (one.samples == two).all()


def test_ordinals_of_letters_are_words(engine: Engine) -> None:
    spelling = CAPABILITIES.spelling
    assert spelling.text("the i-th row") == "the [i-th](/ˈIθ/) row"
    said = engine._model.hibari.phonemize(spelling.text("the j-th row"))
    assert said == engine._model.hibari.phonemize("the jayth row")


def test_a_failure_names_the_words(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    read = engine._model.hibari.g2p

    def fails(text: str) -> str:
        if "bad" in text:
            raise IndexError("list index out of range")
        return str(read(text))

    monkeypatch.setattr(engine._model.hibari, "_g2p", fails)
    result = speak(engine, "Good and bad words.")
    assert str(result) == "hibari cannot read 'bad'"


def test_it_says_where_each_word_lies(engine: Engine) -> None:
    """Between the words of a list there is silence, and in each of them there is sound."""
    result = speak(engine, "One, two, three. Four, five!")
    assert isinstance(result, Synthesis)
    assert len(result.words) == 5
    level = np.abs(result.samples)
    for (start, end), (following, _) in pairwise(result.words):
        assert 0 <= start < end <= following <= level.size
        assert level[start:end].max() > 0.05
        assert level[end - 1200 : following + 1200].min() < 0.01


def test_the_model_has_one_output_more_and_nothing_else(engine: Engine) -> None:
    names = [output.name for output in engine._model.hibari.sess.get_outputs()]
    assert names[-1] == DURATIONS
    assert len(set(names)) == len(names) == 7
