"""Captions: every word, in order, in time, and safe in any player."""

from __future__ import annotations

import html
import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.output.timeline import Timeline, lay
from narrate.output.writers.captions import CUE_LINES, LINE_CHARS, cues, srt, vtt
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
    st.tuples(DISPLAY, st.integers(1, 500_000), st.sampled_from([0.0, 0.4])), min_size=1, max_size=5
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


def parse_srt(text: str) -> Parsed:
    assert text.endswith("\n")
    blocks = [block.split("\n") for block in text[:-1].split("\n\n") if block]
    assert [block[0] for block in blocks] == [str(number + 1) for number in range(len(blocks))]
    parsed = parse_blocks([block[1:] for block in blocks], ",")
    for _, _, lines in parsed:
        assert not any(re.search(r"<[/a-zA-Z]|\{\\", text) for text in lines)
    return [
        (start, end, [text.replace("\u2060", "") for text in lines]) for start, end, lines in parsed
    ]


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
    assert all(cue.start <= cue.end for cue in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(1 <= len(cue.lines) <= CUE_LINES for cue in found)
    assert all(0 < len(text) <= LINE_CHARS for cue in found for text in cue.lines)


@given(TIMELINES)
def test_both_formats_say_what_the_cues_say(segments: list[tuple[str, int, float]]) -> None:
    timeline = timeline_of(segments)
    expected = [(cue.start, cue.end, list(cue.lines)) for cue in cues(timeline)]
    assert parse_vtt(vtt(list(cues(timeline)))) == expected
    safe = [
        (start, end, [text.replace("-->", "→").replace("\u2060", "") for text in lines])
        for start, end, lines in expected
    ]
    assert parse_srt(srt(list(cues(timeline)))) == safe


def test_cues_fill_the_sound_of_their_segment_and_not_its_pause() -> None:
    timeline = timeline_of([(SENTENCE, 48_000, 0.5), ("Short.", 24_000, 0.0)])
    found = list(cues(timeline))
    assert len(found) == 3
    assert (found[0].start, found[0].end, found[1].end) == (0, found[1].start, 2000)
    assert (found[2].start, found[2].end) == (2500, 3500)
    share = sum(map(len, found[0].lines)) / sum(
        len(text) for cue in found[:2] for text in cue.lines
    )
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
    joiner = "\u2060"
    assert srt(list(cues(timeline))) == (
        "1\n00:00:00,000 --> 00:00:01,000\n"
        f"a → <{joiner}b>b<{joiner}/b> {{{joiner}\\an8}} & 1 < 2\n"
    )
    assert vtt(list(cues(timeline))) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n"
        "a --&gt; &lt;b&gt;b&lt;/b&gt; {\\an8} &amp; 1 &lt; 2\n"
    )


def test_clocks_reach_past_an_hour() -> None:
    timeline = lay(one(24_000 * 3725), {}, "wav")
    assert "00:00:00,000 --> 01:02:05,000" in srt(list(cues(timeline)))
    assert "00:00:00.000 --> 01:02:05.000" in vtt(list(cues(timeline)))
