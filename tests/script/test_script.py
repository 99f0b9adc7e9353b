"""What authors write, in every format, and what comes of it."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from narrate import script
from narrate.errors import ScriptError
from narrate.script import RecordedVoice, Script

FULL: dict[str, Any] = {
    "$schema": "https://example.org/narrate.json",
    "title": "Matrices",
    "language": "en",
    "voices": {"me": {"ref": "me.wav", "transcript": "Hello."}, "host": {"speaker": "ryan"}},
    "defaults": {"voice": "me", "pause_after": 0.4, "seed": 3},
    "fps": 30,
    "scenes": [
        {
            "id": "intro",
            "title": "Intro",
            "budget": 8,
            "segments": [
                {"id": "hook", "text": "Rows by columns.", "pause_after": 0.5},
                {
                    "text": "Each entry is a dot product.",
                    "voice": "host",
                    "language": "de",
                    "seed": 7,
                },
            ],
        },
        {"id": "demo", "segments": [{"id": "laugh", "audio": "takes/laugh.wav", "take": 2}]},
    ],
}


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def ids(loaded: Script) -> list[str]:
    return [segment.id for segment in loaded.segments]


def test_full_json(tmp_path: Path) -> None:
    path = write(tmp_path, "script.json", json.dumps(FULL))
    loaded = script.load(str(path))
    hook, each, laugh = loaded.segments
    assert (loaded.path, loaded.name, loaded.inputs) == (path, "script.json", (path,))
    assert (loaded.title, loaded.language, loaded.fps) == ("Matrices", "en", 30)
    assert loaded.voices["me"] == RecordedVoice("me.wav", "Hello.")
    assert (hook.id, hook.stem, hook.scene) == ("intro/hook", "intro__hook", "intro")
    assert hook.where == "script.json: $.scenes[0].segments[0]"
    assert (hook.voice, hook.language, hook.pause_after, hook.seed, hook.take) == (
        "me",
        None,
        0.5,
        3,
        1,
    )
    assert (each.voice, each.language, each.pause_after, each.seed) == ("host", "de", None, 7)
    assert each.id.startswith("intro/each-entry-is-a-")
    assert (laugh.text, laugh.audio, laugh.take) == ("", tmp_path / "takes/laugh.wav", 2)
    assert loaded.scenes[0].segments == (hook.id, each.id)
    assert (loaded.scenes[0].budget, loaded.scenes[1].title) == (8.0, None)


def test_bare_list_and_flat_object(tmp_path: Path) -> None:
    listed = script.load(write(tmp_path, "a.json", '[{"id": "a", "text": "Hi."}]'))
    flat = script.load(write(tmp_path, "b.json", '{"segments": [{"id": "a", "text": "Hi."}]}'))
    assert ids(listed) == ids(flat) == ["a"]
    assert (listed.scenes, listed.segments[0].scene, listed.segments[0].voice) == ((), None, None)
    assert listed.segments[0].where == "a.json: $[0]"


def test_markdown(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "script.md",
        """---
title: Matrices
voice: me
pause_after: 0.4
voices: {me: {ref: me.wav}, you: {design: old}}
---
# Matrices

## Intro {#opening budget=8s}
Rows *by* `columns[0]` and [a link](x) &amp; \\[pause:1s]. [pause:0.5s]
<!-- not spoken -->

Each $c_{ij}$ <!-- nor this --> counts ![picture](x.png). {#why voice=you pause=200ms seed=7}

* first item
* second item {#second take=2}

```python
silent()
```

    not code, but said

### not a scene

## Second Part
> quoted
""",
    )
    loaded = script.load(path)
    assert [(scene.id, scene.title, scene.budget) for scene in loaded.scenes] == [
        ("opening", "Intro", 8.0),
        ("second-part", "Second Part", None),
    ]
    texts = [" ".join(segment.text.split()) for segment in loaded.segments]
    assert texts == [
        r"Rows by `columns[0]` and a link & \[pause:1s]. [pause:0.5s]",
        "Each $c_{ij}$ counts.",
        "first item",
        "second item",
        "not code, but said",
        "quoted",
    ]
    places = [segment.where for segment in loaded.segments]
    assert places == [
        "script.md:10",
        "script.md:13",
        "script.md:15",
        "script.md:16",
        "script.md:22",
        "script.md:27",
    ]
    why = loaded.segments[1]
    assert (why.id, why.voice, why.pause_after, why.seed) == ("opening/why", "you", 0.2, 7)
    assert (loaded.segments[2].voice, loaded.pause_after) == ("me", 0.4)
    assert (loaded.segments[3].id, loaded.segments[3].take) == ("opening/second", 2)


def test_markdown_without_headings_is_flat(tmp_path: Path) -> None:
    loaded = script.load(write(tmp_path, "a.md", "One. {#one}\n\nTwo. {#two}\n"))
    assert (ids(loaded), loaded.scenes) == (["one", "two"], ())


def test_markdown_before_the_first_heading(tmp_path: Path) -> None:
    loaded = script.load(write(tmp_path, "a.markdown", "One. {#one}\n\n## Start\n\nTwo. {#two}\n"))
    assert ids(loaded) == ["start/one", "start-2/two"]


def test_braces_of_mathematics_stay_text(tmp_path: Path) -> None:
    loaded = script.load(
        write(tmp_path, "a.md", "The sum \\sum_{i=1}\n\nThe set {a, b}\n\nBraces \\{#a\\}")
    )
    assert [segment.text for segment in loaded.segments] == [
        "The sum \\sum_{i=1}",
        "The set {a, b}",
        "Braces \\{#a\\}",
    ]


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ("One.\n\n<font>Two</font>.", "a.md:3", "raw HTML"),
        ("<div>\nOne.\n</div>", "a.md:1", "raw HTML"),
        ("<!-- silent --> But this is text.", "a.md:1", "raw HTML"),
        ("One.\n\n<!-- never closed\n\nTwo.", "a.md:3", "raw HTML"),
        ("| a |\n|---|\n| b |", "a.md:1", "table"),
        ("One. {#a pauze=1s}", "a.md:1", "unknown attribute 'pauze'"),
        ("One. {#a seed=x}", "a.md:1", "'x' is not a value for 'seed'"),
        ("One. {#a #b}", "a.md:1", "given twice"),
        ("One. {#a pause=61s}", "a.md:1", "pause_after: 61 s is not between 0 s and 60 s"),
        ("One. [pause:1s] {#a pause=1s}", "a.md:1", "two pauses"),
        ("One.\n\n{#a}", "a.md:3", "nothing to say"),
        ("---\nvoice: me", "a.md:1", "without an end"),
        ("---\ntitel: x\n---\nOne.", "a.md: $", "unknown field 'titel'"),
        ("---\nscenes: []\n---\nOne.", "a.md: $", "unknown field 'scenes'"),
        ("---\na: [\n---\nOne.", "a.md:2:5", "not valid YAML"),
        ("---\nvoice: a\ndefaults: {voice: b}\n---\nOne.", "a.md: $.voice", "given twice"),
        ("<!-- only this -->", "a.md", "nothing to say"),
        ("# Only a title", "a.md", "nothing to say"),
        ("## Empty {#a}\n\n## Full\n\nOne.", "a.md:1", "length >= 1"),
    ],
)
def test_markdown_errors(tmp_path: Path, body: str, where: str, what: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script.load(write(tmp_path, "a.md", body))
    assert caught.value.where == where
    assert what in caught.value.what
    assert caught.value.hint


def test_yaml(tmp_path: Path) -> None:
    loaded = script.load(
        write(
            tmp_path,
            "a.yml",
            "segments:\n- id: a\n  text: |\n    Two\n    lines.\n- {id: b, text: B}\n",
        )
    )
    assert [segment.text for segment in loaded.segments] == ["Two\nlines.\n", "B"]


def test_text_file(tmp_path: Path) -> None:
    loaded = script.load(write(tmp_path, "a.txt", "\nOne\nand two.\n \nThree.\n"))
    assert [(s.text, s.where) for s in loaded.segments] == [
        ("One\nand two.", "a.txt:2"),
        ("Three.", "a.txt:5"),
    ]


def test_folder(tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    folder.mkdir()
    second, first = (
        write(folder, "02-end.txt", "Bye."),
        write(folder, "01-intro.txt", "Hi.\n\nYou."),
    )
    write(folder, "notes.md", "Not read.")
    write(folder, ".hidden.txt", "Not read.")
    loaded = script.load(folder)
    assert [scene.id for scene in loaded.scenes] == ["01-intro", "02-end"]
    assert [s.where for s in loaded.segments][1:] == ["talk/01-intro.txt:3", "talk/02-end.txt:1"]
    assert (loaded.name, loaded.inputs) == ("talk", (folder, first, second))


@pytest.mark.parametrize(
    ("content", "segment"), [(' [{"id": "a", "text": "Hi."}]', "a"), ("Hi. {#b}", "b")]
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, content: str, segment: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    loaded = script.load("-")
    assert (ids(loaded), loaded.path, loaded.name, loaded.inputs) == ([segment], None, "-", ())


def test_made_ids_repeat_with_a_number(tmp_path: Path) -> None:
    texts = ["Über alle Maßen schön, ja.", "Über alle Maßen schön, ja.", "नमस्ते दुनिया", "☺"]
    first, second, hindi, marks = ids(
        script.load(write(tmp_path, "a.json", json.dumps([{"text": t} for t in texts])))
    )
    assert first.startswith("über-alle-maßen-schön-")
    assert second == f"{first}-2"
    assert hindi.startswith("नमस्ते-दुनिया-")
    assert marks.startswith("segment-")


def test_made_ids_give_way_to_written_ones(tmp_path: Path) -> None:
    content = "## Intro\nA. {#a}\n\n## Intro\nA. {#a}\n\n## Other {#intro}\nA. {#a}\n"
    assert ids(script.load(write(tmp_path, "a.md", content))) == [
        "intro-2/a",
        "intro-3/a",
        "intro/a",
    ]


def test_made_ids_do_not_move_with_their_neighbours(tmp_path: Path) -> None:
    one = ids(script.load(write(tmp_path, "a.txt", "First.\n\nSecond.")))
    two = ids(script.load(write(tmp_path, "b.txt", "Zero.\n\nFirst.\n\nSecond.")))
    assert two[1:] == one


@pytest.mark.parametrize("fps", [24, 29.97, "30000/1001"])
def test_frame_rates(tmp_path: Path, fps: object) -> None:
    path = write(tmp_path, "a.json", json.dumps({"fps": fps, "segments": [{"text": "Hi."}]}))
    assert script.load(path).fps == fps


def test_normal_form(tmp_path: Path) -> None:
    loaded = script.load(write(tmp_path, "a.json", '[{"id": "a", "text": "cafe\\u0301"}]'))
    assert loaded.segments[0].text == "caf\u00e9"


@pytest.mark.parametrize("pause", [0.5, "0.5s", "500ms", " 0.5 ", ".5"])
def test_durations(tmp_path: Path, pause: str | float) -> None:
    tree = {
        "defaults": {"pause_after": pause},
        "scenes": [
            {"id": "a", "budget": pause, "segments": [{"text": "Hi.", "pause_after": pause}]}
        ],
    }
    for name, text in (("a.json", json.dumps(tree)), ("a.yaml", yaml.safe_dump(tree))):
        loaded = script.load(write(tmp_path, name, text))
        found = (loaded.pause_after, loaded.scenes[0].budget, loaded.segments[0].pause_after)
        assert found == (0.5, 0.5, 0.5)
        assert {type(each) for each in found} == {float}
    front = f"---\npause_after: {pause}\n---\nHi."
    assert script.load(write(tmp_path, "a.md", front)).pause_after == 0.5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "Hi."),
        ("a.md", "---\ntitle: T\n---\nHi."),
        ("a.json", '[{"text": "Hi."}]'),
        ("a.yaml", "- text: Hi."),
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [segment.text for segment in script.load(tmp_path / name).segments] == ["Hi."]


def test_a_long_text_is_one_segment(tmp_path: Path) -> None:
    [segment] = script.load(write(tmp_path, "a.txt", "A sentence. " * 5_000)).segments
    assert len(segment.text) == 59_999


def test_schema_names_every_field() -> None:
    defs = script.schema()["$defs"]
    assert set(FULL) <= set(defs["Document"]["properties"])
    number, text = defs["SegmentEntry"]["properties"]["pause_after"]["anyOf"][0]["anyOf"]
    assert number == {"type": "number", "minimum": 0, "maximum": 60.0}
    assert [bool(re.search(text["pattern"], each)) for each in ("0.5s", "500ms", "1h")] == [
        True,
        True,
        False,
    ]
    assert defs["Voice"]["additionalProperties"] is False
    assert defs["SegmentEntry"]["type"] == ["object", "string"]
    json.dumps(script.schema())


def test_json_does_not_pay_for_the_other_formats(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '[{"text": "Hi."}]')
    code = (
        "import sys; from narrate import script; script.load(sys.argv[1]); "
        "sys.exit(bool({'yaml', 'markdown_it', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], timeout=60).returncode == 0


words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="[\\"), max_size=20
)
texts = words.map(lambda text: f"Say {text}")
names = st.from_regex(r"[a-z0-9_][a-z0-9_.-]{0,8}[a-z0-9]", fullmatch=True)
entry = st.fixed_dictionaries(
    {"text": texts},
    optional={
        "say": texts,
        "voice": st.just("me"),
        "language": st.sampled_from(["en", "no", "1.5"]),
        "pause_after": st.floats(0, 60) | st.integers(0, 60),
        "seed": st.integers(0, 2**32 - 1),
        "take": st.integers(1, 9),
    },
)
scene = st.fixed_dictionaries(
    {"segments": st.lists(entry, min_size=1, max_size=3)},
    optional={"title": words, "budget": st.floats(0.1, 100)},
)
document = st.fixed_dictionaries(
    {
        "voices": st.just({"me": {"speaker": "x"}}),
        "scenes": st.lists(scene, min_size=1, max_size=3),
    },
    optional={
        "title": words,
        "fps": st.integers(1, 60),
        "defaults": st.just({"pause_after": 0.25}),
    },
)


def without_places(loaded: Script) -> Script:
    segments = tuple(dataclasses.replace(segment, where="") for segment in loaded.segments)
    return dataclasses.replace(loaded, path=None, name="", inputs=(), segments=segments)


@given(tree=document)
def test_json_and_yaml_are_one_format(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    folder = tmp_path_factory.mktemp("same")
    as_json = script.load(write(folder, "a.json", json.dumps(tree)))
    as_yaml = script.load(write(folder, "a.yaml", yaml.safe_dump(json.loads(json.dumps(tree)))))
    assert without_places(as_json) == without_places(as_yaml)
    assert len(as_json.segments) == sum(len(scene["segments"]) for scene in tree["scenes"])
    stems = [segment.stem.casefold() for segment in as_json.segments]
    assert len(set(stems)) == len(stems)


@given(listed=st.lists(names, min_size=1, max_size=5, unique=True))
def test_written_ids_are_kept(tmp_path_factory: pytest.TempPathFactory, listed: list[str]) -> None:
    listed = [name for name in listed if name.partition(".")[0] not in {"con", "prn", "aux", "nul"}]
    content = json.dumps(
        [{"id": name, "text": "Hi."} for name in listed] or [{"id": "a", "text": "Hi."}]
    )
    loaded = script.load(write(tmp_path_factory.mktemp("ids"), "a.json", content))
    assert ids(loaded) == (listed or ["a"])
