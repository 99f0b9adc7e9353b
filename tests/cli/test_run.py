"""`narrate run`: what it writes, what it speaks, what it prints, and how it ends."""

from __future__ import annotations

import copy
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from support.project import Narrate, contents, identities, lines

SCRIPT = {
    "voices": {"low": {"speaker": "low"}, "high": {"speaker": "high"}},
    "segments": lines("The first line.", "The second line.", "The third line.", voice="low"),
}
FILES = {"manifest.json", "narration.wav", "narration.srt", "narration.vtt", "run.json"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Narrate(tmp_path_factory.mktemp("template"), NARRATE_ENGINE="tone")
    project.write("script.json", SCRIPT)
    assert project.run()["spoken"] == 3
    return project.root


@pytest.fixture
def narrated(template: Path, tone: Narrate) -> Narrate:
    """A project that has been narrated."""
    shutil.copytree(template, tone.root, dirs_exist_ok=True)
    return tone


def change(narrated: Narrate, edit: Callable[[dict[str, Any]], object]) -> None:
    script = copy.deepcopy(SCRIPT)
    edit(script)
    narrated.write("script.json", script)


# What a run leaves behind


def test_a_first_run_writes_everything_and_prints_the_manifest_path_alone(narrate: Narrate) -> None:
    narrate.write("script.json", lines("Rows meet columns.", "Then we add."))
    ran = narrate("run", "script.json")
    assert (ran.code, ran.out) == (0, "build/narration/manifest.json\n")
    assert set(contents(narrate.out)) == FILES | {"segments/s1.wav", "segments/s2.wav"}
    assert narrate.manifest["engine"]["name"] == "hibari"
    assert re.search(r"^\[1/2\] s1: [\d.]+ s of audio", ran.err, re.MULTILINE)
    assert set(contents(narrate.folder)) == {
        "script.json",
        *(f"build/narration/{name}" for name in contents(narrate.out)),
    }


def test_a_second_run_touches_nothing_and_says_so(narrated: Narrate) -> None:
    before = identities(narrated.out, without="run.json")
    ran = narrated("run", "script.json")
    assert (ran.code, ran.out) == (0, "build/narration/manifest.json\n")
    assert ran.err.startswith("nothing to do: 3 segments, ")
    report = narrated.run()
    assert (report["spoken"], report["cached"]) == (0, 3)
    assert identities(narrated.out, without="run.json") == before


def test_the_manifest_agrees_with_the_files(narrate: Narrate) -> None:
    narrate.write(
        "script.json",
        [*lines("Rows meet columns. [pause:0.35s] Then we add."), {"id": "b", "text": "Done."}],
    )
    report = narrate.run("--fps", "30000/1001")
    manifest = narrate.manifest
    whole, rate = soundfile.read(narrate.out / "narration.wav", dtype="int16")
    audio = manifest["audio"]
    assert (rate, len(whole)) == (audio["sample_rate"], audio["samples"])
    assert audio["duration"] == pytest.approx(len(whole) / rate, abs=1e-6)
    place = 0
    for segment, said in zip(manifest["segments"], report["segments"], strict=True):
        samples, _ = soundfile.read(narrate.out / segment["file"], dtype="int16")
        assert (segment["start_sample"], segment["samples"]) == (place, len(samples))
        assert segment["start"] == pytest.approx(place / rate, abs=1e-6)
        assert (
            segment["duration"] == said["duration"] == pytest.approx(len(samples) / rate, abs=1e-6)
        )
        assert said["path"] == str(narrate.out / segment["file"])
        pause = round(segment["pause_after"] * rate)
        place += len(samples)
        assert np.array_equal(whole[segment["start_sample"] : place], samples)
        assert not whole[place : place + pause].any()
        place += pause
    assert place == len(whole)
    assert manifest["timeline"]["fps"] == "30000/1001"
    assert (
        sum(segment["slot_frames"] for segment in manifest["segments"])
        == manifest["timeline"]["frames"]
    )
    for one, following in pairwise(manifest["segments"]):
        assert one["start_frame"] + one["slot_frames"] == following["start_frame"]


def test_scenes_give_qualified_ids_and_flat_file_names(tone: Narrate) -> None:
    scenes = [
        {"id": "intro", "title": "Hello", "segments": [{"id": "hook", "text": "Look at this."}]},
        {"id": "demo", "segments": [{"id": "one", "text": "One."}, {"id": "two", "text": "Two."}]},
    ]
    tone.write("script.json", {"scenes": scenes})
    ids = [segment["id"] for segment in tone.run()["segments"]]
    assert ids == ["intro/hook", "demo/one", "demo/two"]
    assert {"segments/intro__hook.wav", "segments/demo__two.wav"} < set(tone.outputs())
    intro, demo = tone.manifest["scenes"]
    assert demo["segments"] == ["demo/one", "demo/two"]
    assert intro["duration_frames"] + demo["duration_frames"] == tone.manifest["timeline"]["frames"]


@pytest.mark.parametrize(("name", "rate"), [("take.wav", 44_100), ("take.flac", 16_000)])
def test_a_recording_is_used_as_it_is(tone: Narrate, name: str, rate: int) -> None:
    sound = (np.sin(np.arange(rate) * 0.05) * 8000).astype(np.int16)
    soundfile.write(tone.folder / name, sound, rate)
    tone.write(
        "script.json",
        [{"id": "mine", "text": "As I said it.", "audio": name}, {"id": "said", "text": "Hum."}],
    )
    report = tone.run()
    assert [segment["duration"] for segment in report["segments"]][0] == 1.0
    assert report["spoken"] == 1
    assert tone.manifest["audio"]["sample_rate"] == max(rate, 24_000)
    assert tone.manifest["segments"][0]["qa"] == {"status": "recorded", "flags": []}
    samples, file_rate = soundfile.read(tone.out / "segments" / "mine.wav", dtype="int16")
    if rate == file_rate:
        assert np.array_equal(samples, sound)
    again = tone.run()
    assert (again["spoken"], again["cached"]) == (0, 2)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg", "opus", "m4a"])
def test_every_format_can_be_decoded_and_has_the_right_length(
    narrated: Narrate, suffix: str
) -> None:
    from narrate.sound import audio

    assert narrated.run("--format", suffix)["spoken"] == 0
    sound = narrated.manifest["audio"]
    assert sound["file"] == f"narration.{suffix}"
    pcm, rate = audio.decode(narrated.out / sound["file"], "")
    assert len(pcm) / 2 / rate == pytest.approx(sound["duration"], abs=0.1)
    assert (narrated.out / "segments" / f"s1.{suffix}").exists()
    assert suffix == "wav" or not (narrated.out / "narration.wav").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("script.json", SCRIPT),
        ("talk.yaml", "title: Talk\nsegments:\n  - {id: one, text: The first line.}\n"),
        ("talk.md", "# Talk\n\n## Start {#start}\n\nThe first line.\n\nThe second line. {#two}\n"),
        ("talk.txt", "The first line.\n\nThe second line.\n"),
        ("talk/one.txt", "The first line.\n"),
    ],
)
def test_every_spelling_of_a_script_is_narrated(tone: Narrate, name: str, content: Any) -> None:
    tone.write(name, content)
    ran = tone("run", name.partition("/")[0])
    assert (ran.code, ran.out) == (0, "build/narration/manifest.json\n"), ran.err


def test_a_script_is_read_from_standard_input(tone: Narrate) -> None:
    ran = tone("run", "-", stdin=json.dumps(lines("From a pipe.")))
    assert (ran.code, ran.out) == (0, "build/narration/manifest.json\n"), ran.err
    assert tone.manifest["script"] == {"file": "-"}


# What is spoken, and what is not


def test_a_one_word_edit_speaks_one_utterance_and_leaves_the_others_alone(
    narrated: Narrate,
) -> None:
    before, untouched = narrated.outputs(), identities(narrated.out)
    change(narrated, lambda script: script["segments"][1].update(text="The other line."))
    report = narrated.run()
    assert (report["spoken"], report["cached"]) == (1, 2)
    assert [segment["from_cache"] for segment in report["segments"]] == [True, False, True]
    after = narrated.outputs()
    assert after["segments/s2.wav"] != before["segments/s2.wav"]
    for name in ("segments/s1.wav", "segments/s3.wav"):
        assert after[name] == before[name]
        assert identities(narrated.out)[name] == untouched[name]


def test_what_does_not_change_the_sound_speaks_nothing(narrated: Narrate) -> None:
    before = {
        name: sound for name, sound in narrated.outputs().items() if name.startswith("segments/")
    }

    def edit(script: dict[str, Any]) -> None:
        """Another title, frame rate, order, id, pause, spelling, white space, and name of a
        voice.
        """
        one, two, three = script["segments"]
        script.update(title="Another", fps=60, segments=[three, one, two])
        script["voices"]["deep"] = script["voices"].pop("low")
        one.update(voice="deep", text="The  first\nline.", pause_after=2.5)
        two.update(voice="deep", text="The 2nd line.", say="The second line.")
        three.update(voice="deep", id="renamed")

    change(narrated, edit)
    assert narrated.run()["spoken"] == 0
    after = narrated.outputs()
    assert after["segments/renamed.wav"] == before.pop("segments/s3.wav")
    assert {name: after[name] for name in before} == before
    assert "segments/s3.wav" not in after


@pytest.mark.parametrize("flags", [["--fps", "24"], ["-o", "elsewhere"]])
def test_flags_that_do_not_change_the_sound_speak_nothing(
    narrated: Narrate, flags: list[str]
) -> None:
    assert narrated.run(*flags)["spoken"] == 0


def test_a_segment_put_in_front_is_all_that_is_spoken(narrated: Narrate) -> None:
    change(
        narrated, lambda script: script["segments"].insert(0, {"id": "new", "text": "Before all."})
    )
    report = narrated.run()
    assert (report["spoken"], report["cached"]) == (1, 3)


@pytest.mark.parametrize(
    "fields",
    [
        {"seed": 7},
        {"take": 2},
        {"voice": "high"},
        {"language": "de"},
        {"text": "The other line."},
        {"say": "Deuce."},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_changes_the_sound_of_one_segment_speaks_that_one(
    narrated: Narrate, fields: dict[str, Any]
) -> None:
    before = narrated.outputs()
    change(narrated, lambda script: script["segments"][1].update(fields))
    report = narrated.run()
    assert (report["spoken"], report["cached"]) == (1, 2)
    assert narrated.outputs()["segments/s2.wav"] != before["segments/s2.wav"]


def test_the_same_text_in_two_segments_is_spoken_once(tone: Narrate) -> None:
    tone.write("script.json", lines("Again.", "Something else.", "Again."))
    assert tone.run("--events", "log")["spoken"] == 2
    assert (tone.folder / "log").read_text().count('"event": "spoken"') == 2
    outputs = tone.outputs()
    assert outputs["segments/s1.wav"] == outputs["segments/s3.wav"]
    assert len(tone.clips) == 2


def test_a_long_segment_is_spoken_in_parts_and_an_edit_speaks_one_part(tone: Narrate) -> None:
    sentences = [
        f"Sentence number {number} is here to make this segment rather long."
        for number in range(20)
    ]
    tone.write("script.json", lines(" ".join(sentences)))
    first = tone.run()["spoken"]
    assert first > 2
    assert len(tone.manifest["segments"][0]["cache_keys"]) == first
    sentences[-1] = "Sentence number 19 is here to make this segment quite long."
    tone.write("script.json", lines(" ".join(sentences)))
    assert tone.run()["spoken"] == 1


# Flags


def test_json_has_the_shape_that_pipelines_read(narrated: Narrate) -> None:
    report = narrated.run()
    fields = {"ok", "manifest", "spoken", "cached", "failed", "segments", "over_budget"}
    assert set(report) == fields
    assert report["ok"] is True
    assert report["failed"] == 0
    assert report["manifest"] == str(narrated.out / "manifest.json")
    for segment in report["segments"]:
        assert set(segment) == {"id", "path", "duration", "from_cache"}
        assert Path(segment["path"]).is_file()


def test_json_has_that_shape_on_failure_too(tone: Narrate) -> None:
    tone.write("script.json", lines("Fine.", "#nan"))
    ran = tone("run", "script.json", "--json")
    assert ran.code == 4
    report = ran.json
    assert {"ok", "manifest", "spoken", "cached", "failed", "segments"} < set(report)
    assert (report["ok"], report["manifest"], report["spoken"], report["failed"]) == (
        False,
        None,
        1,
        1,
    )
    assert report["error"]["exit_code"] == 4
    assert [failure["id"] for failure in report["failures"]] == ["s2"]
    broken = tone("run", "missing.json", "--json")
    assert (broken.code, broken.json["ok"]) == (2, False)


def test_the_event_log_tells_the_story(tone: Narrate) -> None:
    tone.write("script.json", lines("Fine.", "#nan<2 at first"))
    assert tone("run", "script.json", "--events", "log.jsonl").code == 0
    events = [json.loads(line) for line in (tone.folder / "log.jsonl").read_text().splitlines()]
    assert [(event["event"], event.get("segment")) for event in events] == [
        ("plan", None),
        ("spoken", "s1"),
        ("retry", "s2"),
        ("spoken", "s2"),
        ("done", None),
    ]
    assert events[0]["missing"] == 2
    assert "not finite" in events[2]["reason"]
    assert "narration.wav" in events[-1]["written"]
    refused = tone("run", "script.json", "--events", "no/such/folder/log")
    assert refused.code == 2
    assert "next:" in refused.err


def test_frozen_names_what_is_missing_and_speaks_nothing(narrated: Narrate) -> None:
    assert narrated("run", "script.json", "--frozen").code == 0
    before = identities(narrated.root)
    change(narrated, lambda script: script["segments"][1].update(text="Not yet spoken."))
    ran = narrated("run", "script.json", "--frozen")
    assert ran.code == 3
    assert "s2" in ran.err
    assert "s1" not in ran.err
    assert {**identities(narrated.root), "project/script.json": None} == {
        **before,
        "project/script.json": None,
    }


def test_only_speaks_the_segments_that_match(tone: Narrate) -> None:
    tone.write("script.json", lines("One.", "Two.", "Three."))
    ran = tone("run", "script.json", "--only", "s[12]")
    assert ran.code == 3
    assert "s3" in ran.err
    assert len(tone.clips) == 2
    assert not tone.out.exists()
    assert tone.run("--only", "s3")["spoken"] == 1


def test_force_speaks_all_or_only_those_named(narrated: Narrate) -> None:
    assert narrated.run("-f")["spoken"] == 3
    assert narrated.run("--force", "s3", "s1")["spoken"] == 2
    refused = narrated("run", "script.json", "-f", "s33")
    assert refused.code == 2
    assert "did you mean 's3'?" in refused.err
    assert narrated("run", "script.json", "s1").code == 2


def test_force_replaces_the_stored_clip(narrated: Narrate) -> None:
    before = {path: path.stat().st_ino for path in narrated.clips}
    narrated.run("-f", "s1")
    after = {path: path.stat().st_ino for path in narrated.clips}
    assert after.keys() == before.keys()
    assert sum(before[path] != after[path] for path in after) == 1


@pytest.mark.parametrize(("text", "code"), [("#nan", 4), ("#error", 5)])
def test_keep_going_speaks_the_rest_and_still_fails(tone: Narrate, text: str, code: int) -> None:
    tone.write("script.json", lines("One.", text, "Three.", "Four."))
    ran = tone("run", "script.json", "-k")
    assert ran.code == code
    assert len(tone.clips) == 3
    assert not tone.out.exists()


def test_without_keep_going_a_failure_stops_the_run(tone: Narrate) -> None:
    tone.write("script.json", lines("#error", *(f"Line {number}." for number in range(20))))
    assert tone("run", "script.json", "-j", "1").code == 5
    assert len(tone.clips) < 5


def test_a_failing_run_leaves_the_outputs_alone_and_keeps_what_it_finished(
    narrated: Narrate,
) -> None:
    before = contents(narrated.out), identities(narrated.out)

    def add(script: dict[str, Any], *texts: str) -> None:
        script["segments"] += [
            {"id": f"new{number}", "text": text} for number, text in enumerate(texts)
        ]

    change(narrated, lambda script: add(script, "A new line.", "#nan"))
    assert narrated("run", "script.json", "-k").code == 4
    assert (contents(narrated.out), identities(narrated.out)) == before
    change(narrated, lambda script: add(script, "A new line.", "A mended line."))
    assert narrated.run()["spoken"] == 1


def test_what_lax_checks_let_in_is_flagged_and_never_passes_a_strict_run(tone: Narrate) -> None:
    tone.write("script.json", lines("Fine.", "#silence"))
    assert tone.run("--qa", "off")["spoken"] == 2
    assert tone.run("--qa", "warn")["spoken"] == 0
    fine, silent = (segment["qa"] for segment in tone.manifest["segments"])
    assert fine == {"status": "pass", "flags": []}
    assert silent["status"] == "warn"
    assert "silent" in silent["flags"][0]
    strict = tone("run", "script.json")
    assert strict.code == 4
    assert "s2" in strict.err
    assert tone("run", "script.json", "--frozen").code == 3


@pytest.mark.parametrize("where", ["before", "after"])
def test_another_folder_can_be_named_before_or_after_the_command(
    narrated: Narrate, where: str
) -> None:
    args = (
        ["-C", "project", "run", "script.json"]
        if where == "before"
        else ["run", "script.json", "-C", "project"]
    )
    ran = narrated(*args, cwd=narrated.root)
    assert (ran.code, ran.out) == (0, "build/narration/manifest.json\n")
    assert narrated("run", "-C", "nowhere", "script.json").code == 2


def test_show_config_names_each_value_and_its_origin(narrated: Narrate) -> None:
    narrated.write("narrate.toml", 'format = "flac"\n')
    change(narrated, lambda script: script.update(fps=24))
    ran = narrated("run", "script.json", "--show-config", "-j", "2")
    shown = dict(line.split(" = ", 1) for line in ran.out.splitlines())
    assert shown["engine"] == "'tone'  (NARRATE_ENGINE)"
    assert shown["format"] == f"'flac'  ({narrated.folder / 'narrate.toml'})"
    assert shown["fps"] == "24  (script)"
    assert shown["jobs"] == "2  (flag)"
    assert shown["qa"] == "'strict'  (default)"


def test_quiet_prints_only_the_manifest_path(narrated: Narrate) -> None:
    ran = narrated("run", "script.json", "-q", "-f")
    assert (ran.out, ran.err) == ("build/narration/manifest.json\n", "")


def on_a_terminal(narrate: Narrate, *args: str) -> str:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "narrate", *args],
        cwd=narrate.folder,
        env=os.environ | narrate.env | {"TERM": "xterm-256color"},
        stdin=child,
        stdout=subprocess.DEVNULL,
        stderr=child,
    )
    os.close(child)
    shown = b""
    try:
        while part := os.read(parent, 65536):
            shown += part
    except OSError:
        pass  # Linux says that the other end of a terminal is closed with an error.
    finally:
        os.close(parent)
    assert process.wait() == 0
    return shown.decode()


def test_a_terminal_sees_bars_and_a_pipe_sees_lines(tone: Narrate) -> None:
    tone.write("script.json", lines("Slow. #slow=0.2", "Slow too. #slow=0.2"))
    shown = on_a_terminal(tone, "run", "script.json")
    assert "speaking" in shown
    assert "━" in shown
    assert "[1/2]" not in shown
    assert "\x1b[" not in tone("run", "script.json", "-f").err
    shown = on_a_terminal(tone, "run", "script.json", "-f", "--no-progress", "--no-color")
    assert "[1/2] s1" in shown
    assert "━" not in shown


def test_the_exit_codes_are_in_the_help(narrate: Narrate) -> None:
    wide = {"COLUMNS": "200", "TERM": "dumb"}
    listed = narrate("--help", env=wide).out.partition("Exit codes")[2]
    for code in (0, 1, 2, 3, 4, 5, 6, 130):
        assert re.search(rf"\b{code}\b", listed), code
    assert "Exit codes: see `narrate --help`." in narrate("run", "--help", env=wide).out


def test_the_version_is_printed(narrate: Narrate) -> None:
    import narrate as package

    assert narrate("--version").out == f"narrate {package.__version__}\n"


# What cannot be spoken


@pytest.mark.parametrize("text", ["สวัสดี", "你好"])
def test_what_english_cannot_say_is_refused_before_anything_is_spoken(
    narrate: Narrate, text: str
) -> None:
    narrate.write("script.json", lines("Fine.", text))
    ran = narrate("run", "script.json", "-k")
    assert ran.code == 2
    assert "s2" in ran.err
    assert text in ran.err
    assert "script.json" in ran.err
    assert "next:" in ran.err
    assert not narrate.clips


CLONED = {"voices": {"me": {"ref": "me.wav"}}, "segments": lines("Hello.", voice="me")}


@pytest.mark.parametrize(
    ("script", "flags", "code", "said"),
    [
        (lines("Hello."), ["--engine", "hibary"], 2, "did you mean 'hibari'?"),
        (lines("Bonjour.", language="fr"), [], 2, "en, en-us"),
        (CLONED, ["--engine", "hibari"], 6, "cloned"),
        (CLONED, [], 2, "me.wav"),
        (
            {"voices": {"me": {"speaker": "joe"}}, "segments": lines("Hello.", voice="me")},
            [],
            2,
            "ryan",
        ),
    ],
    ids=["unknown engine", "language", "cloned voice", "no recording", "unknown speaker"],
)
def test_what_the_engine_cannot_do_is_said_before_anything_is_spoken(
    narrate: Narrate, script: Any, flags: list[str], code: int, said: str
) -> None:
    narrate.write("script.json", script)
    ran = narrate("run", "script.json", *flags)
    assert ran.code == code
    assert said in ran.err
    assert "next:" in ran.err
    assert ran.out == ""
    assert not narrate.out.exists()


def test_force_and_frozen_are_not_used_together(tone: Narrate) -> None:
    """A clip that --force replaces is in the cache, whatever --frozen says of it."""
    tone.write("script.json", lines("Fine."))
    tone.run()
    ran = tone("run", "-f", "--frozen")
    assert ran.code == 2
    assert "--force speaks again, and --frozen forbids it" in ran.err
