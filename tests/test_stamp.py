"""A run with nothing to do imports nothing and says so; a run with anything to do never says so."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from narrate import stamp
from narrate.base import facts
from support.project import Narrate, contents, identities, lines

TELLING = """
import atexit, sys
atexit.register(lambda: print("imported", *sorted(sys.modules), file=sys.stderr))
from narrate.__main__ import main
main()
"""
SETTLED = 0.15
"""Seconds after which a change can be told from an earlier one."""


def imported(narrate: Narrate, *args: str, **kwargs: object) -> set[str]:
    """The modules that a run, which must succeed, has imported."""
    ran = narrate(*args, program=("-c", TELLING), **kwargs)  # type: ignore[arg-type]
    assert ran.code == 0, ran.err
    return set(ran.err.rpartition("imported")[2].split())


def idle(narrate: Narrate, *args: str, **kwargs: object) -> bool:
    """Whether a run has found at once that there is nothing to do."""
    return "narrate.build" not in imported(narrate, *(args or ("run", "script.json")), **kwargs)


def narrated(root: Path) -> Narrate:
    project = Narrate(root, NARRATE_ENGINE="tone")
    project.write("take.wav", b"")
    soundfile.write(project.folder / "take.wav", np.tile([0.1, -0.1], 12_000), 24_000)
    project.write("script.json", [*lines("The first line."), {"id": "mine", "audio": "take.wav"}])
    return project


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Narrate:
    return narrated(tmp_path_factory.mktemp("stamp"))


@pytest.fixture
def settled(shared: Narrate) -> Narrate:
    """A project in which a run has nothing to do."""
    for _ in range(3):
        if idle(shared):
            return shared
        time.sleep(SETTLED)
    raise AssertionError("there is always something to do")


@pytest.fixture
def alone(tmp_path: Path) -> Narrate:
    """The same, for one test alone."""
    project = narrated(tmp_path)
    time.sleep(SETTLED)
    assert not idle(project)
    return project


def test_a_run_with_nothing_to_do_imports_nothing_heavy(settled: Narrate) -> None:
    before = contents(settled.root), identities(settled.root)
    modules = imported(settled, "run", "script.json")
    assert (
        not {"typer", "click", "rich", "numpy", "soundfile", "msgspec", "json", "typing"} & modules
    )
    assert (contents(settled.root), identities(settled.root)) == before


def test_it_says_what_the_whole_way_would_have_said(alone: Narrate) -> None:
    quick = alone("run", "script.json")
    stamp_folder = alone.cache / "stamps"
    shutil.rmtree(stamp_folder)
    assert alone("run", "script.json") == quick
    assert quick.err.startswith("nothing to do: 2 segments, ")
    first, second = alone("run", "script.json", "--json"), alone("run", "script.json", "--json")
    assert first == second
    assert (second.json["spoken"], second.json["cached"]) == (0, 2)


def edited_in_place(project: Narrate) -> None:
    path = project.folder / "script.json"
    status = path.stat()
    text = path.read_text()
    path.write_text(
        text.replace("first", "other") if "first" in text else text.replace("other", "first")
    )
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def replaced_by_rename(project: Narrate) -> None:
    path, new = project.folder / "script.json", project.folder / "new.json"
    shutil.copy2(path, new)
    os.replace(new, path)


def damaged(name: str) -> Callable[[Narrate], None]:
    def change(project: Narrate) -> None:
        path = project.out / name
        status = path.stat()
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    return change


def again(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


CHANGES: dict[str, Callable[[Narrate], object]] = {
    "script edited, its size and time kept": edited_in_place,
    "script replaced by its like": replaced_by_rename,
    "project file made": lambda project: again(project.folder / "narrate.toml", "fps = 24"),
    "project file changed": lambda project: again(project.folder / "narrate.toml", "fps = 25"),
    "project file removed": lambda project: (project.folder / "narrate.toml").unlink(),
    "user file made": lambda project: again(
        project.root / "config/narrate/config.toml", "fps = 24"
    ),
    "user file removed": lambda project: (project.root / "config/narrate/config.toml").unlink(),
    "recording replaced": lambda project: soundfile.write(
        project.folder / "take.wav", np.tile([0.2, -0.2], 12_000), 24_000
    ),
    "narration deleted": lambda project: (project.out / "narration.wav").unlink(),
    "manifest deleted": lambda project: (project.out / "manifest.json").unlink(),
    "record deleted": lambda project: (project.out / "run.json").unlink(),
    "narration cut short": lambda project: os.truncate(project.out / "narration.wav", 1000),
    "narration touched": lambda project: (project.out / "narration.wav").touch(),
    "all outputs deleted": lambda project: shutil.rmtree(project.out),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_noticed(settled: Narrate, change: Callable[[Narrate], object]) -> None:
    change(settled)
    time.sleep(SETTLED)
    assert not idle(settled)
    whole = set(contents(settled.out))
    assert {"manifest.json", "narration.wav", "narration.srt", "narration.vtt", "run.json"} < whole
    assert {"segments/s1.wav", "segments/mine.wav"} < whole


@pytest.mark.parametrize("name", ["narration.wav", "manifest.json"])
def test_damage_is_noticed_though_size_and_time_are_as_before(settled: Narrate, name: str) -> None:
    damaged(name)(settled)
    assert not idle(settled)


def test_a_deleted_recording_is_an_error_and_not_up_to_date(alone: Narrate) -> None:
    (alone.folder / "take.wav").unlink()
    ran = alone("run", "script.json")
    assert ran.code == 2
    assert "take.wav" in ran.err


def test_a_deleted_script_is_an_error_and_not_up_to_date(alone: Narrate) -> None:
    (alone.folder / "script.json").unlink()
    assert alone("run", "script.json").code == 2


def test_a_text_added_to_a_folder_is_noticed(tone: Narrate) -> None:
    tone.write("talk/one.txt", "The first line.")
    time.sleep(SETTLED)
    assert not idle(tone, "run", "talk")
    assert idle(tone, "run", "talk")
    tone.write("talk/two.txt", "The second line.")
    assert not idle(tone, "run", "talk")
    assert len(tone.manifest["segments"]) == 2


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (["run", "script.json", "--fps", "24"], {}),
        (["run", "script.json", "-q"], {}),
        (["run", "script.json"], {"NARRATE_FPS": "24"}),
        (["run", "script.json"], {"HOME": "/nonexistent"}),
        (["run", "script.json"], {"XDG_CONFIG_HOME": "/nonexistent"}),
    ],
    ids=["flag", "quiet", "setting in the environment", "another home", "another configuration"],
)
def test_a_run_that_is_told_something_else_goes_the_whole_way(
    settled: Narrate, args: list[str], env: dict[str, str]
) -> None:
    assert not idle(settled, *args, env=env)


def test_a_run_from_another_folder_goes_the_whole_way(settled: Narrate) -> None:
    twin = settled.folder / "twin"
    twin.mkdir(exist_ok=True)
    (twin / "script.json").write_text('[{"id": "s1", "text": "Elsewhere."}]')
    assert not idle(settled, cwd=twin)
    assert (twin / "build/narration/manifest.json").exists()


def test_an_edit_right_before_the_run_keeps_a_stamp_from_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path / "cache"))
    script = tmp_path / "script.json"
    script.write_text("[]")
    stamp.save(["/here"], facts.take([script]), {}, ("out", "err"), time.time_ns())
    assert stamp.reply(["/here"]) is None
    stamp.save(
        ["/here"], facts.take([script]), {}, ("out", "err"), time.time_ns() + int(SETTLED * 1e9)
    )
    assert stamp.reply(["/here"]) == ("out", "err")
    script.touch()
    stamp.save(["/here"], facts.take([script]), {}, ("out", "err"), time.time_ns())
    assert stamp.reply(["/here"]) is None


@pytest.mark.parametrize("change", ["edit", "add", "remove", "edit with the time of before"])
def test_a_change_during_the_run_is_noticed_by_the_next(tone: Narrate, change: str) -> None:
    script = tone.write("script.json", lines("The first line. #slow=0.4"))
    settings = tone.folder / "narrate.toml"
    if change == "remove":
        settings.write_text("fps = 24\n")
    time.sleep(SETTLED)
    process = tone.start("run", "script.json")
    assert process.stderr is not None
    assert b"to speak" in process.stderr.readline()
    status = script.stat()
    if change == "add":
        settings.write_text("fps = 24\n")
    elif change == "remove":
        settings.unlink()
    else:
        script.write_text(script.read_text().replace("first", "other"))
    if "time" in change:
        os.utime(script, ns=(status.st_atime_ns, status.st_mtime_ns))
    process.communicate()
    assert process.returncode == 0
    assert not idle(tone)
    assert tone.manifest["timeline"]["fps"] == (24 if change == "add" else 30)
    assert ("other" in tone.manifest["segments"][0]["text"]) == change.startswith("edit")


def test_any_garbage_in_place_of_a_stamp_means_a_whole_run(alone: Narrate) -> None:
    [kept] = (alone.cache / "stamps").iterdir()
    good = kept.read_bytes()
    fields = good.split(b"\0")
    for bad in (
        b"",
        b"\0",
        b"\0" * 9,
        b"\xff\xfe\n",
        os.urandom(200),
        good[:-1],
        good + b"x",
        b"\0".join(fields[:4]),
    ):
        kept.write_bytes(bad)
        assert not idle(alone)
    kept.unlink()
    kept.mkdir()
    assert not idle(alone)


@pytest.mark.parametrize("flags", [["--force"], ["--events", "log"], ["-n"], ["--show-config"]])
def test_a_run_that_always_has_something_to_do_is_never_stamped(
    alone: Narrate, flags: list[str]
) -> None:
    assert not idle(alone, "run", "script.json", *flags)
    assert not idle(alone, "run", "script.json", *flags)


def test_a_run_from_standard_input_is_never_stamped(tone: Narrate) -> None:
    for text in ("First.", "Other."):
        assert not idle(tone, "run", "-", stdin=f'[{{"id": "a", "text": "{text}"}}]')
        assert tone.manifest["segments"][0]["text"] == text


def test_a_failed_run_is_not_stamped(tone: Narrate) -> None:
    tone.write("script.json", lines("#nan"))
    time.sleep(SETTLED)
    assert [tone("run", "script.json").code for _ in range(2)] == [4, 4]


@pytest.mark.parametrize("linked", [False, True])
def test_clearing_removes_stamps_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    """The folder may be one of others, as only its name makes it ours."""
    cache, folder = tmp_path / "cache", tmp_path / "folder"
    cache.mkdir()
    folder.mkdir()
    stamps, others = (
        {"0123abcd", "0123abcd.new"},
        {"penny-black.jpg", "0123ABCD", "0123abcd.png", "deadbeef0", ".new"},
    )
    for name in stamps | others:
        (folder / name).write_text("precious")
    (cache / "stamps").symlink_to(folder) if linked else folder.rename(cache / "stamps")
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(cache))
    stamp.clear()
    assert {path.name for path in (cache / "stamps").iterdir()} == (
        stamps | others if linked else others
    )


def test_clearing_the_cache_forgets_the_stamps(alone: Narrate) -> None:
    assert alone("cache", "clear").code == 0
    assert alone.clips == []
    assert not idle(alone)


def test_what_was_told_cannot_be_mistaken_for_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path))
    stamp.save(["/here", "a\nb"], {}, {}, ("out", "err"), 0)
    assert stamp.reply(["/here", "a\nb"]) == ("out", "err")
    assert stamp.reply(["/here", "a", "b"]) is None


def test_an_output_that_is_not_there_keeps_a_stamp_from_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path))
    stamp.save(["/here"], {}, facts.take([tmp_path / "narration.wav"]), ("out", "err"), 0)
    assert stamp.reply(["/here"]) is None


def test_a_stamp_of_another_user_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path))
    stamp.save(["/here"], {}, {}, ("out", "err"), 0)
    assert stamp.reply(["/here"]) == ("out", "err")
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert stamp.reply(["/here"]) is None


def test_a_stamp_is_not_written_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path / "cache"))
    stamp.save(["/here"], {}, {}, ("out", "err"), 0)
    [kept] = (tmp_path / "cache" / "stamps").iterdir()
    (tmp_path / "thesis").write_text("mine")
    kept.with_name(f"{kept.name}.new").symlink_to(tmp_path / "thesis")
    stamp.save(["/here"], {}, {}, ("other", "err"), 0)
    assert stamp.reply(["/here"]) == ("other", "err")
    assert (tmp_path / "thesis").read_text() == "mine"


def test_a_fifo_in_the_place_of_a_stamp_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path))
    stamp.save(["/here"], {}, {}, ("out", "err"), 0)
    [kept] = (tmp_path / "stamps").iterdir()
    kept.unlink()
    os.mkfifo(kept)
    assert stamp.reply(["/here"]) is None


def test_without_a_home_no_stamp_is_kept_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NARRATE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    stamp.save(["/here"], {}, {}, ("out", "err"), 0)
    assert stamp.reply(["/here"]) is None
    assert list(tmp_path.iterdir()) == []


def test_stamps_of_a_folder_that_is_not_a_cache_are_neither_written_nor_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path))
    (tmp_path / "stamps").mkdir()
    (tmp_path / "stamps" / "deadbeef").write_text("thesis")
    (tmp_path / "notes.txt").write_text("mine")
    stamp.clear()
    stamp.save(["/here"], {}, {}, ("out", "err"), 0)
    assert os.listdir(tmp_path / "stamps") == ["deadbeef"]
