"""Scripts that are broken, enormous or malicious: each is a ScriptError that says where and what
next.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narrate import script
from narrate.base import limits
from narrate.errors import ScriptError, ScriptErrors, UsageError
from narrate.script import problems


def refuse(path: Path) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        script.load(path)
    check(caught.value)
    return caught.value


def check(error: UsageError) -> None:
    """An error says where, what, and what next, in one printable line each."""
    assert error.where
    assert error.hint
    assert len(error.what) < 250
    assert f"{error.where}{error.what}{error.hint}".isprintable()


def refuse_text(folder: Path, name: str, content: str | bytes) -> ScriptError:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return refuse(path)


def refuse_all(folder: Path, name: str, content: str) -> tuple[ScriptError, ...]:
    """The problems of a script that has several."""
    error = refuse_text(folder, name, content)
    assert isinstance(error, ScriptErrors)
    for problem in error.problems:
        check(problem)
    assert error.what.startswith(f"{error.total:,} problems")
    return error.problems


def segments(*entries: dict[str, Any]) -> str:
    return json.dumps(list(entries))


HI = {"text": "Hi."}


@pytest.mark.parametrize(
    ("content", "where", "what", "hint"),
    [
        ("not json", "a.json:1:1", "not valid JSON", ""),
        ('[{"text": "Hi."},\n {"text" "Hi."}]', "a.json:2:10", "not valid JSON", ""),
        ("", "a.json", "nothing to say in this file", ""),
        ('[{"text": "Hi.", "pause_after": NaN}]', "a.json: $[0].pause_after", "nan", ""),
        ('{"fps": Infinity, "segments": [{"text": "Hi."}]}', "a.json: $.fps", "inf", ""),
        ('{"fps": 1e999, "segments": [{"text": "Hi."}]}', "a.json: $.fps", "inf", ""),
        ('[{"text": "a", "text": "b"}]', "a.json: $[0]", "duplicate key 'text'", ""),
        (f'[{{"text": "a", "take": {"9" * 5000}}}]', "a.json: $[0].take", "5000 digits", ""),
        ("[" * 100_000, "a.json", "nested too deeply", ""),
        ('{"a":' * 100_000, "a.json", "nested too deeply", ""),
        ('[{"text": "a\\ud800"}]', "a.json: $[0].text", "'\\ud800'", ""),
        ('[{"\\udfff": "a"}]', "a.json: $[0]", "'\\udfff'", ""),
        ('[{"text": "a\\u0000b"}]', "a.json: $[0].text", "'\\x00'", ""),
        ('{"title": "\\u001b[31m", "segments": ["a"]}', "a.json: $.title", "'\\x1b'", ""),
        (segments({"txt": "a"}), "a.json: $[0]", "unknown field 'txt'", "did you mean 'text'?"),
        (segments({"x" * 500: "a"}), "a.json: $[0]", "unknown field 'xxx", "use one of: id, text"),
        ('{"sceenes": []}', "a.json: $", "unknown field 'sceenes'", "'scenes'"),
        (
            '{"voices": {"a": {"ref": "x", "speker": "y"}}}',
            "a.json: $.voices.'a'",
            "'speker'",
            "'speaker'",
        ),
        (
            '{"voices": {"a": {"ref": 1}}}',
            "a.json: $.voices.'a'.ref",
            "expected text, got a whole number",
            "quotes",
        ),
        (
            '{"voices": {"a": {}}, "segments": [{"text": "a"}]}',
            "a.json: $.voices.'a'",
            "it has no kind",
            "exactly one of",
        ),
        (
            '{"voices": {"a": {"ref": "x", "speaker": "y"}}, "segments": [{"text": "a"}]}',
            "a.json: $.voices.'a'",
            "it has 'ref' and 'speaker'",
            "exactly one of",
        ),
        (
            segments({"id": "a", "text": 1}),
            "a.json: $[0].text",
            "expected text, got a whole number",
            "quotes",
        ),
        (
            segments({"text": "a", "reading": "none"}),
            "a.json: $[0].reading",
            "unknown value 'none'",
            "write engine, full or off",
        ),
        (
            segments({"text": "a", "take": 1.5}),
            "a.json: $[0].take",
            "expected a whole number, got a number",
            "",
        ),
        (
            segments({"text": "a", "seed": True}),
            "a.json: $[0].seed",
            "expected a whole number, got true or false",
            "",
        ),
        (
            segments({"text": "a", "pause_after": -1}),
            "a.json: $[0].pause_after",
            "-1 s is not between 0 s and 60 s",
            "within these limits",
        ),
        (
            segments({"text": "a", "pause_after": "1h"}),
            "a.json: $[0].pause_after",
            "'1h' is not a duration such as 0.6s or 600ms",
            "600ms",
        ),
        (segments({"id": "a", **HI}, {"id": "a", **HI}), "a.json: $[1]", "duplicate id 'a'", ""),
        (
            segments({"id": "a", **HI}, {"id": "A", **HI}),
            "a.json: $[1]",
            "'a' and 'A' would have the same file",
            "",
        ),
        (segments({"text": ""}), "a.json: $[0]", "nothing to say", ""),
        (segments({"text": " \n"}), "a.json: $[0]", "nothing to say", ""),
        (segments({"text": "[pause:1s]"}), "a.json: $[0]", "nothing to say but pauses", ""),
        (segments({"text": "?!"}), "a.json: $[0]", "nothing to say", "[pause:1s]"),
        (segments({"text": "\u200b"}), "a.json: $[0]", "nothing to say", ""),
        (segments({"text": "a", "say": " "}), "a.json: $[0]", "nothing to say", ""),
        (segments({"id": "a"}), "a.json: $[0]", "nothing to say", ""),
        (segments({"text": "a [pause:1h]"}), "a.json: $[0]", "not a duration", ""),
        (segments({"text": "a [pause]", "say": "b"}), "a.json: $[0]", "malformed", ""),
        (
            segments({"text": "a" * (limits.TEXT_CHARS + 1)}),
            "a.json: $[0]",
            "longer than 1000000",
            "",
        ),
        (
            segments({"text": "a", "voice": "me"}),
            "a.json: $[0].voice",
            "unknown voice 'me'",
            "'voices'",
        ),
        ("[]", "a.json: $", "no segments", ""),
        ("{}", "a.json: $", "no segments", ""),
        ("1", "a.json: $", "expected an object with fields, got a whole number", ""),
        ('"text"', "a.json: $", "expected an object with fields, got text", ""),
        ('{"scenes": []}', "a.json: $.scenes", "expected a list of length >= 1", ""),
        ('{"scenes": [{"segments": []}]}', "a.json: $.scenes[0].segments", "length >= 1", ""),
        (
            '{"scenes": [{"segments": [{"text": "a"}]}], "segments": [{"text": "a"}]}',
            "a.json: $",
            "both 'scenes' and 'segments'",
            "",
        ),
        ('{"fps": "30/0", "segments": [{"text": "a"}]}', "a.json: $.fps", "'30/0' is not", ""),
        ('{"fps": 0, "segments": [{"text": "a"}]}', "a.json: $.fps", "is not", ""),
        ('{"fps": "x", "segments": [{"text": "a"}]}', "a.json: $.fps", "'x' is not", ""),
        ("[]".encode("utf-16"), "a.json:1", "the text is UTF-16", "save it as UTF-8"),
        ("\ufeff[]".encode("utf-16-be"), "a.json:1", "the text is UTF-16", "save it as UTF-8"),
        ("[]".encode("utf-16-le"), "a.json:1", "NUL", "save it as UTF-8"),
        ("[]".encode("utf-32"), "a.json:1", "the text is UTF-32", "save it as UTF-8"),
        (b'[\n{"text": "caf\xe9"}]', "a.json:2", "Windows-1252", "save it as UTF-8"),
    ],
)
def test_json(tmp_path: Path, content: str | bytes, where: str, what: str, hint: str) -> None:
    error = refuse_text(tmp_path, "a.json", content)
    assert error.where == where
    assert what in error.what
    assert hint in error.hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("../../x", "'x'"),
        ("/etc/x", "'etc-x'"),
        ("CON", "'con_'"),
        ("com1.wav", "'com1-wav'"),
        ("lpt\u00b9", "'lpt\u00b9_'"),
        ("x" * 10_000, "x"),
        ("\u00e9" * 60, "\u00e9"),
        ("", "'segment'"),
        ("-a", "'a'"),
        (".a", "'a'"),
        ("a.", "'a'"),
        ("a b", "'a-b'"),
        ("a/b", "'a-b'"),
        ("a\\b", "'a-b'"),
        ("a:b", "'a-b'"),
        ("cafe\u0301", "'caf\u00e9'"),
        ("a\u202eb", "'ab'"),
        ("a\nb", "'a-b'"),
    ],
)
def test_ids_that_are_no_file_names(tmp_path: Path, name: str, hint: str) -> None:
    error = refuse_text(tmp_path, "a.json", segments({"id": name, "text": "Hi."}))
    assert error.where == "a.json: $[0].id"
    assert error.what.startswith("id ")
    assert len(error.what) < 150
    assert hint in error.hint
    suggestion = error.hint.removeprefix("use ").strip("'")
    fixed = tmp_path / "b.json"
    fixed.write_text(segments({"id": suggestion, "text": "Hi."}))
    assert script.load(fixed).segments[0].id == suggestion
    in_scene = json.dumps({"scenes": [{"id": name, "segments": [HI]}]})
    assert refuse_text(tmp_path, "c.json", in_scene).where == "c.json: $.scenes[0].id"


def test_ids_that_share_a_file(tmp_path: Path) -> None:
    scenes = [
        {"id": "a", "segments": [{"id": "b__c", "text": "Hi."}]},
        {"id": "a__b", "segments": [{"id": "c", "text": "Hi."}]},
    ]
    error = refuse_text(tmp_path, "a.json", json.dumps({"scenes": scenes}))
    assert "'a/b__c' and 'a__b/c' would have the same file" in error.what
    assert "$.scenes[0].segments[0]" in error.what
    scenes[1]["id"] = "A"
    assert (
        "'a' and 'A' would have the same file"
        in refuse_text(tmp_path, "b.json", json.dumps({"scenes": scenes})).what
    )


def test_unknown_voice(tmp_path: Path) -> None:
    tree = {
        "voices": {"narrator": {"speaker": "x"}},
        "segments": [{"text": "a", "voice": "narator"}],
    }
    assert refuse_text(tmp_path, "a.json", json.dumps(tree)).hint == "did you mean 'narrator'?"
    tree["segments"] = [{"text": "a", "voice": "zzz"}]
    assert refuse_text(tmp_path, "a.json", json.dumps(tree)).hint == "use one of: narrator"
    tree["defaults"] = {"voice": "me"}
    default, own = refuse_all(tmp_path, "a.json", json.dumps(tree))
    assert (default.where, own.where) == ("a.json: $.defaults.voice", "a.json: $.segments[0].voice")


EVERYTHING_WRONG = """{
  "titel": "x", "fps": "30/0",
  "voices": {"a": {"ref": 1, "speker": "b"}, "b": {}, "c": {"ref": "https://example.org/a.wav"}},
  "defaults": {"voice": "zzz", "pause_after": true},
  "scenes": [
    {"id": "one/two", "budget": "long", "segments": [
      {"id": "x", "text": 1, "txt": "y", "voice": "who", "pause_after": "a"},
      {"id": "x", "text": "[pause:1h]", "take": 0},
      {"text": "a\\u0007", "slot": [1, "b"]},
      7,
      {"id": "x", "text": ""}
    ]},
    {"id": "empty", "segments": []},
    []
  ]
}"""


def test_every_problem_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "SHOWN", 24)
    found = refuse_all(tmp_path, "a.json", EVERYTHING_WRONG)
    where = [error.where.removeprefix("a.json: ") for error in found]
    assert where == [
        "$",
        "$.defaults.pause_after",
        "$.defaults.voice",
        "$.fps",
        "$.scenes[0].budget",
        "$.scenes[0].id",
        "$.scenes[0].segments[0]",
        "$.scenes[0].segments[0].pause_after",
        "$.scenes[0].segments[0].text",
        "$.scenes[0].segments[0].voice",
        "$.scenes[0].segments[1]",
        "$.scenes[0].segments[1]",
        "$.scenes[0].segments[1].take",
        "$.scenes[0].segments[2].slot[1]",
        "$.scenes[0].segments[2].text",
        "$.scenes[0].segments[3]",
        "$.scenes[0].segments[4]",
        "$.scenes[0].segments[4]",
        "$.scenes[1].segments",
        "$.scenes[2]",
        "$.voices.'a'",
        "$.voices.'a'.ref",
        "$.voices.'b'",
        "$.voices.'c'",
    ]


def test_problems_are_in_the_order_of_their_places(tmp_path: Path) -> None:
    found = refuse_all(tmp_path, "a.json", segments(*[{"text": n} for n in range(12)]))
    assert [error.where for error in found] == [f"a.json: $[{n}].text" for n in range(12)]


def test_a_bad_line_of_markdown_does_not_hide_the_next_one(tmp_path: Path) -> None:
    found = refuse_all(tmp_path, "a.md", "One. {#a voice=x}\n\nTwo. {#a}\n\nThree. {#b pause=99}")
    assert [error.where for error in found] == ["a.md:1", "a.md:3", "a.md:5"]


def test_thousands_of_problems_are_counted_up_to_a_limit(tmp_path: Path) -> None:
    error = refuse_text(tmp_path, "a.json", segments(*[{"text": ""}] * 20_000))
    assert isinstance(error, ScriptErrors)
    assert (len(error.problems), error.total) == (20, 1_000)
    assert error.what == "1,000 problems, the first 20 listed"
    unknown = json.dumps({f"x{n}": 1 for n in range(100_000)} | {"segments": [{"text": "a"}]})
    assert refuse_text(tmp_path, "a.json", unknown).what.startswith("1,000 problems")


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (BOMB, "a.yaml:2:8", "aliases are not supported"),
        ("a: &a\n  b: *a\n", "a.yaml:2:6", "aliases are not supported"),
        ("title: a\ntitle: b\n", "a.yaml:2:1", "duplicate key 'title'"),
        ("a: [", "a.yaml:1:5", "not valid YAML"),
        ("title: 2024-01-01\n", "a.yaml:1:8", "a date without quotes"),
        ("title: !!python/object/apply:os.system [ls]\n", "a.yaml:1:8", "constructor"),
        ("title: !%1B[31m x\n", "a.yaml:1:8", "not valid YAML"),
        ("title: !!int x\n", "a.yaml:2", "invalid number or tag"),
        ("title: !!map x\n", "a.yaml:1:8", "not valid YAML"),
        ("fps: .nan\n", "a.yaml: $.fps", "nan"),
        ("1: x\n", "a.yaml: $", "the key 1 is not text"),
        ("title: yes\n", "a.yaml: $.title", "expected text, got true or false"),
        ('title: "\\ud800"\n', "a.yaml: $.title", "'\\ud800'"),
        ("title: a\n\x07", "a.yaml:2", "does not allow"),
        ("--- 1\n--- 2\n", "a.yaml:2:1", "not valid YAML"),
        ("[" * 100_000, "a.yaml", "nested too deeply"),
        ("? [a]\n: b\n", "a.yaml:1:3", "not valid YAML"),
        ("", "a.yaml", "nothing to say in this file"),
    ],
)
def test_yaml(tmp_path: Path, content: str, where: str, what: str) -> None:
    error = refuse_text(tmp_path, "a.yaml", content)
    assert what in error.what
    assert error.where == where


@pytest.mark.parametrize("content", ["> " * 20_000 + "a", "[" * 9_000, "* " * 5_000 + "a"])
def test_deep_markdown_is_refused_and_not_left_out(tmp_path: Path, content: str) -> None:
    assert "nested too deeply" in refuse_text(tmp_path, "a.md", content).what


@pytest.mark.parametrize("name", ["a.csv", "script", "a.json.bak"])
def test_other_formats(tmp_path: Path, name: str) -> None:
    assert ".markdown" in refuse_text(tmp_path, name, "[]").hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "missing.json" in refuse(tmp_path / "missing.json").where
    assert "null" in refuse(Path("a\0.json")).what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[]")
    path.chmod(0)
    assert "ermission" in refuse(path).what


def test_a_folder_without_texts(tmp_path: Path) -> None:
    assert "no script" in refuse(tmp_path).what
    (tmp_path / "a.txt").write_text(" \n")
    assert "nothing to say" in refuse(tmp_path).what


@pytest.mark.parametrize("name", ["a.json", "folder/a.txt"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    assert "not a regular file" in refuse(path if name == "a.json" else path.parent).what


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.touch()
    os.truncate(path, 2**30)
    code = (
        "import resource, sys; from narrate import errors, script\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))\n"
        "try: script.load(sys.argv[1])\n"
        "except errors.ScriptError as error: print(error.what)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("larger than 16 MiB\n", "")


def test_an_endless_pipe_is_read_within_bounds() -> None:
    code = (
        "from narrate import errors, script\n"
        "try: script.load('-')\n"
        "except errors.ScriptError as error: print(error.what)"
    )
    with Path("/dev/zero").open("rb") as zeros:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=zeros, capture_output=True, text=True, timeout=60
        )
    assert done.stdout == "larger than 16 MiB\n"


@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ('{"segments": ', "}"), ('{"scenes": ', "}")]
)
def test_a_million_segments(tmp_path: Path, before: str, after: str) -> None:
    content = before + "[" + ",".join(['{"text":"a"}'] * 1_000_000) + "]" + after
    assert "more than 20000 segments" in refuse_text(tmp_path, "a.json", content).what


@pytest.mark.parametrize(
    ("name", "cue"),
    [
        ("a.srt", "00:00:01,000 --> 00:00:02,000\n<i>a\n\n"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n\n\n"),
        ("a.srt", "\n 7"),
        ("a.srt", "00:00:01,000"),
        ("a.srt", "0:00:01,000 -->\n"),
        ("a.vtt", "00:01.000 --> 00:02.000\n<v a\n\n"),
        ("a.vtt", "NOTE\n\n"),
        ("a.vtt", "{\\\\&#"),
    ],
)
def test_sixteen_megabytes_of_subtitles(tmp_path: Path, name: str, cue: str) -> None:
    start = "WEBVTT\n\n" if name == "a.vtt" else ""
    refuse_text(tmp_path, name, start + cue * ((limits.SCRIPT_BYTES - 99) // len(cue)))


@pytest.mark.parametrize(("name", "what"), [("a.txt", "20000 segments"), ("a.md", "200000 lines")])
def test_a_million_paragraphs(tmp_path: Path, name: str, what: str) -> None:
    assert f"more than {what}" in refuse_text(tmp_path, name, "a\n\n" * 1_000_000).what


DEFINITIONS = script.schema()["$defs"]
FIELDS = sorted({field for kind in DEFINITIONS.values() for field in kind["properties"]} | {"x"})
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=20,
)
SUFFIXES = st.sampled_from([".json", ".yaml", ".md", ".txt", ".srt", ".vtt"])
cues = st.text(st.sampled_from("0123:,.-> \nab<i>&;{}\\\\"), max_size=60).map(
    lambda text: f"WEBVTT\n\n1\n00:01:02.003 --> 00:01:02.004\n{text}\n\n{text}"
)
markup = st.text(st.sampled_from("ab#{}[]()<>!-=:`*_\\&;\n \t'\"|~%@?,.1"), max_size=80)
structured = markup.map(lambda text: f"---\n{text}\n---\n# T {{#a}}\n{text}")


def only_refuses(folder: Path, suffix: str, data: bytes) -> None:
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    try:
        loaded = script.load(path)
    except UsageError as refused:
        error = refused
    else:
        assert loaded.segments
        return
    check(error)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(suffix=SUFFIXES, data=st.binary(max_size=60))
def test_any_bytes(folder: Path, suffix: str, data: bytes) -> None:
    only_refuses(folder, suffix, data)


@given(suffix=SUFFIXES, text=st.text(max_size=60) | markup | structured | cues)
@example(suffix=".yaml", text="a: !!timestamp x")
@example(suffix=".yaml", text="a: 1:99999999999999999999:1.5")
@example(suffix=".yaml", text="a: 0b_")
@example(suffix=".md", text="---\nvoices: 1\n---\n")
def test_any_text(folder: Path, suffix: str, text: str) -> None:
    only_refuses(folder, suffix, text.encode(errors="surrogatepass"))


@given(data=st.binary(max_size=60) | (markup | structured | cues).map(str.encode))
def test_any_standard_input(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        try:
            assert script.load("-").segments
        except UsageError as error:
            check(error)


@given(suffix=st.sampled_from([".json", ".yaml"]), tree=values)
def test_any_tree(folder: Path, suffix: str, tree: object) -> None:
    only_refuses(folder, suffix, json.dumps(tree).encode())


@given(
    entry=st.dictionaries(
        st.sampled_from(sorted(DEFINITIONS["SegmentEntry"]["properties"])), values, max_size=5
    )
)
def test_any_segment(folder: Path, entry: dict[str, object]) -> None:
    only_refuses(folder, ".json", json.dumps({"segments": [{"text": "Hi.", **entry}]}).encode())
