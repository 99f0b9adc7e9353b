"""Texts of only pauses, and scene breaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from narrate import script
from narrate.errors import ScriptError
from narrate.script import ReadOptions, Script


def load(folder: Path, name: str, content: str, *, markup: str = "error") -> Script:
    (folder / name).write_text(content, encoding="utf-8")
    options = ReadOptions(markup="warn") if markup == "warn" else ReadOptions()
    return script.load(folder / name, options)


def laid(loaded: Script) -> list[tuple[str, float, float | None]]:
    return [(each.text, each.pause_before, each.pause_after) for each in loaded.segments]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "Hi.\n\n[pause:2s]\n\nHo.\n"),
        ("a.md", "Hi.\n\n[pause:2s]\n\nHo.\n"),
        ("a.json", '[{"text": "Hi."}, {"id": "p", "text": "[pause:2s]"}, {"text": "Ho."}]'),
        ("a.json", '[{"text": "Hi."}, {"say": "<break time=\'2s\'/>"}, {"text": "Ho."}]'),
        ("a.yaml", '- text: "Hi."\n- text: "[pause:2s]"\n- text: "Ho."\n'),
    ],
)
def test_a_text_of_only_a_pause_is_a_pause(tmp_path: Path, name: str, content: str) -> None:
    assert laid(load(tmp_path, name, content)) == [("Hi.", 0.0, 2.0), ("Ho.", 0.0, None)]


def test_pauses_first_last_and_in_a_row(tmp_path: Path) -> None:
    content = "[pause:1s]\n\n[pause:2s]\n\nHi. [pause:4s]\n\n[pause:8s] [pause:16s]\n"
    assert laid(load(tmp_path, "a.txt", content)) == [("Hi. [pause:4s]", 3.0, 28.0)]


def test_a_pause_is_added_to_one_that_the_script_sets(tmp_path: Path) -> None:
    content = [{"text": "Hi.", "pause_after": 1}, {"text": "[pause:2s]"}]
    assert laid(load(tmp_path, "a.json", json.dumps(content))) == [("Hi.", 0.0, 3.0)]


def test_each_scene_keeps_its_pauses(tmp_path: Path) -> None:
    content = "# A\n\nOne.\n\n# B\n\n[pause:2s]\n\nTwo.\n"
    loaded = load(tmp_path, "a.md", content)
    assert laid(loaded) == [("One.", 0.0, None), ("Two.", 2.0, None)]
    assert [len(scene.segments) for scene in loaded.scenes] == [1, 1]


@pytest.mark.parametrize("content", ["[pause:2s]\n", "* * *\n\n[pause:1s]\n"])
def test_a_script_of_only_pauses_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ScriptError, match="nothing to say but pauses"):
        load(tmp_path, "a.txt", content)


def test_a_scene_break_is_silence_with_a_note(tmp_path: Path) -> None:
    loaded = load(tmp_path, "a.txt", "One.\n\n* * *\n\nTwo.\n\n-----\n\nThree.\n")
    assert laid(loaded) == [("One.", 0.0, 1.0), ("Two.", 0.0, 1.0), ("Three.", 0.0, None)]
    assert [str(note) for note in loaded.notes] == [
        "a.txt:3: the scene break '* * *' is 1 s of silence",
        "a.txt:7: the scene break '-----' is 1 s of silence",
    ]


@pytest.mark.parametrize("text", ["\u200b", "...", "—", "!!!", "\u00ad [pause:1s] ?"])
def test_a_text_without_a_word_is_refused_with_its_segment(tmp_path: Path, text: str) -> None:
    content = json.dumps([{"text": "Hello."}, {"id": "b", "text": text}])
    with pytest.raises(ScriptError, match=r"a.json: \$\[1\].*nothing to say"):
        load(tmp_path, "a.json", content)


def test_a_pause_after_a_text_that_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="malformed tag"):
        load(tmp_path, "a.txt", "Hi [pause]\n\n[pause:2s]\n")


def test_a_problem_names_the_segment_and_its_place(tmp_path: Path) -> None:
    content = json.dumps([{"id": "intro", "text": "We <emphasis>think</emphasis>."}])
    with pytest.raises(ScriptError) as caught:
        load(tmp_path, "a.json", content)
    problem = "a.json: $[0]: the tag '<emphasis>' is not supported (segment 'intro')"
    assert str(caught.value) == problem
    [note, _] = load(tmp_path, "a.json", content, markup="warn").notes
    assert str(note).endswith("'<emphasis>' is not supported; it is spoken as it is written")


def test_two_marks_of_one_name_are_refused(tmp_path: Path) -> None:
    mark = "<bookmark mark='A'/>"
    for texts in ([f"{mark}One.", f"{mark}Two."], [f"{mark}One {mark}two."]):
        with pytest.raises(ScriptError, match="duplicate mark 'A'"):
            load(tmp_path, "a.json", json.dumps([{"text": text} for text in texts]))


def test_marks_without_a_time_are_noted(tmp_path: Path) -> None:
    segments = [
        {"text": "One."},
        {"text": "<mark name='a'/>[pause:1s]"},
        {"text": "Two <mark name='b'/><mark name='c'/>", "say": "Two <mark name='c'/>"},
    ]
    loaded = load(tmp_path, "a.json", json.dumps(segments))
    assert [str(note) for note in loaded.notes] == [
        "a.json: $[1]: the mark 'a' is in a text of pauses alone, so it has no time",
        "a.json: $[2]: the mark 'b' is not in `say`, so it has no time",
    ]


def test_invisible_characters_change_no_id(tmp_path: Path) -> None:
    texts = ["A pre\u00adrequi\u00adsite.", "A prerequisite."]
    first, second = (
        load(tmp_path, "a.json", json.dumps([{"text": text}])).segments[0].id for text in texts
    )
    assert first == second


def test_titles_have_no_invisible_characters(tmp_path: Path) -> None:
    loaded = load(tmp_path, "a.md", "# The ma\u00adtrix\n\nOne.\n")
    assert (loaded.scenes[0].title, loaded.scenes[0].id) == ("The matrix", "the-matrix")
