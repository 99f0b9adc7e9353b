"""Folders of texts: the order of the files, the ids that their names become, what is left out."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from narrate import script
from narrate.errors import ScriptError, ScriptErrors
from narrate.script import ReadOptions


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text(f"Text of {name.partition('.')[0]}", encoding="utf-8")
    return folder


def scenes(folder: Path) -> list[str]:
    return [scene.id for scene in script.load(folder).scenes]


def test_numbers_count_as_numbers(tmp_path: Path) -> None:
    fill(tmp_path, "10.txt", "2.txt", "1.txt", "part 2.txt", "Part 10.txt", "a100.txt", "a9.txt")
    assert scenes(tmp_path) == ["1", "2", "10", "a9", "a100", "part-2", "Part-10"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("01-intro", "01-intro"),
        ("01 - Introduction", "01-Introduction"),
        ("02 The Matrix (part 1)", "02-The-Matrix-part-1"),
        ("Einfu\u0308hrung", "Einf\u00fchrung"),
        ("2. What's new?", "2.-What-s-new"),
        ("_draft", "_draft"),
        ("-- x", "x"),
        ("con", "_con"),
        ("v1.2", "v1.2"),
        ("\u7b2c\u4e00\u7ae0 \u5f00\u59cb", "\u7b2c\u4e00\u7ae0-\u5f00\u59cb"),
        ("\U0001f600", "scene"),
        ("x" * 150, "x" * 99),
    ],
)
def test_ids_from_names(tmp_path: Path, name: str, expected: str) -> None:
    [scene] = script.load(fill(tmp_path, f"{name}.txt")).scenes
    stem = unicodedata.normalize("NFC", name)
    assert (scene.id, scene.title) == (expected, None if expected == stem else stem)


def test_names_of_one_id_are_an_error_about_files(tmp_path: Path) -> None:
    fill(tmp_path, "a b.txt", "A-b.txt", "c d.txt", "c,d.txt")
    with pytest.raises(ScriptErrors) as caught:
        script.load(tmp_path)
    assert [problem.what for problem in caught.value.problems] == [
        "'a b.txt' and 'A-b.txt' would both be the scene A-b",
        "'c d.txt' and 'c,d.txt' would both be the scene c-d",
    ]
    assert caught.value.hint == "rename one of them"


def test_every_bad_file_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt")
    (tmp_path / "b.txt").write_bytes("Hi.".encode("utf-16"))
    (tmp_path / "c.txt").write_text("\n \n")
    with pytest.raises(ScriptErrors) as caught:
        script.load(tmp_path)
    name = tmp_path.name
    places = [problem.where for problem in caught.value.problems]
    assert places == [f"{name}/b.txt:1", f"{name}/c.txt"]


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "01.txt", "02.TXT", "03.md", "04.docx", ".hidden.md", "voice.wav")
    loaded = script.load(tmp_path)
    assert [scene.id for scene in loaded.scenes] == ["01", "02"]
    [note] = loaded.notes
    assert str(note) == (
        f"{tmp_path.name}: 2 files are left out, as only .txt files are read: 03.md, 04.docx"
    )
    fill(tmp_path, *[f"{n}.md" for n in range(20, 40)])
    assert str(script.load(tmp_path).notes[0]).endswith(", 27.md and 12 more")


def test_lines_are_segments_if_asked(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One. \n\n  Two.\nThree.")
    by_line = ReadOptions(segments="line")
    for source in (tmp_path, tmp_path / "a.txt"):
        loaded = script.load(source, by_line)
        assert [segment.text for segment in loaded.segments] == ["One.", "Two.", "Three."]
        assert [segment.where[-2:] for segment in loaded.segments] == [":1", ":3", ":4"]
        assert len(script.load(source).segments) == 2


def test_a_folder_without_texts_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScriptError) as caught:
        script.load(fill(tmp_path, "a.md"))
    assert caught.value.what == "no script in the folder"
