"""What a text says is decided while planning: by its language, the settings and the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import narrate
from support.project import Narrate, lines


def script(*segments: dict[str, Any], **head: Any) -> str:
    return json.dumps({**head, "segments": segments})


def spoken(tone: Narrate, text: Any) -> list[str]:
    tone.write("script.json", text)
    assert tone.run()["ok"]
    return [segment["spoken"] for segment in tone.manifest["segments"]]


def test_a_narration_shows_what_is_written_and_says_what_is_spoken(tone: Narrate) -> None:
    assert spoken(tone, lines("So $x^2$ is 4 in v3.12.", "Plain words.")) == [
        "So x squared is four in version three point twelve.",
        "Plain words.",
    ]
    first, second = tone.manifest["segments"]
    assert first["text"] == "So $x^2$ is 4 in v3.12."
    assert first["words"] == [
        [3, 8, "x squared"],
        [12, 13, "four"],
        [17, 22, "version three point twelve"],
    ]
    assert second["words"] == []
    assert "So $x^2$ is 4 in v3.12." in (tone.out / "narration.srt").read_text()


def test_a_plan_lists_what_is_said_otherwise(tone: Narrate) -> None:
    tone.write("script.json", lines("So $x^2$ is it."))
    assert "$x^2$ → x squared (mathematics)" in tone("plan", "-v").out
    [segment] = tone("plan", "--json").json["segments"]
    assert [each["rule"] for each in segment["words"]] == ["mathematics"]


def test_reading_is_set_by_segment_voice_script_and_settings(tone: Narrate) -> None:
    text = "3 of $x^2$"
    segments = [
        {"text": text},
        {"text": text, "reading": "engine"},
        {"text": text, "voice": "raw"},
        {"text": text, "voice": "raw", "reading": "full"},
    ]
    voices = {"raw": {"speaker": "low", "reading": "off"}}
    full, mathematics = "three of x squared", "3 of x squared"
    assert spoken(tone, script(*segments, voices=voices)) == [full, mathematics, text, full]
    assert spoken(tone, script({"text": text}, reading="engine")) == [mathematics]
    tone.write("narrate.toml", 'engine = "tone"\nreading = "off"\n')
    assert spoken(tone, lines(text)) == [text]


def test_with_reading_off_the_request_is_as_it_always_was(tone: Narrate) -> None:
    plain = script({"text": "Three of them.", "reading": "off"})
    tone.write("script.json", plain)
    off = tone("plan", "--json").json["segments"][0]["keys"]
    tone.write("script.json", lines("Three of them."))
    assert tone("plan", "--json").json["segments"][0]["keys"] == off


def test_all_that_cannot_be_read_is_told_at_once_with_its_place(tone: Narrate) -> None:
    tone.write("script.json", lines(r"Bad $\foo$.", "Good.", r"Bad $\baz$ and $\qux$."))
    planned = tone("plan")
    assert planned.code == 2
    assert planned.err.count("cannot be read aloud") == 3
    assert "(segment 's3')" in planned.err
    assert "3 problems" in planned.err


@pytest.mark.parametrize("engine", ["tone", "hibari"])
def test_an_engine_gets_its_own_spelling_of_a_letter(tone: Narrate, engine: str) -> None:
    tone.write("script.json", lines("A matrix A."))
    tone("run", "script.json", "--engine", engine)
    record = json.loads((tone.out / "run.json").read_text())
    [[request]] = record["requests"].values()
    expected = {"tone": "A matrix A.", "hibari": "A matrix [A](/ˈA/)."}
    assert request["text"] == expected[engine]
    assert tone.manifest["segments"][0]["spoken"] == "A matrix A."
    assert tone.manifest["segments"][0]["words"] == []


def test_a_lexicon_speaks_again_only_the_lines_that_it_changes(tone: Narrate) -> None:
    tone.write("script.json", lines("We use Kubernetes.", "We use ships.", "It is v3."))
    assert tone.run()["spoken"] == 3
    tone.write("lexicon.toml", 'Kubernetes = "koober netties"\nboats = "botes"\n')
    ran = tone.run()
    assert (ran["spoken"], ran["cached"]) == (1, 2)
    first = tone.manifest["segments"][0]
    assert first["spoken"] == "We use koober netties."
    assert first["words"] == [[7, 17, "koober netties"]]
    assert first["text"] == "We use Kubernetes."


def test_a_lexicon_is_an_input_of_the_run(tone: Narrate) -> None:
    tone.write("script.json", lines("We use Kubernetes."))
    tone.write("lexicon.toml", 'Kubernetes = "koober netties"\n')
    tone("run", "script.json", "--depfile", "out.d")
    assert "lexicon.toml" in (tone.folder / "out.d").read_text()
    assert "nothing to do" in tone("run", "script.json", "--depfile", "out.d").err
    tone.write("lexicon.toml", 'Kubernetes = "cooper netties"\n')
    assert "1 utterance spoken" in tone("run", "script.json", "--depfile", "out.d").err


def test_the_script_s_lexicon_comes_before_the_user_s(tone: Narrate) -> None:
    tone.write("../config/narrate/lexicon.toml", 'Kubernetes = "one"\nships = "two"\n')
    tone.write("lexicon.toml", 'Kubernetes = "three"\n')
    assert spoken(tone, lines("Kubernetes and ships")) == ["three and two"]


def test_a_mistake_in_a_lexicon_is_an_error_that_names_it(tone: Narrate) -> None:
    tone.write("script.json", lines("We use Kubernetes."))
    tone.write("lexicon.toml", "Kubernetes = { sya = 'x' }\n")
    planned = tone("plan")
    assert planned.code == 2
    assert "lexicon.toml" in planned.err
    assert "unknown field 'sya'" in planned.err


def test_a_plan_says_in_which_languages_numbers_are_not_read(tone: Narrate) -> None:
    warning = "numbers are not read in zh: engines get the digits as they are written"
    tone.write("script.json", script({"text": "有 3 个。", "language": "zh"}))
    assert warning in tone("plan", "--engine", "torch").err
    tone.write("script.json", script({"text": "3 Punkte", "language": "de"}))
    assert "not read" not in tone("plan", "--engine", "torch").err


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "sixteen and one point two five percent"),
        ("en-GB", "sixteen and one point two five percent"),
        ("English", "sixteen and one point two five percent"),
        ("de", "sechzehn and 1.25 %"),
        ("de-AT", "sechzehn and 1.25 %"),
        ("German", "sechzehn and 1.25 %"),
        ("pt", "dezasseis and 1.25 %"),
        ("pt-BR", "dezesseis and 1.25 %"),
        ("ja", "十六 and 一点二五パーセント"),
        ("zh-CN", "16 and 1.25 %"),
    ],
)
def test_the_language_of_a_segment_picks_the_rules(
    tmp_path: Path, language: str, expected: str
) -> None:
    path = tmp_path / "script.json"
    path.write_text(script({"text": "16 and 1.25 %", "language": language}))
    [segment] = narrate.plan(path, engine="torch").segments
    [utterance] = segment.utterances
    assert utterance.said is not None
    assert utterance.said.text == expected


def test_a_formula_in_another_language_is_an_error_with_its_place(tone: Narrate) -> None:
    tone.write("script.json", script({"text": "Es gilt $x^2$.", "language": "de"}))
    planned = tone("plan")
    assert planned.code == 2
    assert (
        "script.json: $.segments[0]: the formula '$x^2$' can be read in English only" in planned.err
    )
    assert "write its words in `say`" in planned.err
