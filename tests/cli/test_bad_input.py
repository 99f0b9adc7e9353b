"""Whatever is wrong with its input or its disk, the command says what, where and what next, and
nothing is lost.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from narrate.sound import wav
from support.project import Narrate, Ran, contents, identities, lines


def check_refused(ran: Ran, code: int, *said: str) -> None:
    """One error, with its place and a next step, and no traceback."""
    assert ran.code == code, ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert [line[:7] for line in ran.err.splitlines() if line.startswith("error")] == ["error: "]
    assert "\n  next: " in ran.err
    assert len(ran.err) < 2000
    for words in said:
        assert words in ran.err


def segment(**fields: Any) -> bytes:
    return json.dumps([{"text": "Hello.", **fields}]).encode()


HELLO = segment()
DEEP = b"[" * 100_000 + b"]" * 100_000
TWO = b'[{"id": "a", "text": "One."}, {"id": "a", "text": "Two."}]'


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        (b"Hello, I am no JSON.", "script.json:1:1", "not valid JSON"),
        (
            b'[{"text": "Hello.", "pause_after": NaN}]',
            "script.json: $[0].pause_after",
            "not a number",
        ),
        (b'[{"text": "Hello.", "text": "Again."}]', "script.json: $[0]", "duplicate key 'text'"),
        (DEEP, "script.json", "deep"),
        (b'[{"text": "Hello \\ud800."}]', "script.json: $[0].text", "cannot be spoken"),
        (HELLO.replace(b"Hello", b"He\0llo"), "script.json:1", "NUL"),
        (HELLO.decode().encode("utf-16"), "script.json:1", "the text is UTF-16"),
        (HELLO.decode().encode("utf-16-le"), "script.json:1", "UTF-16"),
        (segment(txt="Hello."), "script.json: $[0]", "did you mean 'text'?"),
        (TWO, "script.json: $[1]", "duplicate id 'a'"),
        (segment(id="../../x"), "script.json: $[0].id", "'../../x'"),
        (segment(id="/etc/x"), "script.json: $[0].id", "'/etc/x'"),
        (segment(id="CON"), "script.json: $[0].id", "device name"),
        (segment(id="x" * 10_000), "script.json: $[0].id", "longer than 100 bytes"),
        (segment(text=""), "script.json: $[0]", "nothing to say"),
        (segment(text=" \t "), "script.json: $[0]", "nothing to say"),
        (segment(voice="nobody"), "script.json: $[0].voice", "unknown voice 'nobody'"),
        (segment(audio="missing.wav"), "script.json: $[0]", "missing.wav"),
        (segment(audio="."), "script.json: $[0]", "not a regular file"),
        (
            b"[" + b'{"text":"a"},' * 999_999 + b'{"text":"a"}]',
            "script.json: $",
            "more than 20000 segments",
        ),
    ],
    ids=[
        "no JSON",
        "NaN",
        "duplicate key",
        "depth 100,000",
        "lone surrogate",
        "NUL",
        "UTF-16",
        "UTF-16 without a BOM",
        "unknown field",
        "duplicate id",
        "id with ..",
        "absolute id",
        "device name",
        "id of 10,000 characters",
        "empty text",
        "white space",
        "unknown voice",
        "missing recording",
        "folder as recording",
        "1,000,000 segments",
    ],
)
def test_a_broken_script_is_refused_with_its_place_and_writes_nothing(
    tone: Narrate, content: bytes, place: str, what: str
) -> None:
    tone.write("script.json", content)
    before = identities(tone.root)
    check_refused(tone("run", "script.json"), 2, place, what)
    assert identities(tone.root) == before


def test_all_problems_of_a_script_are_told_in_one_go(tone: Narrate) -> None:
    bad = [{"text": "Hello.", "pause_after": "long"}, {"txt": "Hello."}, {"text": ""}]
    tone.write("script.json", bad)
    ran = tone("run", "script.json", "--json")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "error: script.json: $[0].pause_after: 'long' is not a duration such as 0.6s or 600ms",
        "  next: write seconds as a number, or as in 0.6s or 600ms",
        "error: script.json: $[1]: unknown field 'txt'",
        "  next: did you mean 'text'?",
        "error: script.json: $[2]: nothing to say",
        "  next: give it words, remove the segment, or write a pause such as [pause:1s]",
        "error: script.json: 3 problems",
        "  next: fix them and run again",
    ]
    said = json.loads(ran.out)
    assert said["error"]["message"] == "script.json: 3 problems"
    assert [each["hint"] for each in said["errors"]] == [
        "write seconds as a number, or as in 0.6s or 600ms",
        "did you mean 'text'?",
        "give it words, remove the segment, or write a pause such as [pause:1s]",
    ]


def test_a_next_step_that_all_problems_share_is_told_once(tone: Narrate) -> None:
    tone.write("script.json", [{"text": ""}, {"text": " "}])
    ran = tone("run", "-", stdin='["", " "]')
    assert ran.err.splitlines() == [
        "error: -: $[0]: nothing to say",
        "error: -: $[1]: nothing to say",
        "error: -: 2 problems",
        "  next: give it words, remove the segment, or write a pause such as [pause:1s];"
        " it was read as JSON (--format-in names another format)",
    ]


def test_durations_with_units_reach_the_manifest(tone: Narrate) -> None:
    segments = [{"text": "A."}, {"text": "B."}, {"text": "C.", "pause_after": "1.5s"}]
    scenes = [{"id": "s", "budget": "90s", "segments": segments}]
    tone.write("script.json", {"defaults": {"pause_after": "250ms"}, "scenes": scenes})
    assert tone("run", "script.json").code == 0
    made = json.loads((tone.out / "manifest.json").read_text())
    assert [each["pause_after"] for each in made["segments"]] == [0.25, 0.25, 1.5]


def test_a_script_of_a_gigabyte_is_refused_unread(tone: Narrate) -> None:
    os.truncate(tone.write("script.json", ""), 2**30)
    check_refused(tone("run", "script.json"), 2, "script.json", "16 MiB")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("missing.json", "No such file"),
        ("nowhere/script.json", "No such file"),
        ("script.docx", "suffix"),
    ],
)
def test_a_script_that_is_not_there_is_named(tone: Narrate, name: str, what: str) -> None:
    tone.write("script.docx", "")
    check_refused(tone("run", name), 2, name.rpartition("/")[2], what)


@pytest.mark.parametrize(
    ("engine", "text", "code", "place"),
    [
        ("tone", "#unspeakable", 5, "segment s1 (script.json: $[0]): "),
        ("hibari", "日", 2, "script.json: $[0]: the engine hibari cannot say '日' (segment 's1')"),
    ],
)
def test_text_that_no_engine_can_say_fails_its_segment(
    narrate: Narrate, engine: str, text: str, code: int, place: str
) -> None:
    narrate.write("script.json", lines(text))
    ran = narrate("run", "script.json", "--engine", engine)
    assert ran.code == code
    assert f"error: {place}" in ran.err
    assert "next:" in ran.err
    assert narrate.clips == []


def test_text_that_an_engine_cannot_say_is_refused_while_planning(narrate: Narrate) -> None:
    narrate.write("script.json", lines("Fine.", "日"))
    ran = narrate("run", "script.json", "--engine", "hibari")
    assert ran.code == 2
    assert "error: script.json: $[1]: the engine hibari cannot say '日'" in ran.err
    assert "next:" in ran.err
    assert narrate.clips == []


def header(samples: int, rate: int, channels: int = 1) -> bytes:
    """The head of a WAV file, true or not."""
    head = bytearray(wav.header(samples, 24_000))
    head[22:24] = channels.to_bytes(2, "little")
    head[24:28] = rate.to_bytes(4, "little")
    head[28:32] = min(rate * channels * 2, 2**32 - 1).to_bytes(4, "little")
    head[32:34] = (channels * 2 % 2**16).to_bytes(2, "little")
    return bytes(head)


def not_finite(path: Path) -> None:
    soundfile.write(path, np.full(1000, np.nan, dtype=np.float32), 24_000, subtype="FLOAT")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"This is no sound."),
        lambda path: path.write_bytes(header(0, 24_000)),
        lambda path: path.write_bytes(header(1000, 0) + bytes(2000)),
        lambda path: path.write_bytes(header(1000, 24_000, channels=1024) + bytes(1024 * 2000)),
        lambda path: path.write_bytes(header(1000, 4_000_000_000) + bytes(2000)),
        not_finite,
    ],
    ids=["empty", "no sound", "no samples", "rate 0", "1,024 channels", "rate 4 GHz", "NaN"],
)
def test_a_recording_that_cannot_be_used_is_refused(
    tone: Narrate, make: Callable[[Path], object]
) -> None:
    make(tone.folder / "take.wav")
    tone.write("script.json", [{"id": "mine", "text": "Hello.", "audio": "take.wav"}])
    check_refused(tone("run", "script.json"), 2, "script.json: $[0]", "take.wav")
    assert not tone.out.exists()
    assert tone.clips == []


def test_a_recording_whose_header_promises_too_much_is_used_as_far_as_it_goes(
    tone: Narrate,
) -> None:
    # Each low byte is under a high one that swings around zero.
    wave = bytes(part for low in range(1, 51) for part in (low, (16 if low % 2 else 240)))
    tone.write("take.wav", header(2**30, 24_000) + wave * 480)
    tone.write("script.json", [{"id": "mine", "text": "Hello.", "audio": "take.wav"}])
    ran = tone("run", "script.json")
    assert "Traceback" not in ran.err
    assert ran.code in (0, 2), ran.err
    if ran.code == 0:
        assert tone.manifest["audio"]["samples"] == 24_000


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("narrate.toml", "fps = ", "narrate.toml"),
        ("narrate.toml", "formt = 'wav'", "did you mean 'format'?"),
        ("narrate.toml", "jobs = 'many'", "jobs = 'many'"),
    ],
    ids=["syntax", "unknown setting", "wrong type"],
)
def test_a_broken_setting_is_refused(tone: Narrate, name: str, content: str, what: str) -> None:
    tone.write("script.json", HELLO)
    tone.write(name, content)
    check_refused(tone("run", "script.json"), 2, name, what)


@pytest.mark.parametrize(
    "flags", [["--fps", "fast"], ["-j", "0"], ["--format", "wave"], ["--qa", "lax"]]
)
def test_a_flag_that_makes_no_sense_is_refused(tone: Narrate, flags: list[str]) -> None:
    tone.write("script.json", HELLO)
    check_refused(tone("run", "script.json", *flags), 2, flags[1])


# Folders and disks


def test_an_output_folder_that_cannot_be_written_is_named_before_anything_is_spoken(
    tone: Narrate,
) -> None:
    tone.write("script.json", lines("One.", "Two."))
    tone.write("file", "no folder")
    ran = tone("run", "script.json", "-o", "file/narration")
    assert ran.code == 6
    assert str(tone.folder / "file") in ran.err
    assert "next:" in ran.err
    assert tone.clips == []


def test_a_cache_that_cannot_be_written_costs_one_warning(tone: Narrate) -> None:
    tone.write("script.json", lines("One.", "Two.", "Three."))
    tone.write("file", "no folder")
    ran = tone("run", "script.json", "--cache-dir", "file/cache")
    assert ran.code == 0, ran.err
    assert ran.err.count("warning:") == 1
    assert str(tone.folder / "file" / "cache") in ran.err
    assert len(tone.manifest["segments"]) == 3
    assert tone("cache", "stats", "--cache-dir", "file/cache").code == 0


@contextmanager
def small_disk(folder: Path, kibibytes: int) -> Iterator[None]:
    """A disk of its own, if this machine lets us make one."""
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)]
    try:
        made = subprocess.run(["mount", *options], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("a small disk needs `mount`")
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


LONG = lines(*(f"Line number {number}. #seconds=5" for number in range(8)))


def test_a_full_cache_disk_keeps_what_is_finished_and_the_next_run_goes_on(tone: Narrate) -> None:
    tone.write("script.json", LONG)
    with small_disk(tone.cache, 1024):
        ran = tone("run", "script.json", "-j", "1")
        assert ran.code == 6
        assert str(tone.cache) in ran.err
        assert "240," in ran.err
        assert "next:" in ran.err
        assert "Traceback" not in ran.err
        kept = len(tone.clips)
        assert 0 < kept < 8
        assert not tone.out.exists()
        subprocess.run(["mount", "-o", "remount,size=8m", str(tone.cache)], check=True)
        assert tone.run()["spoken"] == 8 - kept


def test_a_full_output_disk_leaves_the_earlier_outputs_alone(tone: Narrate) -> None:
    with small_disk(tone.out, 1024):
        tone.write("script.json", LONG[:1])
        tone.run()
        before = contents(tone.out), identities(tone.out)
        tone.write("script.json", LONG)
        ran = tone("run", "script.json")
        assert ran.code == 6
        assert str(tone.out) in ran.err
        assert "full" in ran.err
        assert (contents(tone.out), identities(tone.out)) == before
        assert not list(tone.out.glob(".narrate*"))
        subprocess.run(["mount", "-o", "remount,size=8m", str(tone.out)], check=True)
        assert tone.run()["spoken"] == 0


def test_an_entry_under_the_key_of_another_never_becomes_a_wrong_sentence(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line.", "The second line."))
    tone.run()
    before = tone.outputs()
    one, two = tone.clips
    shutil.copy(one, two)
    shutil.rmtree(tone.out)
    assert tone.run()["spoken"] == 1
    assert tone.outputs() == before
