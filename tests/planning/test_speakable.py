"""Words that an engine would leave out."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from narrate.engines import hibari, tone
from narrate.planning.speakable import unspeakable
from support.project import Narrate, lines


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("In Thai, สวัสดี is how you say hello.", ["สวัสดี"]),
        ("「日本」 and (日本), and 한국어 and नमस्ते.", ["「日本」", "日本", "한국어", "नमस्ते"]),
        ("It is −5, and x ≥ 3 → y ← z.", ["−5", "≥", "←"]),
        ("√2, ∞ and 10⁴", ["√2", "∞", "10⁴"]),
        ("Well done 🎉 👩‍🔬 ❤️", ["🎉", "👩‍🔬", "❤️"]),
        ("Ève, x̄, Ξ, Цирк", ["Ève", "x̄", "Ξ", "Цирк"]),
        ("a" * 25 + " " + "B" * 25, ["a" * 25, "B" * 25]),
        ("שלום and مرحبا", ["שלום", "مرحبا"]),
    ],
)
def test_words_that_hibari_would_leave_out(text: str, words: list[str]) -> None:
    assert unspeakable(text, hibari.CAPABILITIES) == words


@pytest.mark.parametrize(
    "text",
    [
        "Plain English, with 1,234.5 numbers: 50% of $5 & more… “quoted” — and 'so' • on.",
        "naïve café, Straße, Łódź, Iñigo, smørrebrød, œuvre, efﬁcient",
        "α, β, π and Ω; Москва; x² + y³ = z; ½ cup; 20 °C; ± 3 × 4 ÷ 2",
        "Prix : 5 000 €, £5, ¥7 ■ ▪ © ® ™ № 5 Ⅷ ① ٣ ３ ℝ 𝑥 H₂O",
        "a" * 24 + " AbstractSingletonProxyFactoryBean anti-disestablish-mentarianism",
    ],
)
def test_words_that_hibari_says(text: str) -> None:
    assert unspeakable(text, hibari.CAPABILITIES) == []


def test_an_engine_that_lists_no_characters_says_any() -> None:
    assert unspeakable("สวัสดี → 🎉", tone.CAPABILITIES) == []


def test_an_engine_may_say_nothing_beyond_ascii() -> None:
    capabilities = replace(tone.CAPABILITIES, characters="")
    assert unspeakable("naïve 中文, plain “words”", capabilities) == ["naïve", "中文"]


def test_an_engine_may_cut_words_and_say_any_character() -> None:
    capabilities = replace(tone.CAPABILITIES, longest_word=9)
    assert unspeakable(f"สวัสดี {'a' * 10}", capabilities) == ["a" * 10]


def test_an_engine_may_have_no_longest_word() -> None:
    capabilities = replace(hibari.CAPABILITIES, longest_word=0)
    assert unspeakable("a" * 99, capabilities) == []


def test_nothing_is_spoken_if_one_text_cannot_be(tone: Narrate) -> None:
    tone.write("script.json", lines("Hello.", "In Thai, สวัสดี is hello."))
    ran = tone("run", "--engine", "hibari")
    assert ran.code == 2
    assert "the engine hibari cannot say 'สวัสดี' (segment 's2')" in ran.err
    assert "`say`" in ran.err
    assert not tone.out.exists()


def test_phonemes_without_a_sound_are_refused(narrate: Narrate) -> None:
    narrate.write("script.json", lines("<phoneme ph='ˈdeɪtə'>data</phoneme>"))
    assert narrate("plan").code == 0
    narrate.write("script.json", lines("A <phoneme ph='ʘ ǃ'>click</phoneme>."))
    error = narrate("plan").err
    assert "the engine hibari has no sound for 'ǃ' in the phonemes 'ʘ ǃ'" in error


def test_hibari_lists_the_sounds_of_its_model() -> None:
    import hibari as package

    vocabulary = json.loads(
        (Path(package.__file__).parent / "assets" / "vocab.json").read_text(encoding="utf-8")
    )
    assert set(hibari.CAPABILITIES.spelling.sounds) <= set(vocabulary)
    letters = {sign for sign in vocabulary if unicodedata.category(sign)[0] in "LM"}
    assert letters <= set(hibari.CAPABILITIES.spelling.sounds)
