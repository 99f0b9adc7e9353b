"""narrate.lock: the same takes are the same bytes, and no file of that name is believed blindly."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from narrate.errors import EnvironmentProblem, UsageError
from narrate.takes import lockfile
from narrate.takes.lock import Approved, Lock


def approved(number: int, text: str = "It has a meaning.", **fields: int) -> Approved:
    digest = f"{number:032x}"
    return Approved(text=text, take=2, request=digest, clip=digest, sound=digest, **fields)


ONE, TWO, THREE = (approved(number) for number in (1, 2, 3))
LOCK = Lock({"outro": (THREE,), "intro/hook": (TWO, ONE)})


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "lesson.md"


def write(script: Path, lock: Lock) -> bytes:
    lockfile.update(script, lambda now: lock)
    return lockfile.path_of(script).read_bytes()


def test_what_is_written_is_read(script: Path) -> None:
    write(script, LOCK)
    assert lockfile.read(script) == LOCK


def test_segments_are_sorted_and_their_utterances_are_not(script: Path) -> None:
    backwards = Lock(dict([*LOCK.segments.items()][::-1]))
    data = write(script, LOCK)
    lockfile.path_of(script).unlink()
    assert write(script, backwards) == data
    lines = data.decode().splitlines()
    assert [line for line in lines if line.startswith("[[")] == [
        *['[[takes."lesson.md"."intro/hook"]]'] * 2,
        '[[takes."lesson.md"."outro"]]',
    ]
    assert [line[-2] for line in lines if line.startswith("sound")] == ["2", "1", "3"]


def test_scripts_of_one_folder_share_a_file_and_leave_each_other_alone(script: Path) -> None:
    other = script.with_name("another.md")
    write(script, LOCK)
    write(other, Lock({"a": (ONE,)}))
    assert (lockfile.read(script), lockfile.read(other)) == (LOCK, Lock({"a": (ONE,)}))
    write(other, Lock())
    assert (lockfile.read(script), lockfile.read(other)) == (LOCK, Lock())


def test_a_file_that_stays_the_same_is_not_touched(script: Path) -> None:
    write(script, LOCK)
    before = lockfile.path_of(script).stat()
    assert lockfile.update(script, lambda now: Lock(dict(now.segments))) is False
    assert lockfile.path_of(script).stat() == before


def test_no_file_is_made_for_nothing(script: Path) -> None:
    assert lockfile.update(script, lambda now: now) is False
    assert not os.listdir(script.parent)


@pytest.mark.parametrize(
    "text", ['a "quoted" \\ text', "tab\tand\x7f\x1f", "日本語 🎬", "[[takes]]"]
)
def test_any_text_and_any_name_survives(tmp_path: Path, text: str) -> None:
    script = tmp_path / f"{text.replace('/', '')}.md"
    lock = Lock({text: (approved(1, text, seed=7),)})
    write(script, lock)
    assert lockfile.read(script) == lock


GOOD = '[[takes."lesson.md"."a"]]\ntext = "x"\ntake = 1\n' + "".join(
    f'{name} = "{0:032x}"\n' for name in ("request", "clip", "sound")
)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<<<<<<< HEAD\nversion = 1", "not valid TOML.*line 1"),
        (b"version = 1\n\xff", "not UTF-8"),
        (b"a = " + b"[" * 100_000, "not valid TOML"),
        (b"version = 2", "its version is 2"),
        (b"takes = 3", "its version is None"),
        (b"version = 1\ntakes = 3", "takes is not a table"),
        (b"version = 1\ntake = 3", "unknown table 'take'"),
        (b"version = 1\n[takes]\n'lesson.md' = 3", "lesson.md.*not a table"),
        (b"version = 1\n[takes.'lesson.md']\na = 3", "'lesson.md', 'a': Expected `array`"),
        (f"version = 1\n{GOOD}x = 3".encode(), "unknown field `x`"),
        (f"version = 1\n{GOOD}".replace("take = 1", "take = 0").encode(), "'a': Expected `int` >="),
        (f"version = 1\n{GOOD}".replace("00", "0X").encode(), "'a': Expected `str` matching"),
        (f"version = 1\n{GOOD}".replace('0"', '0\\n"').encode(), "'a': Expected `str` matching"),
    ],
)
def test_a_broken_lock_is_an_error_with_its_place(script: Path, content: bytes, what: str) -> None:
    lockfile.path_of(script).write_bytes(content)
    with pytest.raises(UsageError, match=what) as caught:
        lockfile.read(script)
    assert str(caught.value).startswith(str(lockfile.path_of(script)))
    assert caught.value.hint
    with pytest.raises(UsageError, match=what):
        write(script, LOCK)
    assert lockfile.path_of(script).read_bytes() == content


def test_the_good_one_is_good(script: Path) -> None:
    lockfile.path_of(script).write_text(f"version = 1\n{GOOD}")
    assert len(list(lockfile.read(script))) == 1


def test_what_is_not_a_file_is_not_waited_for(script: Path) -> None:
    os.mkfifo(lockfile.path_of(script))
    with pytest.raises(UsageError, match="is not a regular file"):
        lockfile.read(script)


def test_nothing_is_written_through_a_link(script: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    lockfile.path_of(script).symlink_to(target)
    with pytest.raises(UsageError, match="it is a link"):
        write(script, LOCK)
    assert not target.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(script: Path) -> None:
    script.parent.chmod(0o500)
    try:
        with pytest.raises(EnvironmentProblem, match=r"narrate\.lock: it cannot be written"):
            write(script, LOCK)
    finally:
        script.parent.chmod(0o700)


def test_a_take_is_found_by_its_own_segment_first(script: Path) -> None:
    mine, theirs = approved(1), msgspec.structs.replace(ONE, take=5)
    lock = Lock({"a": (theirs,), "b": (mine,)})
    assert lock.find("b", ONE.request) is mine
    assert lock.find("a", ONE.request) is theirs
    assert lock.find("renamed", ONE.request) is theirs
    assert lock.find("a", TWO.request) is None
