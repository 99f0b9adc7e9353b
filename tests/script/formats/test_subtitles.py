"""SRT and WebVTT as scripts: no cue and no line is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate import script
from narrate.errors import ScriptError, ScriptErrors
from narrate.script import Omission, Script

SRT = r"""1
00:00:01,000 --> 00:00:02,500
<i>Hello</i><br/>there,
{\an8}my friend.

2
00:00:03,000 --> 01:00:04,050 X1:40 X2:600
First line

second line after a gap &amp; more.\NThe &lt;end&gt; &#91;x].

2
00:00:05,000 --> 00:00:06,000
In the year
1984

00:00:05,500 --> 00:00:08,000
No number.

7

00:00:09,000 --> 00:00:10,000
Seven.

8
00:00:09,000 --> 00:00:10,000
<i></i>
"""
VTT = """WEBVTT - a title
Kind: captions

NOTE This is a comment
over two lines

STYLE
::cue { color: red }

REGION
id:fred

intro
00:01.000 --> 00:02.500 align:start
<v Mary Ann>Hello <c.loud>there</c>, <00:02.000>you.

my cue
100:00:03.000 --> 100:00:04.000
1 < 2
"""


def load(folder: Path, name: str, content: str) -> Script:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return script.load(path)


def test_srt(tmp_path: Path) -> None:
    loaded = load(tmp_path, "talk.srt", SRT)
    assert [(each.id, each.where, each.slot, each.text) for each in loaded.segments] == [
        ("1", "talk.srt:1", (1.0, 2.5), "Hello there, my friend."),
        (
            "2",
            "talk.srt:6",
            (3.0, 3604.05),
            r"First line second line after a gap & more. The \<end> \[x].",
        ),
        ("2-2", "talk.srt:12", (5.0, 6.0), "In the year 1984"),
        ("no-number-d937", "talk.srt:17", (5.5, 8.0), "No number."),
        ("7", "talk.srt:20", (9.0, 10.0), "Seven."),
    ]
    assert loaded.omissions == (Omission("talk.srt:25", "empty cue", "<i></i>"),)
    [note] = map(str, loaded.notes)
    assert note == "talk.srt:12: '2' repeats or is not an id, so the segment is 2-2"


def test_vtt(tmp_path: Path) -> None:
    loaded = load(tmp_path, "talk.VTT", VTT)
    assert [(each.id, each.where, each.slot, each.text) for each in loaded.segments] == [
        ("intro", "talk.VTT:13", (1.0, 2.5), "Hello there, you."),
        ("my-cue", "talk.VTT:17", (360_003.0, 360_004.0), "1 < 2"),
    ]
    assert [(each.where, each.kind) for each in loaded.omissions] == [
        ("talk.VTT:2", "header"),
        ("talk.VTT:4", "comment"),
        ("talk.VTT:7", "style sheet"),
        ("talk.VTT:10", "region"),
        ("talk.VTT:13", "speaker name"),
    ]
    assert loaded.omissions[-1].text == "Mary Ann"
    assert "'my cue' repeats or is not an id, so the segment is my-cue" in str(loaded.notes[0])


def test_a_tag_of_a_language_is_that_of_ssml_or_left_out(tmp_path: Path) -> None:
    times = "00:01.000 --> 00:02.500\n"
    ssml = '<i>We</i> say <lang xml:lang="fr">bonjour</lang>.'
    cues = f"WEBVTT\n\na\n{times}{ssml}\n\nb\n{times}We say <lang fr>bonjour</lang>.\n"
    loaded = load(tmp_path, "talk.vtt", cues)
    assert [each.text for each in loaded.segments] == [
        'We say <lang xml:lang="fr">bonjour</lang>.',
        "We say bonjour.",
    ]


def test_a_cue_directly_below_the_first_line_is_kept(tmp_path: Path) -> None:
    loaded = load(tmp_path, "a.vtt", "WEBVTT\n00:01.000 --> 00:02.000\nHi.")
    assert [each.text for each in loaded.segments] == ["Hi."]
    assert loaded.omissions == ()


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        ("a.srt", "1\n00:00:01,000 -> 00:00:02,000\nHi.", ["a.srt:2"]),
        ("a.srt", "1\n00:00:01,000 00:00:02,000\nHi.", ["a.srt:2"]),
        ("a.srt", "1\n00:00:01 --> 00:00:02\nHi.", ["a.srt:2"]),
        ("a.srt", "1\n00:00:71,000 --> 00:00:72,000\nHi.", ["a.srt:2"]),
        ("a.srt", "1\n\n00:00:03,000 --> 00:00:02,000\nHi.", ["a.srt:3"]),
        ("a.srt", "Lost.\n\n1\n00:00:01,000 --> 00:00:02,000\nHi.", ["a.srt:1"]),
        ("a.srt", "\n\nOnly text.", ["a.srt:3"]),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHi.\n\n2\n", ["a.srt:5"]),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHi.\n\n2\nYou.", ["a.srt:5"]),
        ("a.srt", "", ["a.srt"]),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n\n", ["a.srt"]),
        ("a.vtt", "", ["a.vtt:1"]),
        (
            "a.vtt",
            "WEBVTT\n00:01.000 --> 00:02.000\nHi.\nb\n00:02.000 --> 00:03.000\nYou.",
            ["a.vtt:5"],
        ),
        ("a.vtt", "WEBVTT", ["a.vtt"]),
        ("a.vtt", "WEBVTTX\n\n00:01.000 --> 00:02.000\nHi.", ["a.vtt:1"]),
        ("a.vtt", "00:01.000 --> 00:02.000\nHi.", ["a.vtt:1"]),
        ("a.vtt", "WEBVTT\n\nLost.\n\n00:01.000 --> 00:0x.000\nHi.", ["a.vtt:3", "a.vtt:5"]),
    ],
)
def test_what_is_no_cue_is_refused(
    tmp_path: Path, name: str, content: str, places: list[str]
) -> None:
    with pytest.raises(ScriptError) as caught:
        load(tmp_path, name, content)
    error = caught.value
    assert error.hint
    found = error.problems if isinstance(error, ScriptErrors) else (error,)
    assert [each.where for each in found] == places


words = st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True), min_size=1, max_size=4)
cues = st.lists(st.tuples(words, st.integers(0, 10**7), st.booleans()), min_size=1, max_size=5)


def clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"


@given(cues=cues, gap=st.sampled_from(["\n", " \n", "\n\n"]))
def test_every_word_of_every_cue_is_kept(
    tmp_path_factory: pytest.TempPathFactory,
    cues: list[tuple[list[str], int, bool]],
    gap: str,
) -> None:
    blocks = [
        (f"{i}\n" if numbered else "")
        + f"{clock(start)} --> {clock(start + 1)}\n"
        + "\n".join(lines)
        for i, (lines, start, numbered) in enumerate(cues, 1)
    ]
    loaded = load(tmp_path_factory.mktemp("srt"), "a.srt", f"\n{gap}".join(blocks))
    assert [segment.text for segment in loaded.segments] == [" ".join(each) for each, _, _ in cues]
    assert [segment.slot for segment in loaded.segments] == [
        (start / 1000, (start + 1) / 1000) for _, start, _ in cues
    ]


def test_all_problems_are_reported_in_one_go(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text(
        "1\n00:00:aa,000 --> 00:00:02,000\nHello.\n\n2\n00:00:02,000 --> 00:00:03,000\n<x>Hi\n"
    )
    with pytest.raises(ScriptErrors) as caught:
        script.load(path)
    assert [each.where for each in caught.value.problems] == ["a.srt:2", "a.srt:5"]


@pytest.mark.parametrize("text", ["...", "-", "?!", "<i>…</i>"])
def test_a_cue_without_words_is_left_out(tmp_path: Path, text: str) -> None:
    times = "00:00:01,000 --> 00:00:02,000"
    path = tmp_path / "a.srt"
    path.write_text(f"1\n{times}\nHello.\n\n2\n{times}\n{text}\n")
    loaded = script.load(path)
    assert [segment.text for segment in loaded.segments] == ["Hello."]
    assert loaded.omissions == (Omission("a.srt:5", "empty cue", text),)
