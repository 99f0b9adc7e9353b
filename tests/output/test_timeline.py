"""Time: integer samples that add up, and frames that never drift."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.base.fps import frame_rate
from narrate.config import Format
from narrate.output.timeline import FORMAT_RATES, Part, Timeline, lay
from narrate.planning.plan import Plan, PlannedUtterance
from support.plans import clip, line, one, plan, segment

RATES = st.sampled_from([8_000, 22_050, 24_000, 44_100, 48_000])
PAUSES = st.sampled_from([0.0, 0.1, 0.4, 1 / 3, 60.0]) | st.floats(0, 60).map(
    lambda seconds: round(seconds, 3)
)
FPS = st.sampled_from(
    [Fraction(24), Fraction(30), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)]
)
CLIPS = st.builds(clip, st.integers(1, 2_000_000), RATES)
LINES = st.builds(line, CLIPS, PAUSES)
SEGMENTS = st.lists(
    st.tuples(st.lists(LINES, min_size=1, max_size=3), PAUSES), min_size=1, max_size=12
)


def planned(segments: list[tuple[list[PlannedUtterance], float]]) -> Plan:
    return plan(*(segment(f"s{i}", lines, pause) for i, (lines, pause) in enumerate(segments)))


@given(SEGMENTS)
def test_slots_tile_the_whole(segments: list[tuple[list[PlannedUtterance], float]]) -> None:
    timeline = lay(planned(segments), {}, "wav")
    starts = [slot.start for slot in timeline.slots]
    assert starts == [0, *(slot.next_start for slot in timeline.slots[:-1])]
    assert sum(slot.samples + slot.pause for slot in timeline.slots) == timeline.samples
    for slot in timeline.slots:
        assert sum(part.samples for part in slot.parts) == slot.samples
        assert (slot.end, slot.next_start) == (slot.start + slot.samples, slot.end + slot.pause)


@given(SEGMENTS)
def test_every_length_is_exact_at_the_highest_rate(
    segments: list[tuple[list[PlannedUtterance], float]],
) -> None:
    timeline = lay(planned(segments), {}, "wav")
    clips = [line.clip for lines, _ in segments for line in lines if line.clip]
    assert timeline.rate == max(clip.rate for clip in clips)
    assert [part.clip for slot in timeline.slots for part in slot.parts if part.clip] == clips
    for slot, (lines, pause) in zip(timeline.slots, segments, strict=True):
        assert slot.pause == round(pause * timeline.rate)
        silence = sum(part.samples for part in slot.parts if part.clip is None)
        assert silence == sum(round(line.pause_before * timeline.rate) for line in lines)
        for part in slot.parts:
            if part.clip:
                exact = Fraction(part.clip.samples * timeline.rate, part.clip.rate)
                assert abs(part.samples - exact) <= Fraction(1, 2)


@given(SEGMENTS, FPS)
def test_frames_tile_the_whole_and_do_not_drift(
    segments: list[tuple[list[PlannedUtterance], float]], fps: Fraction
) -> None:
    timeline = lay(planned(segments), {}, "wav")
    places = [0, *(slot.next_start for slot in timeline.slots)]
    frames = [timeline.frame(place, fps) for place in places]
    assert sum(b - a for a, b in zip(frames, frames[1:], strict=False)) == timeline.frame(
        timeline.samples, fps
    )
    for place, frame in zip(places, frames, strict=True):
        assert abs(frame - place * fps / timeline.rate) <= Fraction(1, 2)


@given(
    st.integers(0, 2**40), RATES, FPS | st.fractions(Fraction(1, 100), 1000, max_denominator=1001)
)
def test_a_frame_is_rounded_half_up(sample: int, rate: int, fps: Fraction) -> None:
    assert (
        Timeline(rate, ()).frame(sample, fps) == (sample * fps / rate + Fraction(1, 2)).__floor__()
    )


def test_a_frame_begins_where_it_is_nearest() -> None:
    timeline = Timeline(24_000, ())
    assert [timeline.frame(sample, Fraction(30)) for sample in (0, 399, 400, 800, 1199, 1200)] == [
        0,
        0,
        1,
        1,
        1,
        2,
    ]
    hour = timeline.frame(24_000 * 3600, Fraction(30000, 1001))
    assert hour == 107_892


def test_seconds_are_told_to_the_microsecond() -> None:
    timeline = Timeline(44_100, ())
    assert [timeline.seconds(samples) for samples in (0, 1, 44_100, 100_000)] == [
        0.0,
        0.000023,
        1.0,
        2.267574,
    ]


def test_parts_are_heard_in_order() -> None:
    first, second = clip(1000), clip(500, 12_000)
    timeline = lay(plan(segment("a", [line(first, 0.25), line(second, 0.5)], 0.1)), {}, "wav")
    (slot,) = timeline.slots
    assert slot.parts == (Part(6000), Part(1000, first), Part(12_000), Part(1000, second))
    assert (slot.start, slot.samples, slot.pause) == (0, 20_000, 2400)


def test_clips_made_by_the_run_come_before_those_of_the_plan() -> None:
    wanted = plan(
        segment("a", [line(clip(1000))]), segment("b", [PlannedUtterance(b"missing", 0.0, None)])
    )
    made = {wanted.segments[0].utterances[0].canonical: clip(7), b"missing": clip(5)}
    assert [slot.samples for slot in lay(wanted, made, "wav").slots] == [7, 5]


@pytest.mark.parametrize(
    ("format", "rate", "expected"),
    [
        ("wav", 24_000, 24_000),
        ("wav", 96_000, 96_000),
        ("flac", 44_101, 44_101),
        ("ogg", 22_050, 22_050),
        ("mp3", 24_000, 24_000),
        ("mp3", 24_001, 32_000),
        ("mp3", 96_000, 48_000),
        ("opus", 22_050, 24_000),
        ("opus", 44_100, 48_000),
        ("opus", 192_000, 48_000),
        ("m4a", 24_000, 24_000),
        ("m4a", 44_101, 48_000),
        ("m4a", 192_000, 96_000),
    ],
)
def test_a_format_gets_a_rate_that_it_has(format: Format, rate: int, expected: int) -> None:
    timeline = lay(one(rate, rate), {}, format)
    assert (timeline.rate, timeline.samples) == (expected, expected)


@pytest.mark.parametrize("rates", FORMAT_RATES.values(), ids=FORMAT_RATES)
def test_rates_are_listed_from_low_to_high(rates: tuple[int, ...]) -> None:
    assert list(rates) == sorted(set(rates))


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        (30, Fraction(30)),
        ("30", Fraction(30)),
        (23.976, Fraction(2997, 125)),
        (29.97, Fraction(2997, 100)),
        ("30000/1001", Fraction(30000, 1001)),
        (1000, Fraction(1000)),
        ("1/3", Fraction(1, 3)),
    ],
)
def test_a_frame_rate_is_read_exactly(written: int | float | str, exact: Fraction) -> None:
    assert frame_rate(written) == exact


@pytest.mark.parametrize(
    "written",
    [
        0,
        -1,
        1001,
        0.0,
        float("nan"),
        float("inf"),
        "",
        "x",
        "1/0",
        "nan",
        "9" * 5000,
        "1e9999999999",
    ],
)
def test_what_is_no_frame_rate_is_refused(written: int | float | str) -> None:
    with pytest.raises(ValueError, match="is not a frame rate"):
        frame_rate(written)


@given(st.text(max_size=30) | st.floats() | st.integers())
def test_any_frame_rate_is_read_or_refused(written: int | float | str) -> None:
    with contextlib.suppress(ValueError):
        assert 0 < frame_rate(written) <= 1000
