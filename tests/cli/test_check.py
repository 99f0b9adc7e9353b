"""`narrate check`, and runs with checks that listen, as a person meets them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from narrate.store import entry
from support import speech
from support.processes import alive, children
from support.project import Narrate, lines

TEXTS = speech.LINES[1:3]


def samples(narrate: Narrate) -> list[bytes]:
    return [bytes(entry.read(path)[1]) for path in narrate.clips]


@pytest.fixture
def checked(narrate: Narrate) -> Narrate:
    """A script that is narrated, with words that were listened to."""
    narrate.write("script.json", lines(*TEXTS))
    assert narrate.run("--checks", "words,speaker")["spoken"] == 2
    return narrate


def test_new_thresholds_judge_again_what_was_measured_before(checked: Narrate) -> None:
    assert checked.manifest["checks"].keys() == {"words", "speaker"}
    before, args = samples(checked), ("check", "script.json", "--checks", "words,speaker", "--json")
    same = checked(*args)
    assert (same.code, same.json["ok"], same.json["measured"]) == (0, True, 0)
    assert same.json["passed"] == 2
    checked.write("narrate.toml", "[checks]\nspeaker_distance = 0.001\nquiet = 0.0\n")
    strict = checked(*args)
    assert (strict.code, strict.json["ok"], strict.json["measured"]) == (4, False, 0)
    assert (strict.json["refused"], strict.json["passed"]) == (2, 0)
    assert all("it is too quiet" in each["reasons"][0] for each in strict.json["segments"]), strict
    assert "error: script.json: 2 segments are refused" in strict.err
    assert samples(checked) == before


def test_a_check_listens_to_what_it_has_not_heard_and_changes_no_sound(narrate: Narrate) -> None:
    narrate.write("script.json", lines(*TEXTS, "Not spoken yet."))
    narrate("run", "script.json", "--only", "s[12]")
    before = samples(narrate)
    args = ("check", "script.json", "--checks", "words")
    ran = narrate(*args)
    assert ran.code == 3
    assert "3 segments: 2 passed, 1 not spoken (2 clips measured)" in ran.out.splitlines()[-1]
    assert "s3: not spoken" in ran.out
    assert "next: run: narrate run script.json" in ran.err
    assert samples(narrate) == before
    again = narrate(*args, "--json")
    assert again.json["measured"] == 0
    assert [each["state"] for each in again.json["segments"]] == ["passed", "passed", "not spoken"]


def test_several_scripts_are_checked_in_one_go(tone: Narrate) -> None:
    tone.write("one.json", lines("The first line.", "#silence"))
    tone.write("two.json", lines("The first line.", "Not spoken."))
    tone("run", "one.json", "--qa", "off")
    ran = tone("check", "one.json", "two.json", "--json")
    assert ran.code == 4
    found = [(each["script"], each["id"], each["state"]) for each in ran.json["segments"]]
    assert found == [
        ("one.json", "s1", "passed"),
        ("one.json", "s2", "refused"),
        ("two.json", "s1", "passed"),
        ("two.json", "s2", "not spoken"),
    ]
    shown = tone("check", ".").out.splitlines()
    assert shown[0].startswith("one.json s2: it is silent")
    assert shown[1:] == [
        "two.json s2: not spoken",
        "2 scripts, 4 segments: 2 passed, 1 refused, 1 not spoken (from stored measurements)",
    ]


def test_a_clip_that_cannot_be_read_does_not_pass(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line."))
    tone.run()
    [clip] = tone.clips
    data = bytearray(clip.read_bytes())
    data[5000] ^= 1
    clip.write_bytes(data)
    ran = tone("check", "script.json", "--checks", "speaker")
    assert ran.code == 4
    assert "s1: its clip cannot be read" in ran.out


def test_all_checks_are_not_passed_if_one_could_not_listen(checked: Narrate) -> None:
    for command in ("run", "check"):
        ran = checked(command, "script.json", "--checks", "all")
        assert ran.code == 4
        assert "error: script.json: words not checked, or not fully, in 2 segments" in ran.err
        assert "there is no recogniser" in ran.err


@pytest.mark.alone
def test_a_stopped_run_leaves_no_examiner(
    narrate: Narrate, ending: Callable[[Popen[bytes]], Popen[bytes]]
) -> None:
    narrate.write("script.json", lines(*speech.LINES[1:]))
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        process = ending(narrate.start("run", "script.json", "--checks", "words", "-j", "1"))
        end, started = time.monotonic() + 60, list[int]()
        while len(started) < 2 and time.monotonic() < end and process.poll() is None:
            started = children(process.pid)
        assert len(started) == 2
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
        assert process.returncode == code
        end = time.monotonic() + 5
        while any(map(alive, started)) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(map(alive, started))


@pytest.mark.parametrize(
    ("table", "what", "hint"),
    [
        ('noise = "x"', "noise = 'x' in [checks] is not accepted: it is not a number", "-21.0"),
        ("noise = nan", "noise = nan in [checks] is not accepted: it is not a number", "-21.0"),
        (
            "pauses = [1, 2, 3, nan]",
            "pauses = [1, 2, 3, nan] in [checks] is not accepted: it is not a number",
            "0.55",
        ),
        (
            "words_ratio = 0",
            "words_ratio = 0 in [checks] is not accepted: it is not a number above 0",
            "15.0",
        ),
        (
            "speaker_reference = 1",
            "speaker_reference = 1 in [checks] is not accepted: it is not a number from -1 to",
            "0.45",
        ),
        (
            "echo_words = 0",
            "echo_words = 0 in [checks] is not accepted: it is not an integer of at least 1",
            "3",
        ),
        ("nois = 1", "there is no 'nois' in [checks]", "did you mean 'noise'?"),
        ('use = "wrds"', "use = 'wrds' in [checks] is not accepted: there is no check", "words"),
    ],
)
def test_a_wrong_threshold_is_an_error_that_names_it(
    tone: Narrate, table: str, what: str, hint: str
) -> None:
    path: Path = tone.write("narrate.toml", f"[checks]\n{table}\n")
    tone.write("script.json", lines("A line."))
    ran = tone("check", "script.json")
    assert ran.code == 2
    assert ran.err.startswith(f"error: {path}: {what}")
    assert hint in ran.err.splitlines()[1]


def test_a_run_says_what_the_checks_have_not_heard(narrate: Narrate) -> None:
    narrate.write("script.json", lines(TEXTS[0]))
    narrate("run", "script.json", "--checks", "none")
    for _ in range(2):
        ran = narrate("run", "script.json", "--checks", "words")
        assert ran.code == 0
        assert "warning: words not checked, or not fully, in 1 segment (s1)" in ran.err
    assert "not checked" not in narrate("run", "script.json", "--checks", "none").err
