"""The output folder: all or nothing, nothing touched in vain, and nothing outside it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import xxhash

from narrate.base import facts
from narrate.errors import EnvironmentProblem
from narrate.output.record import RECORD, RunRecord
from narrate.output.stage import Stage, listed, staged


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "project" / "out"


def digest(content: bytes) -> str:
    return xxhash.xxh3_128_hexdigest(content)


def writer(content: bytes) -> Callable[[Path], str]:
    return lambda path: (path.write_bytes(content), digest(content))[1]


def publish(folder: Path, contents: dict[str, bytes]) -> list[str]:
    """A run that leaves these files; return which of them it wrote."""
    with staged(folder) as stage:
        for name, content in contents.items():
            assert stage.make(name, repr(content), writer(content)) == digest(content)
        stage.publish()
        stage.write_record(RunRecord(seconds=1.5))
    assert set(stage.facts()) == {str(folder / name) for name in (*contents, RECORD)}
    return [str(path.relative_to(folder)) for path in stage.written]


def held(folder: Path) -> dict[str, bytes]:
    """Every file in a folder but its record."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {name: content for name, content in files.items() if name != RECORD}


def identity(path: Path) -> tuple[int, int]:
    return path.stat().st_ino, path.stat().st_mtime_ns


def remember(folder: Path, *names: str) -> None:
    """Have the record name files as made by an earlier run."""
    made = {"recipe": "r", "digest": "d"}
    (folder / RECORD).write_text(json.dumps({"outputs": dict.fromkeys(names, made)}))


def test_what_is_made_is_published(out: Path) -> None:
    assert publish(out, {"a.wav": b"a", "segments/b.wav": b"b"}) == ["a.wav", "segments/b.wav"]
    assert held(out) == {"a.wav": b"a", "segments/b.wav": b"b"}
    record = json.loads((out / RECORD).read_bytes())
    assert record["seconds"] == 1.5
    assert {name: made["digest"] for name, made in record["outputs"].items()} == {
        "a.wav": digest(b"a"),
        "segments/b.wav": digest(b"b"),
    }


def test_what_has_not_changed_is_neither_made_nor_touched(out: Path) -> None:
    publish(out, {"a": b"one", "b": b"two"})
    before = identity(out / "a"), identity(out / "b")
    with staged(out) as stage:
        assert stage.make("a", repr(b"one"), lambda path: pytest.fail("made in vain")) == digest(
            b"one"
        )
        stage.make("b", "another recipe", writer(b"two"))
        stage.publish()
        stage.write_record(RunRecord())
    assert (identity(out / "a"), identity(out / "b")) == before
    assert stage.written == []
    assert publish(out, {"a": b"one", "b": b"two"}) == []


def test_what_has_changed_is_replaced_by_a_new_file(out: Path) -> None:
    publish(out, {"a": b"one", "b": b"two"})
    inode = (out / "a").stat().st_ino
    with (out / "a").open("rb") as reader:
        assert publish(out, {"a": b"new", "b": b"two"}) == ["a"]
        assert reader.read() == b"one"
    assert (out / "a").stat().st_ino != inode
    assert held(out) == {"a": b"new", "b": b"two"}


def test_nothing_is_in_place_before_everything_is_made(out: Path) -> None:
    publish(out, {"a": b"one"})
    with staged(out) as stage:
        stage.make("a", "new", writer(b"new"))
        stage.make("b", "new", writer(b"new"))
        assert (out / "a").read_bytes() == b"one"
        assert not (out / "b").exists()
        stage.publish()
        stage.write_record(RunRecord())
    assert held(out) == {"a": b"new", "b": b"new"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_everything_as_it_was(out: Path, error: type[BaseException]) -> None:
    publish(out, {"a": b"one", "b": b"two"})
    before = identity(out / "a"), (out / RECORD).read_bytes()

    def run() -> None:
        with staged(out) as stage:
            stage.make("a", "new", writer(b"new"))
            raise error

    with pytest.raises(error):
        run()
    assert (identity(out / "a"), (out / RECORD).read_bytes()) == before
    assert sorted(os.listdir(out)) == ["a", "b", RECORD]


@pytest.mark.parametrize("kept", [0, 1], ids=["its time kept", "its time changed"])
def test_a_file_that_somebody_changed_is_made_again(out: Path, kept: int) -> None:
    publish(out, {"a": b"one", "b": b"two"})
    status = (out / "a").stat()
    (out / "a").write_bytes(b"eno")
    os.utime(out / "a", ns=(status.st_mtime_ns, status.st_mtime_ns + kept))
    assert publish(out, {"a": b"one", "b": b"two"}) == ["a"]
    assert held(out) == {"a": b"one", "b": b"two"}


def test_a_file_that_was_touched_or_copied_and_has_the_same_bytes_is_left_alone(out: Path) -> None:
    publish(out, {"a": b"one", "b": b"two"})
    (out / "a").touch()
    shutil.copy(out / "b", out / "c")
    os.replace(out / "c", out / "b")
    before = identity(out / "a"), identity(out / "b")
    with staged(out) as stage:
        for name, content in (("a", b"one"), ("b", b"two")):
            stage.make(name, repr(content), lambda path: pytest.fail("made in vain"))
        stage.publish()
        stage.write_record(RunRecord())
    assert (identity(out / "a"), identity(out / "b"), stage.written) == (*before, [])
    assert stage.facts() == facts.take([out / "a", out / "b", out / RECORD])


def lengthen(path: Path) -> None:
    status = path.stat()
    path.write_bytes(b"longer")
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("change", [Path.unlink, lengthen])
def test_a_file_that_is_not_what_it_was_is_made_again(
    out: Path, change: Callable[[Path], object]
) -> None:
    publish(out, {"a": b"one", "b": b"two"})
    change(out / "a")
    assert publish(out, {"a": b"one", "b": b"two"}) == ["a"]
    assert (out / "a").read_bytes() == b"one"


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_written_through(
    out: Path, tmp_path: Path
) -> None:
    publish(out, {"a": b"one"})
    (tmp_path / "mine").write_bytes(b"one")
    shutil.copystat(out / "a", tmp_path / "mine")
    (out / "a").unlink()
    (out / "a").symlink_to(tmp_path / "mine")
    publish(out, {"a": b"one"})
    assert not (out / "a").is_symlink()
    publish(out, {"a": b"new"})
    assert (tmp_path / "mine").read_bytes() == b"one"


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"outputs": 3}', b"\xff", b"[" * 100_000])
def test_a_record_that_cannot_be_read_costs_only_work(out: Path, record: bytes) -> None:
    publish(out, {"a": b"one"})
    before = identity(out / "a")
    (out / RECORD).write_bytes(record)
    assert publish(out, {"a": b"one"}) == []
    assert identity(out / "a") == before


# What is no longer made


def test_what_is_no_longer_made_is_removed_and_nothing_else(out: Path) -> None:
    publish(out, {"a": b"one", "segments/b.wav": b"two"})
    (out / "segments" / "mine").write_bytes(b"mine")
    publish(out, {"a": b"one"})
    assert held(out) == {"a": b"one", "segments/mine": b"mine"}


def test_what_is_no_longer_made_and_was_changed_since_is_kept(out: Path) -> None:
    publish(out, {"a": b"one", "narration.wav": b"two"})
    (out / "narration.wav").write_bytes(b"somebody's work")
    with staged(out) as stage:
        stage.make("a", repr(b"one"), writer(b"one"))
        stage.publish()
        stage.write_record(RunRecord())
        assert stage.kept == [out / "narration.wav"]
    assert held(out) == {"a": b"one", "narration.wav": b"somebody's work"}


def test_what_is_no_longer_made_and_was_only_touched_is_removed(out: Path) -> None:
    with staged(out) as stage:
        stage.make("narration.wav", "r", lambda path: (path.write_bytes(b"two"), digest(b"two"))[1])
        stage.publish()
        stage.write_record(RunRecord())
    os.utime(out / "narration.wav", (1, 1))
    publish(out, {"a": b"one"})
    assert held(out) == {"a": b"one"}


def test_a_record_has_only_such_files_removed_as_narrate_makes(out: Path) -> None:
    publish(out, {"a": b"one"})
    names = [
        "notes.txt",
        "narration.txt",
        "segments/x.py",
        "segments/deep/x.wav",
        "narration.wav.bak",
        ".narrate/x.wav",
    ]
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).touch()
        os.utime(out / name, ns=(0, 0))
    remember(out, *names)
    publish(out, {"a": b"one"})
    assert held(out) == {"a": b"one"} | dict.fromkeys(names, b"")


def test_what_a_killed_run_moved_into_place_is_known(out: Path) -> None:
    with staged(out) as stage:
        stage.make("segments/a.wav", "r", writer(b"one"))
        stage.publish()
    assert set(listed(out)) == {"segments/a.wav"}
    publish(out, {"a": b"one"})
    assert held(out) == {"a": b"one"}


def test_what_is_no_longer_made_is_removed_from_a_folder_named_in_a_roundabout_way(
    out: Path, tmp_path: Path
) -> None:
    publish(out, {"a": b"one", "narration.wav": b"two"})
    (tmp_path / "link").symlink_to(out.parent)
    publish(tmp_path / "project" / ".." / "link" / "out", {"a": b"one"})
    assert held(out) == {"a": b"one"}


def test_a_record_cannot_have_files_outside_the_folder_removed(out: Path, tmp_path: Path) -> None:
    publish(out, {"a": b"one"})
    outside = tmp_path / "precious"
    outside.mkdir()
    precious = outside / "x.wav"
    precious.write_bytes(b"")
    os.utime(precious, ns=(0, 0))
    (out / "segments").symlink_to(outside)
    (out / "link").symlink_to(outside)
    (out / "loop").symlink_to("loop")
    (out / "folder").mkdir()
    names = [
        str(precious),
        "../../precious/x.wav",
        "segments/x.wav",
        "link/x.wav",
        "folder/../link/x.wav",
    ]
    names += [
        "folder/../../../precious/x.wav",
        "",
        ".",
        "..",
        "../..",
        "folder",
        "a\0b",
        "loop/x",
        "x" * 5000,
    ]
    names += ["segments/a\0b.wav", f"segments/{'x' * 5000}.wav"]
    remember(out, *names)
    assert publish(out, {"a": b"one"}) == []
    assert precious.exists()
    assert (out / "folder").is_dir()
    assert held(out) == {"a": b"one"}


# One run at a time


def test_a_folder_is_locked_while_it_is_staged(out: Path) -> None:
    out.mkdir(parents=True)
    other = os.open(out, os.O_RDONLY)
    try:
        with staged(out), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)


def test_runs_on_one_folder_take_turns(out: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from narrate.output.record import RunRecord
        from narrate.output.stage import staged
        folder, content = Path(sys.argv[1]), sys.argv[2]
        print("ready", flush=True)
        sys.stdin.readline()
        for turn in range(40):
            with staged(folder) as stage:
                for name in ("a", "b", "segments/c"):
                    stage.make(name, content, lambda path: (path.write_text(content), content)[1])
                stage.publish()
                stage.write_record(RunRecord())
                names = ("a", "b", "segments/c")
                assert {(folder / name).read_text() for name in names} == {content}
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(out)]
    runs = [
        subprocess.Popen(
            [*command, content], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for content in ("one", "two")
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    for run in runs:
        run.communicate()
    assert [run.returncode for run in runs] == [0, 0]
    assert sorted(os.listdir(out)) == ["a", "b", RECORD, "segments"]


def test_what_a_killed_run_left_is_cleared_away(out: Path) -> None:
    left = out / f".narrate-{'0a' * 8}"
    (left / "segments").mkdir(parents=True)
    for name in ("narration.wav", "segments/a.wav", "segments/b.m4a", RECORD):
        (left / name).touch()
    publish(out, {"a": b"one"})
    assert sorted(os.listdir(out)) == ["a", RECORD]


def test_a_folder_of_others_is_not_taken_for_one_that_a_killed_run_left(
    out: Path, tmp_path: Path
) -> None:
    (tmp_path / "narration.wav").write_bytes(b"linked")
    (out / ".narrate" / "v1").mkdir(parents=True)
    (out / ".narrate" / "v1" / "narration.wav").write_bytes(b"a clip")
    (out / f".narrate-{'0a' * 8}").mkdir()
    (out / f".narrate-{'0a' * 8}" / "thesis").write_bytes(b"mine")
    (out / f".narrate-{'0b' * 8}").symlink_to(tmp_path)
    before = held(out)
    publish(out, {"a": b"one"})
    assert held(out) == before | {"a": b"one"}
    assert (tmp_path / "narration.wav").read_bytes() == b"linked"


# Folders that cannot be written


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(EnvironmentProblem) as problem, staged(folder):
            pytest.fail("it was opened")
        assert str(tmp_path / "file") in problem.value.where


def mount(*arguments: str | Path) -> None:
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("mounting is not permitted here: this is not root")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")


def test_a_read_only_folder_is_an_environment_problem(out: Path) -> None:
    publish(out, {"a": b"one"})
    mount("--bind", out, out)
    try:
        mount("-o", "remount,ro,bind", out)
        with pytest.raises(EnvironmentProblem, match="cannot be written") as problem:
            publish(out, {"a": b"new"})
    finally:
        subprocess.run(["umount", out], check=True)
    assert problem.value.exit_code == 6
    assert str(out) in problem.value.where
    assert held(out) == {"a": b"one"}


def test_a_full_disk_is_said_to_be_full_and_leaves_what_was_there(out: Path) -> None:
    out.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", out)
    try:
        publish(out, {"a": b"one"})
        with pytest.raises(EnvironmentProblem, match="the disk is full"):
            publish(out, {"a": bytes(2_000_000)})
        assert held(out) == {"a": b"one"}
        assert sorted(os.listdir(out)) == ["a", RECORD]
    finally:
        subprocess.run(["umount", out], check=True)


def test_digests_are_known_before_anything_is_published(out: Path) -> None:
    out.mkdir(parents=True)
    stage = Stage(out)
    assert stage.make("a", "r", writer(b"one")) == digest(b"one")
    assert [name for name in os.listdir(out) if not name.startswith(".narrate-")] == []
    assert stage.written == []


def test_what_a_killed_run_had_not_moved_yet_is_made(out: Path) -> None:
    """A list of what was about to come says nothing of files that never came."""
    contents = {"a.wav": b"one", "b.wav": b"two"}

    def announce() -> None:
        with staged(out) as stage:
            for name, content in contents.items():
                stage.make(name, repr(content), writer(content))
            stage._announce()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        announce()
    assert publish(out, contents) == ["a.wav", "b.wav"]
    assert held(out) == contents
