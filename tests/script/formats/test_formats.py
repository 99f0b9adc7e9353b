"""Which format a script is in: by its name, by --format-in, or by how it begins."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from narrate import script
from narrate.errors import ScriptError
from narrate.script import ReadOptions
from narrate.script.formats.guess import guess


def read(monkeypatch: pytest.MonkeyPatch, content: str, format_in: str | None = None) -> list[str]:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    return [each.text for each in script.load("-", ReadOptions(format_in=format_in)).segments]


YAML = """title: My lesson
segments:
  - id: hook
    text: Multiplying matrices looks strange.
  - id: why
    text: It has a simple meaning.
"""


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("[pause:0.5s] Welcome.\n", ["[pause:0.5s] Welcome."]),
        (YAML, ["Multiplying matrices looks strange.", "It has a simple meaning."]),
        ("---\n# A comment\n'title': T\nscenes:\n- segments: [{text: Hi.}]\n", ["Hi."]),
        ("- text: Hi.\n- text: You.", ["Hi.", "You."]),
        ("- {id: a, text: Hi.}", ["Hi."]),
        ("---\ntitle: T\n---\nHi.", ["Hi."]),
        ("Note: this.\n\nHi.", ["Note: this.", "Hi."]),
        ("- Apples\n- Pears", ["Apples", "Pears"]),
        ("In code:\n\n```yaml\nsegments:\n- text: Hi.\n```\n", ["In code:"]),
        ('["Hi.", {"text": "You."}]', ["Hi.", "You."]),
        ("\ufeff1\n00:00:01,000 --> 00:00:02,000\nHi.", ["Hi."]),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi.", ["Hi."]),
        ("1984 was a year.", ["1984 was a year."]),
    ],
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, content: str, texts: list[str]) -> None:
    assert read(monkeypatch, content) == texts


@pytest.mark.parametrize(
    ("content", "where", "assumed"),
    [
        ('{"segments": [{"text": "a"},]}', "-:1:29", "JSON"),
        ('[{"text": "a"}', "-:1:15", "JSON"),
        ('["a", "b"', "-:1:10", "JSON"),
        ("[]", "-: $", "JSON"),
        ("title: a\nsegments:\n  - text: a: b", "-:3:12", "YAML"),
        ("title: a\nsegmens:\n  - text: a", "-: $", "YAML"),
        ("One.\n\n<hr>Two</hr>", "-:3", "Markdown"),
        ("1\n00:00:01,000 -> 00:00:02,000\na", "-:2", "SRT"),
        ("WEBVTT\n\nLost.", "-:3", "WebVTT"),
        ('[{"text": 1}, {"text": 2}]', "-", "JSON"),
    ],
)
def test_an_error_says_what_was_assumed(
    monkeypatch: pytest.MonkeyPatch, content: str, where: str, assumed: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        read(monkeypatch, content)
    assert caught.value.where == where
    hint = f"; it was read as {assumed} (--format-in names another format)"
    assert caught.value.hint.endswith(hint)


def test_a_format_can_be_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert read(monkeypatch, YAML, "txt") == [YAML.strip()]
    assert read(monkeypatch, "{segments: [Hi.]}", "yaml") == ["Hi."]
    with pytest.raises(ScriptError) as caught:
        read(monkeypatch, "{segments: [Hi.]}", "json")
    assert "it was read as" not in caught.value.hint
    path = tmp_path / "script"
    path.write_text('["Hi."]')
    assert [each.text for each in script.load(path, ReadOptions(format_in="json")).segments] == [
        "Hi."
    ]


@pytest.mark.parametrize("name", ["script", "script.csv"])
def test_an_unknown_name_leads_to_the_flag(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Hi.")
    with pytest.raises(ScriptError) as caught:
        script.load(tmp_path / name)
    assert "--format-in" in caught.value.hint


@pytest.mark.parametrize("text", ["a: b\n" * 200_000, "[" * 1_000_000, " \n" * 500_000 + "x"])
def test_guessing_takes_linear_time(text: str) -> None:
    assert guess(text) == "md"


def segments(folder: Path, name: str, content: str) -> list[tuple[str, str, str]]:
    (folder / name).write_text(content)
    return [(each.id, each.text, each.where) for each in script.load(folder / name).segments]


def test_texts_by_id(tmp_path: Path) -> None:
    expected = [("opening", "A cell."), ("core", "It copies itself.")]
    found = segments(tmp_path, "a.json", '{"opening": "A cell.", "core": "It copies itself."}')
    assert [each[:2] for each in found] == expected
    assert [each[2] for each in found] == ["a.json: $.opening", "a.json: $.core"]
    found = segments(tmp_path, "a.yaml", "opening: A cell.\ncore: It copies itself.\n")
    assert [each[:2] for each in found] == expected


def test_off_is_a_text_in_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("reading: off\nsegments:\n- {text: on, reading: off}\n")
    loaded = script.load(tmp_path / "a.yaml")
    assert [(each.text, each.reading) for each in loaded.segments] == [("on", "off")]
    (tmp_path / "a.md").write_text("---\nreading: off\n---\n\nHi.\n")
    assert script.load(tmp_path / "a.md").segments


def test_segments_by_id(tmp_path: Path) -> None:
    inner = '{"a": "A cell.", "b": {"text": "It copies.", "take": 2}}'
    alone = segments(tmp_path, "a.json", inner)
    assert alone == [("a", "A cell.", "a.json: $.a"), ("b", "It copies.", "a.json: $.b")]
    below = segments(tmp_path, "a.json", f'{{"title": "T", "segments": {inner}}}')
    assert [each[2] for each in below] == ["a.json: $.segments.a", "a.json: $.segments.b"]
    in_scene = segments(tmp_path, "a.json", f'{{"scenes": [{{"id": "s", "segments": {inner}}}]}}')
    assert [each[0] for each in in_scene] == ["s/a", "s/b"]
    assert in_scene[1][2] == "a.json: $.scenes[0].segments.b"


def test_fields_of_a_segment_are_a_single_one(tmp_path: Path) -> None:
    one = '{"id": "s1", "say": "Hello."}'
    [segment] = script.load(_written(tmp_path / "a.json", one)).segments
    assert (segment.id, segment.say, segment.where) == ("s1", "Hello.", "a.json: $")
    text = '{"segments": {"id": "s1", "text": "Hello."}}'
    assert segments(tmp_path, "a.json", text) == [("s1", "Hello.", "a.json: $.segments")]


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_an_empty_file_has_nothing_to_say(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScriptError, match=f"^{name}: nothing to say in this file$"):
        script.load(_written(tmp_path / name, "\n"))


def test_subtitles_with_the_name_of_a_text_are_refused(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.txt", "1\n00:00:01,000 --> 00:00:02,000\nHello.\n")
    with pytest.raises(ScriptError, match="SRT, and not plain text") as caught:
        script.load(path)
    assert "--format-in srt" in caught.value.hint
    assert script.load(path, ReadOptions(format_in="txt")).segments


def _written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def test_a_text_is_a_segment_in_a_list(tmp_path: Path) -> None:
    scene = '{"scenes": [{"id": "s", "segments": ["Hi.", {"text": "You."}]}]}'
    assert [each[1] for each in segments(tmp_path, "a.json", scene)] == ["Hi.", "You."]
    assert [each[1] for each in segments(tmp_path, "b.yaml", "- Hi.\n- You.\n")] == ["Hi.", "You."]
    assert [each[1] for each in segments(tmp_path, "c.yaml", "text: Hi.")] == ["Hi."]


@pytest.mark.parametrize(
    ("content", "where", "what", "hint"),
    [
        ("{text: Functions. First B, then A.}", "$", "unknown field 'then A.'", "in quotes"),
        ("segments: [{text: One, two}]", "$.segments[0]", "unknown field 'two'", "use one of"),
        ("segments: [{text: One, and two}]", "$.segments[0]", "field 'and two'", "in quotes"),
        ("- text: 42", "$[0].text", "expected text, got a whole number", "in quotes"),
        ("- {text: Hi., id: 1}", "$[0].id", "expected text, got a whole number", "in quotes"),
        ("title: 2024-01-01", "1:8", "not valid YAML: a date without quotes", "in quotes"),
        ("- text: yes", "$[0].text", "expected text, got true or false", "in quotes"),
        ("- Hi.\n- yes", "$[1]", "expected an object with fields, got true or false", "in quotes"),
        ("- 1984", "$[0]", "expected an object with fields, got a whole number", "in quotes"),
        ("- text:", "$[0].text", "expected text, got nothing", "remove the field"),
        ("- text: [Hi.]", "$[0].text", "expected text, got a list", "narrate schema"),
        ("a: Hi.\nb: 1", "$.b", "expected text, got a whole number", "in quotes"),
        ("segmens: [{text: Hi.}]", "$", "unknown field 'segmens'", "did you mean 'segments'?"),
        ("title: Hi.", "$", "no segments", ""),
        ("segments: {}", "$.segments", "length >= 1", ""),
        ("segments: 3", "$.segments", "expected a list, got a whole number", ""),
        ("a: {txt: Hi.}", "$", "unknown field 'a'", ""),
        ("a: {text: Hi., tkae: 2}", "$.a", "unknown field 'tkae'", "did you mean 'take'?"),
        ("a: Hi.\nvoices: {}", "$", "unknown field 'a'", ""),
        ("- text: Functions: a view", "1:18", "not valid YAML", "in quotes: it holds a colon"),
        ("- text: `code`", "1:9", "not valid YAML", "in quotes"),
        ("- text: 'It's'", "1:13", "not valid YAML", "in double quotes"),
        ("- text: [pause:1s] Hi.", "1:20", "not valid YAML", "in double quotes"),
        ("- text: a\n\tsay: b", "2:1", "not valid YAML", "spaces, not with tabs"),
        ("- [text: a\n- b", "2:4", "not valid YAML", "close the bracket"),
        ("- text: a\n say: b", "2:2", "not valid YAML", "indent entries"),
    ],
)
def test_what_helps_against_an_error_of_yaml(
    tmp_path: Path, content: str, where: str, what: str, hint: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(content)
    with pytest.raises(ScriptError) as caught:
        script.load(path)
    assert caught.value.where in (f"a.yaml: {where}", f"a.yaml:{where}")
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert hint == "in quotes" or "in quotes" not in caught.value.hint or "colon" in hint


def test_mulmocast(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    tree = {
        "$mulmocast": {"version": "1.1"},
        "title": "T",
        "lang": "de",
        "canvasSize": {"width": 1280},
        "voices": {"Host": {"speaker": "low"}},
        "beats": [
            {"speaker": "Host", "text": "Hi.", "id": "first", "imagePrompt": "a cat"},
            {"image": {"type": "beat"}},
            {"speaker": "Guest", "text": "You.", "id": "the end"},
            {"text": " "},
        ],
    }
    path.write_text(json.dumps(tree))
    loaded = script.load(path)
    assert (loaded.title, loaded.language) == ("T", "de")
    assert [(each.id, each.text, each.voice, each.where) for each in loaded.segments] == [
        ("first", "Hi.", "Host", "a.json: $.beats[0]"),
        ("the-end", "You.", None, "a.json: $.beats[2]"),
    ]
    assert [each.where for each in loaded.omissions] == ["a.json: $.beats[1]", "a.json: $.beats[3]"]
    assert "'Guest'" in loaded.notes[1].what
    path.write_text('{"$mulmocast": {}, "beats": [{"text": 1}, {"image": {}}]}')
    with pytest.raises(ScriptError, match=r"beats\[0\].*: expected text"):
        script.load(path)
    for beats in ("[]", "3", "[{}]"):
        path.write_text(f'{{"$mulmocast": {{}}, "beats": {beats}}}')
        with pytest.raises(ScriptError):
            script.load(path)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_an_error_after_a_line_break_of_yaml_alone_has_a_hint(
    tmp_path: Path, separator: str
) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(f"segments: [{{text: 'a {separator} b', 'what {separator}': 1}}]\n")
    with pytest.raises(ScriptError) as raised:
        script.load(path)
    assert raised.value.hint
