"""Phonemes reach only engines that take them; others get words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import narrate
from narrate.engines import hibari, registry
from narrate.engines.base import Capabilities
from narrate.reading import lexicon, utterances
from narrate.reading.reader import Reader
from support.project import Narrate

WITHOUT = ["openai", "torch", "mlx", "tone"]
IPA = "ʃəŋθʒɹɪʊ"
LEXICON = 'Nguyen = { say = "win", phonemes = "wɪn" }\nJay = { phonemes = "dʒeɪ" }\n'


def asked(folder: Path, engine: str, text: str) -> list[str]:
    """The texts that an engine is asked for."""
    (folder / "lexicon.toml").write_text(LEXICON, encoding="utf-8")
    (folder / "script.json").write_text(json.dumps([{"text": text}]), encoding="utf-8")
    plan = narrate.plan(folder / "script.json", engine=engine)
    said = [each for segment in plan.segments for each in segment.utterances]
    return [each.request.text for each in said if each.request]


def test_every_engine_is_here_with_what_it_takes() -> None:
    taking = [name for name in registry.built_in() if registry.capabilities(name).spelling.phonemes]
    assert taking == ["hibari"]
    assert {*WITHOUT, *taking} == {*registry.built_in()}


@pytest.mark.parametrize("engine", WITHOUT)
def test_an_engine_without_phonemes_gets_words(tmp_path: Path, engine: str) -> None:
    text = "Mr. Nguyen and Jay use a_i, the matrix A and a GPU."
    assert asked(tmp_path, engine, text) == [
        "mister win and Jay use A I, the matrix A and a G P U."
    ]


def test_hibari_gets_phonemes(tmp_path: Path) -> None:
    assert asked(tmp_path, "hibari", "Mr. Nguyen and Jay use a_i.") == [
        "mister [win](/wɪn/) and [Jay](/ʤA/) use [A](/ˈA/) [I](/ˈI/)."
    ]


def spelled(text: str, entries: lexicon.Lexicon, engine: Capabilities) -> str:
    parts = utterances.read(text, reader=Reader(lexicon=entries)).utterances
    return " ".join(part.spelled(engine.spelling) for part in parts)


ENTRIES = st.dictionaries(
    st.text("abAIxyz", min_size=1, max_size=4),
    st.fixed_dictionaries(
        {"phonemes": st.text(IPA, min_size=1, max_size=6)},
        optional={"say": st.sampled_from(["A", "win", "I A"]), "ignore_case": st.booleans()},
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("engine", WITHOUT)
@given(ENTRIES, st.data())
def test_no_lexicon_gives_phonemes_to_an_engine_without(
    engine: str, document: dict[str, dict[str, object]], data: st.DataObject
) -> None:
    words = st.sampled_from([*document, "A", "a_i", "$A^T$", "and"])
    text = " ".join(data.draw(st.lists(words, min_size=1, max_size=6)))
    entries = lexicon.parse(document)
    given = spelled(text, entries, registry.capabilities(engine))
    assert not {*given} & {*IPA, *"[]()/"}
    own = [word for word in text.split() if word in document]
    assert spelled(text, entries, hibari.CAPABILITIES).count("](/") >= len(own)


def test_phonemes_between_words_are_an_error(tone: Narrate) -> None:
    tone.write("script.json", [{"text": "Words.", "say": r"\[A](/ˈA/)"}])
    planned = tone("plan", "script.json")
    assert planned.code == 2
    assert "the engine tone would read '[A](/ˈA/)' aloud" in planned.err
    assert "$[0]" in planned.err
    tone.write("lexicon.toml", 'BC = "[B](/biː/)"\n')
    assert "lexicon.toml: 'BC': `say` has markup in it" in tone("plan", "script.json").err


def test_a_plug_in_gets_no_phonemes_unless_it_says_so() -> None:
    engine = Capabilities("buzz", 1, "square", ("en",), (), ("speaker",), (), 1.0)
    entries = lexicon.parse({"Nguyen": {"say": "win", "phonemes": "wɪn"}})
    assert spelled("Nguyen and A.", entries, engine) == "win and A."
