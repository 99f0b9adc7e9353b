"""The manifest: what the video build reads, the same bytes for the same narration."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

import narrate
from narrate.base.fps import frame_rate
from narrate.config import Settings
from narrate.errors import UsageError
from narrate.output import manifest
from narrate.output.manifest import SCHEMA, Manifest
from narrate.output.timeline import lay
from narrate.planning.plan import Plan, PlannedUtterance
from narrate.request import Stock
from narrate.script import RecordedVoice
from support.plans import MEASURES, clip, line, plan, segment


def a_plan() -> Plan:
    first, second, third = clip(24_000), clip(12_000), clip(36_000)
    return plan(
        segment("intro/a", [line(first), line(second, 0.25)], 0.5, "Hello there. Hello there."),
        segment("intro/b", [line(third)], 0.25),
        segment(
            "end/c",
            [PlannedUtterance(b"recording", 0.0, first, recording=Path("/secret/place/laugh.wav"))],
            0.0,
            "",
        ),
        voices={"me": RecordedVoice("me.wav", "Hello."), "host": Stock("low")},
    )


def described(planned: Plan, fps: int | float | str = 30) -> Manifest:
    timeline = lay(planned, {}, "wav")
    segments = {each.segment.id: "5" * 32 for each in planned.segments}
    return manifest.build(
        planned,
        timeline,
        Settings(fps=frame_rate(fps)),
        "7" * 32,
        segments,
        {"srt": "narration.srt"},
    )


def test_a_manifest_survives_the_disk(tmp_path: Path) -> None:
    made = described(a_plan())
    path = tmp_path / "manifest.json"
    path.write_bytes(made.encode())
    assert manifest.load(path) == made == narrate.load(str(path))
    assert made.encode().endswith(b"}\n")


def test_the_same_narration_gives_the_same_bytes() -> None:
    assert described(a_plan()).encode() == described(a_plan()).encode()


def test_a_manifest_says_where_everything_lies() -> None:
    made = described(a_plan())
    assert (made.schema, made.title, made.language, made.script.file) == (
        SCHEMA,
        "A title",
        "en",
        "script.json",
    )
    assert made.engine
    assert (made.engine.name, made.engine.model, made.totals.segments) == ("tone", "sine", 3)
    audio = made.audio
    assert (audio.file, audio.xxh3_128, audio.sample_rate, audio.channels) == (
        "narration.wav",
        "7" * 32,
        24_000,
        1,
    )
    assert (audio.samples, audio.duration) == (
        24_000 + 6_000 + 12_000 + 12_000 + 36_000 + 6_000 + 24_000,
        5.0,
    )
    assert (made.timeline.fps, made.timeline.frames, made.timeline.rounding) == (
        30,
        150,
        "cumulative",
    )
    first, second, third = made.segments
    assert (first.id, first.scene, first.index, first.file) == (
        "intro/a",
        "intro",
        0,
        "segments/intro__a.wav",
    )
    assert (first.text, first.spoken) == ("Hello there. Hello there.", "Hello there. Hello there.")
    assert (first.start, first.end, first.duration, first.pause_after) == (0.0, 1.75, 1.75, 0.5)
    assert (second.start_sample, second.samples) == (54_000, 36_000)
    assert (second.start_frame, second.end_frame, second.slot_frames) == (68, 113, 52)
    assert (third.spoken, third.qa.status, third.pause_after) == ("", "recorded", 0.0)
    assert [len(each.cache_keys) for each in made.segments] == [2, 1, 1]
    intro, end = made.scenes
    assert (intro.id, intro.segments, intro.start, intro.end) == (
        "intro",
        ["intro/a", "intro/b"],
        0.0,
        4.0,
    )
    assert (intro.start_frame, intro.duration_frames, end.start_frame, end.duration_frames) == (
        0,
        120,
        120,
        30,
    )


@pytest.mark.parametrize(
    ("fps", "written"),
    [(30, 30), ("30000/1001", "30000/1001"), (25.0, 25), (29.97, "2997/100"), ("60/2", 30)],
)
def test_frames_of_slots_and_scenes_add_up(fps: int | float | str, written: int | str) -> None:
    made = described(a_plan(), fps)
    assert made.timeline.fps == written
    assert sum(each.slot_frames for each in made.segments) == made.timeline.frames
    assert sum(each.duration_frames for each in made.scenes) == made.timeline.frames


def test_frames_do_not_drift_over_many_scenes() -> None:
    # 40.5 frames each: rounding every length would give 41 to all of them.
    made = described(plan(*(segment(f"s{i}/a", [line(clip(32_400))]) for i in range(5))))
    assert [each.duration_frames for each in made.scenes] == [41, 40, 41, 40, 41]
    assert [each.slot_frames for each in made.segments] == [41, 40, 41, 40, 41]
    assert made.timeline.frames == 203


def test_no_place_of_this_machine_is_in_it() -> None:
    text = described(a_plan()).encode().decode()
    assert "secret" not in text
    assert "nowhere" not in text
    assert not re.search(r'"(/|~|[A-Za-z]:\\)', text)


def test_what_the_checks_said_is_in_it() -> None:
    suspect = replace(
        clip(24_000), origin=msgspec.json.encode({"measures": MEASURES | {"silent": 0.99}})
    )
    unmeasured = replace(clip(24_000), origin=b"{}")
    made = described(
        plan(segment("a", [line(clip(24_000)), line(suspect)]), segment("b", [line(unmeasured)]))
    )
    assert (made["a"].qa.status, made["a"].qa.flags) == ("warn", ["99% of it is silence"])
    assert (made["b"].qa.status, made["b"].qa.flags) == (
        "warn",
        ["it was stored without measurements"],
    )
    assert described(a_plan())["intro/a"].qa == manifest.Checked("pass", [])


def test_segments_are_found_by_id_and_by_scene() -> None:
    made = described(a_plan())
    assert made["intro/b"] is made.segments[1]
    assert made.scene("intro") == made.segments[:2]
    assert made.scene("none") == []
    with pytest.raises(KeyError):
        made["none"]


def test_a_recording_elsewhere_on_this_machine_is_told_by_its_name() -> None:
    voices = {"me": RecordedVoice("/secret/place/me.wav"), "you": RecordedVoice("voices/you.wav")}
    made = described(plan(segment("a", [line(clip(24_000))]), voices=voices))
    assert {name: told["ref"] for name, told in made.voices.items()} == {
        "me": "me.wav",
        "you": "voices/you.wav",
    }


def test_voices_are_told_without_their_transcripts() -> None:
    assert described(a_plan()).voices == {"me": {"ref": "me.wav"}, "host": {"speaker": "low"}}


def test_fields_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    document = msgspec.json.decode(described(a_plan()).encode()) | {"later": 1}
    path = tmp_path / "manifest.json"
    path.write_bytes(msgspec.json.encode(document))
    assert manifest.load(path) == described(a_plan())


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"schema": "narrate.manifest/1"}'],
)
def test_what_is_no_manifest_is_refused_by_name(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        manifest.load(path)
    assert (refused.value.where, refused.value.hint) == (
        str(path),
        "write it again with `narrate run`",
    )


def test_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(described(a_plan()).encode().replace(SCHEMA.encode(), b"narrate.manifest/2"))
    with pytest.raises(UsageError, match=r"its schema is 'narrate\.manifest/2'"):
        manifest.load(path)
