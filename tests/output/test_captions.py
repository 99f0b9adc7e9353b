"""Captions: every word, in order, in time, and safe in any player."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes, width

from narrate.output.timeline import Timeline, lay
from narrate.output.writers.captions import Cue, cues, srt, vtt
from narrate.output.writers.lines import (
    CUE_LINES,
    LINE_COLUMNS,
    NOT_FIRST,
    NOT_LAST,
    WIDE_LINE_COLUMNS,
    blocks,
)
from narrate.planning.plan import PlannedSegment
from narrate.reading import utterances as spoken
from narrate.sound.pace import weight
from support.plans import clip, line, one, plan, segment

SENTENCE = (
    "Each entry of the product is the dot product of a row of the first matrix "
    "and a column of the second one."
)
# Texts as a script gives them: in NFC, without control characters, and with collapsed white space.
DISPLAY = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120)
    | st.lists(
        st.sampled_from(["-->", "<b>", "</i>", "&amp;", "{\\an8}", "00:00:01,000", "7", "word"])
    ).map(" ".join)
).map(lambda text: unicodedata.normalize("NFC", " ".join(text.split())))
TIMELINES = st.lists(
    st.tuples(DISPLAY, st.integers(24 * 200, 500_000), st.sampled_from([0.0, 0.4])),
    min_size=1,
    max_size=5,
)

CLOCK = r"(\d\d):([0-5]\d):([0-5]\d){}(\d\d\d)"
Parsed = list[tuple[int, int, list[str]]]


def timeline_of(segments: list[tuple[str, int, float]]) -> Timeline:
    planned = (
        segment(f"s{i}", [line(clip(n))], pause, text)
        for i, (text, n, pause) in enumerate(segments)
    )
    return lay(plan(*planned), {}, "wav")


def milliseconds(clock: re.Match[str], first: int) -> int:
    hours, minutes, seconds, thousandths = (int(clock[first + i]) for i in range(4))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def parse_blocks(blocks: list[list[str]], point: str) -> Parsed:
    clock = CLOCK.format(point)
    found = []
    for times, *lines in blocks:
        match = re.fullmatch(f"{clock} --> {clock}", times)
        assert match, times
        assert lines
        assert not any("-->" in text or not text.strip() for text in lines)
        found.append((milliseconds(match, 1), milliseconds(match, 5), lines))
    return found


def spaceless(text: str) -> str:
    """A line without the spaces that keep a bracket from opening a tag."""
    return re.sub(r"(?<=<) (?=[/a-zA-Z])|(?<=\{) (?=\\)", "", text)


def parse_srt(text: str) -> Parsed:
    assert text.endswith("\n")
    blocks = [block.split("\n") for block in text[:-1].split("\n\n") if block]
    assert [block[0] for block in blocks] == [str(number + 1) for number in range(len(blocks))]
    parsed = parse_blocks([block[1:] for block in blocks], ",")
    for _, _, lines in parsed:
        assert not any(re.search(r"<[/a-zA-Z]|\{\\", text) for text in lines)
    return [(start, end, [spaceless(text) for text in lines]) for start, end, lines in parsed]


def parse_vtt(text: str) -> Parsed:
    head, *blocks = text.rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    parsed = parse_blocks([block.split("\n") for block in blocks], r"\.")
    for _, _, lines in parsed:
        assert not any("<" in text or re.search("&(?!(amp|lt|gt);)", text) for text in lines)
    return [(start, end, [html.unescape(text) for text in lines]) for start, end, lines in parsed]


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(TIMELINES)
def test_cues_hold_every_word_in_order_and_never_overlap(
    segments: list[tuple[str, int, float]],
) -> None:
    timeline = timeline_of(segments)
    found = list(cues(timeline))
    assert squeezed("".join(text for cue in found for text in cue.lines)) == squeezed(
        "".join(text for text, _, _ in segments)
    )
    assert all(cue.start < cue.end for cue in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(1 <= len(cue.lines) <= CUE_LINES for cue in found)
    assert all(text and width(text) <= LINE_COLUMNS for cue in found for text in cue.lines)


@given(TIMELINES)
def test_both_formats_say_what_the_cues_say(segments: list[tuple[str, int, float]]) -> None:
    timeline = timeline_of(segments)
    expected = [(cue.start, cue.end, list(cue.lines)) for cue in cues(timeline)]
    assert parse_vtt(vtt(list(cues(timeline)))) == expected
    safe = [
        (start, end, [spaceless(text.replace("-->", "→")) for text in lines])
        for start, end, lines in expected
    ]
    assert parse_srt(srt(list(cues(timeline)))) == safe


def test_cues_fill_the_sound_of_their_segment_and_not_its_pause() -> None:
    timeline = timeline_of([(SENTENCE, 48_000, 0.5), ("Short.", 24_000, 0.0)])
    found = list(cues(timeline))
    assert len(found) == 3
    assert (found[0].start, found[0].end, found[1].end) == (0, found[1].start, 2000)
    assert (found[2].start, found[2].end) == (2500, 3500)
    share = weight(" ".join(found[0].lines) + " ") / weight(SENTENCE)
    assert found[0].end == pytest.approx(2000 * share, abs=1)


def test_words_are_only_cut_where_one_is_longer_than_a_line() -> None:
    found = [
        text for cue in cues(lay(one(24_000, display=SENTENCE), {}, "wav")) for text in cue.lines
    ]
    assert " ".join(found) == SENTENCE
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    assert (
        "".join(
            text for cue in cues(lay(one(24_000, display=long), {}, "wav")) for text in cue.lines
        )
        == long
    )


def test_a_segment_without_text_has_no_caption() -> None:
    timeline = lay(one(24_000, display=""), {}, "wav")
    assert list(cues(timeline)) == []
    assert (srt(list(cues(timeline))).strip(), vtt(list(cues(timeline))).strip()) == ("", "WEBVTT")


def test_text_is_never_markup_or_a_time() -> None:
    timeline = lay(one(24_000, display="a --> <b>b</b> {\\an8} & 1 < 2"), {}, "wav")
    assert srt(list(cues(timeline))) == (
        "1\n00:00:00,000 --> 00:00:01,000\na → < b>b< /b> { \\an8} & 1 < 2\n"
    )
    assert vtt(list(cues(timeline))) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n"
        "a --&gt; &lt;b&gt;b&lt;/b&gt; {\\an8} &amp; 1 &lt; 2\n"
    )


def test_clocks_reach_past_an_hour() -> None:
    timeline = lay(one(24_000 * 3725), {}, "wav")
    assert "00:00:00,000 --> 01:02:05,000" in srt(list(cues(timeline)))
    assert "00:00:00.000 --> 01:02:05.000" in vtt(list(cues(timeline)))


CALM, ANSWER = "Look at the picture on the left for a while.", "There are nine of them."


def spoken_segment(
    text: str, lengths: list[int], say: str | None = None, caption: str | None = None
) -> PlannedSegment:
    """A segment as the planner makes it, with clips of these lengths in samples."""
    said = spoken.read(text, say)
    lines = [
        line(clip(samples), part.pause_before, part.text)
        for samples, part in zip(lengths, said.utterances, strict=True)
    ]
    made = segment("s", lines, 0.4, said.display if caption is None else caption)
    return replace(made, segment=replace(made.segment, text=text, say=say, caption=caption))


def cues_of(text: str, lengths: list[int], say: str | None = None) -> list[Cue]:
    return list(cues(lay(plan(spoken_segment(text, lengths, say)), {}, "wav")))


def texts(found: list[Cue]) -> list[str]:
    return [" ".join(cue.lines) for cue in found]


def test_no_cue_spans_a_pause() -> None:
    found = cues_of(f"{CALM} [pause:10s] {ANSWER}", [72_000, 48_000])
    assert texts(found) == [CALM, ANSWER]
    assert [(cue.start, cue.end) for cue in found] == [(0, 3000), (13_000, 15_000)]


def test_no_cue_is_shown_before_its_utterance() -> None:
    (cue,) = cues_of(f"[pause:8s] {ANSWER}", [24_000])
    assert (cue.start, cue.end) == (8000, 9000)


def test_a_spoken_form_with_the_same_pauses_is_shown_run_by_run() -> None:
    text, say = f"Hi! [pause:1s] {CALM}", f"{CALM} {CALM} [pause:2s] Yes."
    assert texts(cues_of(text, [120_000, 24_000], say)) == ["Hi!", CALM]


def test_a_spoken_form_with_other_pauses_shows_each_part_when_it_is_about_due() -> None:
    text = f"{CALM} {ANSWER} That is A^2."
    say = f"{CALM} [pause:3s] {ANSWER} [pause:1s] That is A squared."
    found = cues_of(text, [60_000, 48_000, 36_000], say)
    assert texts(found) == [CALM, ANSWER, "That is A^2."]
    assert [cue.start for cue in found] == [0, 5500, 8500]


def test_a_caption_replaces_what_is_shown() -> None:
    made = spoken_segment(f"{CALM} [pause:1s] {ANSWER}", [48_000, 48_000], caption="Nine squares.")
    assert texts(list(cues(lay(plan(made), {}, "wav")))) == ["Nine squares."]
    silent = spoken_segment(CALM, [48_000], caption="")
    assert list(cues(lay(plan(silent), {}, "wav"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "This is the first half of the story, which nobody ever told me about before today. Why?",
        "You can connect the two points with one straight line in exactly one single way. So?",
        "A matrix is a grid of numbers with rows and columns, and it moves the space at once. Ah!",
    ],
)
def test_a_short_last_word_is_no_cue_of_its_own(text: str) -> None:
    found = cues_of(text, [24_000 * len(text) // 15])
    assert len(found) == 2
    assert all(cue.end - cue.start >= 800 for cue in found)
    assert all(len(" ".join(cue.lines)) > 10 for cue in found)


def test_an_utterance_of_a_few_samples_has_no_cue_of_no_length() -> None:
    assert cues_of("A sentence of eight words is shown here.", [10]) == []
    assert [cue.end - cue.start for cue in cues_of("No.", [24])] == [1]


WORDS = st.sampled_from(
    [
        "a",
        "matrix",
        "is",
        "the",
        "sum,",
        "of",
        "rows;",
        "transformation",
        "yes.",
        "Why?",
        "42",
        "行列の積は、",
        "です。",
        "「はい」",
        "コンピューターで",
        "여러분",
        "ภาษาไทยคำ",
        "👨‍👩‍👧‍👦👍🏽",
        "https://example.org/a/long/path?with=a&query=and#more",
        "Fluß",
        "“so”",
        "e\u0301te\u0301",
    ]
)
PROSE = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
RUNS = st.lists(st.tuples(PROSE, st.sampled_from(["0.3s", "2s", "10s"])), min_size=1, max_size=4)


def text_of(runs: list[tuple[str, str]]) -> str:
    return "".join(f"[pause:{pause}] {text} " for text, pause in runs)


@st.composite
def segments(draw: st.DrawFn) -> PlannedSegment:
    text = text_of(draw(RUNS))
    say = draw(st.none() | RUNS.map(text_of))
    count = len(spoken.read(text, say).utterances)
    lengths = st.lists(st.integers(2400, 900_000), min_size=count, max_size=count)
    return spoken_segment(text, draw(lengths), say)


@given(st.lists(segments(), min_size=1, max_size=3), st.sampled_from(["wav", "mp3", "opus"]))
def test_every_cue_lies_within_its_utterance(planned: list[PlannedSegment], format: str) -> None:
    named = [
        replace(each, segment=replace(each.segment, id=f"s{i}")) for i, each in enumerate(planned)
    ]
    timeline = lay(plan(*named), {}, format)  # type: ignore[arg-type]
    found = list(cues(timeline))
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(cue.start < cue.end for cue in found)
    shown = squeezed("".join(each.display for each in planned))
    assert squeezed("".join(texts(found))) == shown
    spans = []
    for slot in timeline.slots:
        at = slot.start
        for part in slot.parts:
            if part.clip:
                spans.append((at, at + part.samples))
            at += part.samples
    for start, end in spans:
        first, last = (1000 * sample / timeline.rate for sample in (start, end))
        mine = [cue for cue in found if first <= cue.start and cue.end <= last]
        assert_long_enough(mine, (end - start) / timeline.rate)
        found = [cue for cue in found if cue not in mine]
    assert not found


def assert_long_enough(mine: list[Cue], seconds: float) -> None:
    """No cue is shorter than 0.8 s unless its utterance is, or its text needs more cues than there
    is time for.
    """
    text = " ".join(texts(mine))
    needed = len(blocks(text, 0.001))
    if seconds > 1.7 * max(1, needed):
        assert all(cue.end - cue.start >= 799 for cue in mine)


def first_and_last(line: str) -> tuple[str, str]:
    clusters = list(iter_graphemes(line))
    return clusters[0][0], clusters[-1][0]


@pytest.mark.parametrize(
    "text",
    [
        "この動画では行列の掛け算がどのような意味を持っているのかを最初から順番に丁寧に説明していきますので"
        "最後までゆっくりとご覧ください。",
        "Remotionというツールを使うとReactで動画を作ることができます。とても便利です。",
        "「行列」とは、数を縦と横に並べたものです（たとえば、三行三列）。「ベクトル」は、その特別なものです！",
        "矩阵是一个由数字组成的矩形阵列，“行”是横的，“列”是竖的；它一次移动整个空间，这就是线性变换的意思。",
    ],
)
def test_lines_of_full_width_characters_are_short_and_follow_kinsoku(text: str) -> None:
    found = cues_of(text, [24_000 * 12])
    lines = [each for cue in found for each in cue.lines]
    assert "".join(lines) == text
    assert all(width(each) <= WIDE_LINE_COLUMNS for each in lines)
    for each in lines:
        first, last = first_and_last(each)
        assert first not in NOT_FIRST
        assert last not in NOT_LAST


@pytest.mark.parametrize(
    "text",
    [
        "สวัสดีครับวันนี้เราจะมาเรียนรู้เกี่ยวกับเมทริกซ์และการคูณเมทริกซ์ซึ่งเป็นพื้นฐานของพีชคณิตเชิงเส้น",
        "👨‍👩‍👧‍👦👍🏽🇩🇪" * 30,
        "e\u0323\u0302" * 100,
        "מטריצה היא טבלה של מספרים עם שורות ועמודות, "
        "והיא מזיזה את כל המרחב בבת אחת, כמו שתראו מיד.",
    ],
)
def test_no_line_begins_inside_a_cluster(text: str) -> None:
    shown = spoken.read(text).display
    clusters = [each for each in iter_graphemes(shown) if each != " "]
    lines = [each for block in blocks(shown, 9.0) for each in block.lines]
    assert [each for part in lines for each in iter_graphemes(part) if each != " "] == clusters
    assert all(width(each) <= LINE_COLUMNS for each in lines)
