"""No run overwrites what it reads, or what narrate did not make; nothing is written through
a link.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from narrate import build
from narrate.errors import UsageError
from narrate.output import narration
from narrate.output.record import RECORD
from narrate.output.stage import PENDING
from support.project import Narrate, Ran, contents, lines

NAMES = [
    "manifest.json",
    "narration.wav",
    "narration.srt",
    "narration.vtt",
    "run.json",
    "segments/s1.wav",
    PENDING,
]
FOREIGN = b'{"outputs": {}, "name": "of somebody else"}'


def record(path: Path, seconds: float = 0.2) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(round(8000 * seconds), 0.25), 8000)
    return path.read_bytes()


def refused(ran: Ran, *said: str | Path, code: int = 2) -> None:
    assert ran.code == code, ran.err
    for each in (*said, "next: "):
        assert str(each) in ran.err


@pytest.fixture
def project(tone: Narrate) -> Narrate:
    """A project with a script of one line."""
    tone.write("script.json", lines("Hello."))
    return tone


# Inputs


def test_a_recording_is_not_overwritten_by_the_narration_made_of_it(tone: Narrate) -> None:
    tone.write("script.json", [*lines("Hello."), {"id": "x", "audio": "narration.wav"}])
    before = record(tone.folder / "narration.wav")
    for flags in ([], ["--force-output"]):
        refused(
            tone("run", "script.json", "-o", ".", *flags),
            tone.folder / "narration.wav",
            "an input of this run",
        )
    assert (tone.folder / "narration.wav").read_bytes() == before
    assert tone.clips == []


def test_an_output_of_before_that_became_a_recording_is_neither_replaced_nor_removed(
    tone: Narrate,
) -> None:
    tone.write("script.json", lines("Hello.", "World."))
    tone.run()
    for segments in (
        [{"id": "s1", "audio": "build/narration/segments/s1.wav"}],
        [*lines("Hello.")],
    ):
        segments.append({"id": "y", "audio": "build/narration/segments/s2.wav"})
        tone.write("script.json", segments)
        before = contents(tone.out)
        refused(tone("run", "script.json"), "an input of this run")
        assert contents(tone.out) == before


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_an_input_under_another_name_is_an_input(tone: Narrate, link: object) -> None:
    take = tone.folder / "take.wav"
    before = record(take)
    tone.out.mkdir(parents=True)
    (os.link if link is os.link else os.symlink)(take, tone.out / "narration.wav")
    tone.write("script.json", [{"id": "x", "audio": "take.wav"}])
    refused(tone("run", "script.json", "--force-output"), take, "an input of this run")
    assert take.read_bytes() == before


@pytest.mark.parametrize("name", ["manifest.json", "run.json"])
def test_a_script_that_is_named_as_an_output_is(tone: Narrate, name: str) -> None:
    path = tone.write(name, lines("Hello."))
    before = path.read_bytes()
    refused(tone("run", name, "-o", ".", "--force-output"), path)
    assert path.read_bytes() == before


def test_a_depfile_or_a_log_is_no_output(project: Narrate) -> None:
    for flag in ("--events", "--depfile"):
        refused(project("run", "script.json", flag, "build/narration/run.json"), "run.json")
    (project.folder / "link").symlink_to("build")
    refused(
        project("run", "script.json", "--depfile", "link/narration/manifest.json"), "manifest.json"
    )


# Files of others


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_others_is_replaced_only_by_force(project: Narrate, name: str) -> None:
    (project.out / name).parent.mkdir(parents=True)
    (project.out / name).write_bytes(FOREIGN)
    refused(project("run", "script.json"), project.out, name, "--force-output")
    assert contents(project.out) == {name: FOREIGN}
    assert project.clips == []
    project.run("--force-output")
    assert (project.out / name).exists() == (name != PENDING)
    assert project.run()["spoken"] == 0


def test_a_file_that_came_to_lie_beside_the_narration_is_not_replaced_either(
    project: Narrate,
) -> None:
    project.run()
    (project.out / "narration.flac").write_bytes(FOREIGN)
    refused(project("run", "script.json", "--format", "flac"), "narration.flac")
    assert (project.out / "narration.flac").read_bytes() == FOREIGN
    (project.out / "narration.flac").unlink()
    project.run("--format", "flac")
    assert not (project.out / "narration.wav").exists()


def test_a_file_that_comes_while_it_is_spoken_is_not_replaced(project: Narrate) -> None:
    def come(event: object) -> None:
        project.out.mkdir(parents=True, exist_ok=True)
        (project.out / "narration.srt").write_bytes(FOREIGN)

    settings = {"engine": "tone", "cache_dir": str(project.cache)}
    with pytest.raises(UsageError, match=r"narration\.srt"):
        build.run(project.folder / "script.json", settings, build.Options(), come)
    assert contents(project.out) == {"narration.srt": FOREIGN}


def test_empty_files_hold_nothing_that_could_be_lost(project: Narrate) -> None:
    project.out.mkdir(parents=True)
    for name in ("manifest.json", "narration.wav", "run.json"):
        (project.out / name).touch()
    project.run()


@pytest.mark.parametrize("lost", [[RECORD], ["manifest.json"], [RECORD, "narration.wav"]])
def test_a_narration_of_ours_is_known_without_one_of_its_records(
    project: Narrate, lost: list[str]
) -> None:
    project.run()
    before = project.outputs()
    for name in lost:
        (project.out / name).unlink()
    project.run()
    assert project.outputs() == before


def test_a_damaged_run_json_costs_only_work(project: Narrate) -> None:
    project.run()
    before = project.outputs()
    (project.out / RECORD).write_bytes(b'{"outputs": 3')
    project.run()
    assert project.outputs() == before


def test_the_names_that_are_guarded_are_those_that_are_made(project: Narrate) -> None:
    project.write(
        "script.json",
        [*lines("Hello. [pause:0.6s] World.", "Two."), {"id": "ü.1", "text": "Three."}],
    )
    for format in ("wav", "flac", "mp3", "ogg", "opus"):
        result = build.run(
            project.folder / "script.json",
            {"engine": "tone", "cache_dir": str(project.cache), "format": format},
            build.Options(),
            lambda event: None,
        )
        made = {os.path.relpath(path, result.out) for path in result.outputs}
        assert {*narration.names(result.plan, format), RECORD} == made


def test_what_lies_in_the_folder_and_is_no_output_stays(project: Narrate) -> None:
    kept = {
        ".narrate/CACHEDIR.TAG": b"a cache",
        ".narrate/narration.wav": b"a clip",
        "notes.txt": b"mine",
    }
    for name, content in kept.items():
        (project.out / name).parent.mkdir(parents=True, exist_ok=True)
        (project.out / name).write_bytes(content)
    project.run()
    made = json.loads((project.out / RECORD).read_bytes())
    status = (project.out / "notes.txt").stat()
    like = made["outputs"]["narration.wav"] | {
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
    }
    made["outputs"]["notes.txt"] = like
    (project.out / RECORD).write_text(json.dumps(made))
    project.write("script.json", lines("Other."))
    project.run()
    assert kept.items() <= contents(project.out).items()


def test_what_somebody_changed_and_is_no_longer_made_is_kept_with_a_warning(
    project: Narrate,
) -> None:
    project.write("script.json", lines("Hello.", "World."))
    project.run()
    (project.out / "segments" / "s2.wav").write_bytes(b"recorded anew")
    project.write("script.json", lines("Hello."))
    ran = project("run", "script.json")
    assert (ran.code, "s2.wav" in ran.err) == (0, True)
    assert (project.out / "segments" / "s2.wav").read_bytes() == b"recorded anew"


# Links


def test_a_link_among_the_outputs_is_not_written_through(project: Narrate) -> None:
    mine = project.write("mine.wav", b"mine")
    project.out.mkdir(parents=True)
    (project.out / "narration.wav").symlink_to(mine)
    refused(project("run", "script.json"), "narration.wav")
    project.run("--force-output")
    assert not (project.out / "narration.wav").is_symlink()
    assert mine.read_bytes() == b"mine"


def test_a_linked_folder_of_segments_is_refused_before_anything_is_spoken(project: Narrate) -> None:
    (project.folder / "elsewhere").mkdir()
    project.out.mkdir(parents=True)
    (project.out / "segments").symlink_to(project.folder / "elsewhere")
    refused(
        project("run", "script.json", "--force-output"), "segments", "nothing is written through it"
    )
    assert project.clips == []
    assert list((project.folder / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("link", ["build", "build/narration"])
@pytest.mark.parametrize("setting", [False, True], ids=["default", "setting"])
def test_a_link_that_nobody_named_does_not_lead_out_of_the_project(
    project: Narrate, tmp_path: Path, link: str, setting: bool
) -> None:
    (tmp_path / "outside").mkdir()
    (project.folder / link).parent.mkdir(exist_ok=True)
    (project.folder / link).symlink_to(tmp_path / "outside")
    if setting:
        project.write("narrate.toml", 'out = "./build/narration"\n')
    refused(project("run", "script.json"), tmp_path / "outside", "-o DIR")
    assert list((tmp_path / "outside").iterdir()) == []
    assert project.clips == []
    project.run("-o", "build/narration")
    assert "run.json" in str(contents(tmp_path / "outside"))


def test_a_link_within_the_project_is_followed(project: Narrate) -> None:
    (project.folder / "made").mkdir()
    (project.folder / "build").symlink_to("made")
    project.run()
    assert (project.folder / "made" / "narration" / "narration.wav").is_file()


def test_a_named_link_leads_to_a_folder_that_is_guarded_as_any_other(
    project: Narrate, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "narration.wav").write_bytes(FOREIGN)
    (project.folder / "link").symlink_to(tmp_path / "outside")
    refused(project("run", "script.json", "-o", "link"), "narration.wav")
    assert contents(tmp_path / "outside") == {"narration.wav": FOREIGN}


@pytest.mark.parametrize("name", ["narration.wav", "segments/s1.wav", "run.json"])
def test_a_folder_in_the_place_of_a_file_is_refused(project: Narrate, name: str) -> None:
    (project.out / name).mkdir(parents=True)
    refused(
        project("run", "script.json", "--force-output"),
        name,
        "it is a folder where a file is needed",
    )


# Files that flags name


@pytest.mark.parametrize("flag", ["--events", "--depfile"])
@pytest.mark.parametrize("name", ["script.json", "notes.txt", "narrate.toml"])
def test_a_flag_does_not_overwrite_a_file(project: Narrate, flag: str, name: str) -> None:
    if name != "script.json":
        project.write(name, "# written by hand\n")
    before = contents(project.folder)
    why = "narrate reads settings" if name == "narrate.toml" else "narrate wrote"
    refused(project("run", "script.json", flag, name), name, why)
    assert contents(project.folder) == before
    assert project.clips == []


def test_what_flags_wrote_before_is_written_again(project: Narrate) -> None:
    for text in ("Hello.", "World."):
        project.write("script.json", lines(text))
        project.run("--events", "log.jsonl", "--depfile", "run.d")
        log = (project.folder / "log.jsonl").read_text()
        assert (log.count('"event": "plan"'), log.count('"event": "done"')) == (1, 1)


@pytest.mark.parametrize("flag", ["--events", "--depfile"])
@pytest.mark.parametrize("there", [True, False])
def test_a_flag_is_not_written_through_a_link(
    project: Narrate, tmp_path: Path, flag: str, there: bool
) -> None:
    if there:
        (tmp_path / "target").touch()
    (project.folder / "link").symlink_to(tmp_path / "target")
    refused(project("run", "script.json", flag, "link"), "link", "nothing is written through it")
    assert contents(tmp_path).get("target", b"") == b""
    assert project.clips == []


def test_events_go_to_stderr_without_emptying_its_file(project: Narrate, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"what was said before\n")
    with log.open("ab") as file:
        process = project.start(
            "run", "script.json", "--events", "/dev/stderr", stderr=file.fileno()
        )
        process.communicate()
    assert process.returncode == 0
    assert log.read_bytes().startswith(b"what was said before\n")
    assert b'{"event": "done"' in log.read_bytes()


def test_init_does_not_write_through_a_link(tone: Narrate, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tone.folder / "voices").symlink_to(tmp_path / "outside")
    (tone.folder / "script.md").symlink_to(tmp_path / "absent")
    refused(tone("init"), "voices", "nothing is written through it")
    assert list((tmp_path / "outside").iterdir()) == []
    assert not (tmp_path / "absent").exists()


def test_bench_does_not_draw_over_a_file(tone: Narrate) -> None:
    tone.write("photo.svg", "<svg>by hand</svg>")
    refused(tone("bench", "--engine", "tone", "--batch", "1", "--plot", "photo.svg"), "photo.svg")
    assert contents(tone.folder) == {"photo.svg": b"<svg>by hand</svg>"}
    for _ in range(2):
        assert tone("bench", "--engine", "tone", "--batch", "1", "--plot", "speed.svg").code == 0


# Two scripts


def torn(out: Path) -> list[str]:
    """The files that are not those that the manifest names."""
    from xxhash import xxh3_128_hexdigest

    manifest = json.loads((out / "manifest.json").read_bytes())
    named = {manifest["audio"]["file"]: manifest["audio"]["xxh3_128"]}
    named |= {segment["file"]: segment["xxh3_128"] for segment in manifest["segments"]}
    held = contents(out, without=RECORD)
    wrong = [
        name for name, digest in named.items() if xxh3_128_hexdigest(held.get(name, b"")) != digest
    ]
    return wrong + sorted(
        held.keys() - named.keys() - {"manifest.json", "narration.srt", "narration.vtt"}
    )


def test_two_scripts_into_one_folder_leave_the_narration_of_one(tone: Narrate) -> None:
    scripts = {"a.json": lines("One.", "Two.", "Three."), "b.json": lines("Four.", "Five.")}
    for name, segments in scripts.items():
        tone.write(name, segments)
    for _ in range(6):
        how = ("--force", "-o", str(tone.out), "--force-output")
        running = [tone.start("run", name, *how) for name in scripts]
        for process in running:
            _, err = process.communicate()
            assert process.returncode == 0, err
        assert torn(tone.out) == []
        assert tone.manifest["script"]["file"] in scripts
        assert not list(tone.out.glob(".narrate*"))


def test_a_run_notices_that_another_script_replaced_its_narration(tone: Narrate) -> None:
    tone.write("a.json", lines("One.", "Two.", "Three."))
    tone.write("b.json", lines("Four.", "Five."))
    for _ in range(2):
        for name in ("a.json", "b.json"):
            tone.run("-o", tone.out, "--force-output", script=name)
            assert tone.manifest["script"]["file"] == name
            assert torn(tone.out) == []


def test_a_folder_that_is_removed_and_one_that_is_copied_are_made_and_kept(
    project: Narrate,
) -> None:
    project.run()
    shutil.copytree(project.out, project.folder / "copy")
    subprocess.run(["touch", *(project.folder / "copy").glob("n*")], check=True)
    project.run("-o", "copy")
    project.write("script.json", [{"id": "other", "text": "Other."}])
    project.run("-o", "copy")
    assert not (project.folder / "copy" / "segments" / "s1.wav").exists()


def test_a_manifest_alone_does_not_make_other_sounds_ours(tone: Narrate) -> None:
    tone.write("script.json", lines("Hello."))
    tone.run()
    out = tone.folder / "out"
    out.mkdir()
    (out / "manifest.json").write_bytes((tone.out / "manifest.json").read_bytes())
    (out / "narration.wav").write_bytes(b"a master")
    refused(tone("run", "script.json", "-o", "out"), "narration.wav")
    assert (out / "narration.wav").read_bytes() == b"a master"
