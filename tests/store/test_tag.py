"""A folder that narrate did not make loses nothing: neither as a cache, nor by a link, nor by a
name in a cache.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from narrate.base.files import durable
from narrate.cache import Store
from narrate.errors import EnvironmentProblem
from narrate.store import tag
from support.plans import noise, request
from support.project import Narrate, contents, lines

TEMP = "4711-00000000dead"
KEY = "ab" + "0" * 30
SWEPT = {
    f"tmp/{TEMP}",
    f"runs/{TEMP}",
    f"quarantine/{KEY}.1700000000000000000",
    "uses/1999-01-01",
    f"v1/ab/{KEY}.wav",
    "readings/0123456789abcdef",
    "stamps/0123abcd",
}
"""Files with names of ours, which nothing but the folder around them protects."""

FOREIGN = {
    "tmp/thesis",
    "tmp/1-dead",
    "runs/marathon.csv",
    "quarantine/virus.exe",
    "uses/readme.txt",
    "uses/0000-draft",
    "readings/poems.txt",
    "v1/ab/song.wav",
    "v1/readme.txt",
    "stamps/penny-black.jpg",
    "notes.txt",
}
"""Names that no version of narrate has given to anything."""

COMMANDS = (
    ("run", "script.json", "--engine", "tone"),
    ("run", "script.json", "--engine", "tone", "--frozen"),
    ("plan", "script.json", "--engine", "tone"),
    ("why", "script.json", "--engine", "tone"),
    ("cache", "prune", "--max-size", "0B"),
    ("cache", "clear"),
    ("cache", "verify"),
    ("cache", "import", "clips.zip"),
    ("cache", "stats"),
)


def fill(root: Path, names: set[str]) -> dict[str, bytes]:
    """Write a file with each of the names, and return what the folder holds then."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is {name}, and it is precious.")
    return contents(root)


@pytest.fixture
def speaking(tone: Narrate) -> Narrate:
    """A project with a script and an archive of the clips of another script, and no cache."""
    tone.write("script.json", lines("Another line."))
    tone.run()
    assert tone("cache", "export", "clips.zip").code == 0
    shutil.rmtree(tone.cache)
    shutil.rmtree(tone.folder / "build")
    tone.write("script.json", lines("One.", "Two."))
    return tone


# A folder of others


def test_a_folder_without_our_tag_loses_nothing(speaking: Narrate) -> None:
    before = fill(speaking.folder, SWEPT | FOREIGN)
    speaking.folder.chmod(0o755)
    for command in COMMANDS:
        ran = speaking(*command, "--cache-dir", ".")
        assert ran.code == 6, (command, ran.err)
        assert f"{speaking.folder}: this folder is not a cache of narrate" in ran.err
        assert "\n  next: name an empty or a new folder with --cache-dir" in ran.err
        assert contents(speaking.folder) == before
    assert stat.S_IMODE(speaking.folder.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    "content", [b"", b"Signature: 8a477f597d28d172789f06886806bc55\n# of another program\n"]
)
def test_a_tag_of_another_program_is_not_ours(tmp_path: Path, content: bytes) -> None:
    (tmp_path / tag.NAME).write_bytes(content)
    with pytest.raises(EnvironmentProblem, match="not a cache of narrate"):
        Store(tmp_path)
    assert contents(tmp_path) == {tag.NAME: content}


def test_a_link_to_our_tag_is_not_one(tmp_path: Path) -> None:
    cache, other = tmp_path / "cache", tmp_path / "other"
    for folder in (cache, other):
        folder.mkdir()
    tag.put(cache)
    (other / tag.NAME).symlink_to(cache / tag.NAME)
    with pytest.raises(EnvironmentProblem, match="not a cache of narrate"):
        Store(other)


def test_what_is_put_into_a_folder_meanwhile_is_not_joined(tmp_path: Path) -> None:
    """Between the look at the folder and the first clip somebody else began to use it."""
    said: list[str] = []
    with Store(tmp_path / "cache", said.append) as store:
        before = fill(store.root, SWEPT)
        clip = store.put(request().canonical(), noise(500), 24_000, {})
        assert not clip.path.is_relative_to(store.root)
        assert contents(store.root) == before
    assert "Directory not empty" in said[0]


def test_doctor_tells_of_it(speaking: Narrate) -> None:
    before = fill(speaking.folder, FOREIGN)
    ran = speaking("doctor", env={"NARRATE_CACHE_DIR": str(speaking.folder)})
    assert "this folder is not a cache of narrate" in ran.out
    assert contents(speaking.folder) == before


# A folder that becomes a cache


@pytest.mark.parametrize("mode", [0o750, 0o700, 0o777])
def test_an_empty_folder_becomes_a_cache_and_keeps_its_mode(speaking: Narrate, mode: int) -> None:
    speaking.cache.mkdir()
    speaking.cache.chmod(mode)
    speaking.run()
    assert stat.S_IMODE(speaking.cache.stat().st_mode) == mode
    assert tag.found(speaking.cache)
    assert len(speaking.clips) == 2


def test_stamps_may_be_there_before_the_cache(speaking: Narrate, tmp_path: Path) -> None:
    other = tmp_path / "other"
    speaking.run("--cache-dir", other)
    assert [path.name for path in speaking.cache.iterdir()] == [tag.STAMPS]
    shutil.rmtree(speaking.folder / "build")
    assert speaking.run()["spoken"] == 2
    assert tag.found(speaking.cache)


def test_a_writer_that_died_before_the_tag_leaves_a_folder_that_can_be_used(tmp_path: Path) -> None:
    (tmp_path / TEMP).write_bytes(b"Signature")
    Store(tmp_path).put(request().canonical(), noise(500), 24_000, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [tag.NAME, "tmp", "v1"]


def test_no_claim_comes_before_the_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full may still have room for an empty file, and no later run would know the
    folder.
    """

    def fail(root: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tag, "put", fail)
    assert Store(tmp_path).claim(request().canonical())
    assert list(tmp_path.iterdir()) == []


def test_the_cache_itself_may_be_reached_by_a_link(speaking: Narrate, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    speaking.cache.symlink_to(disk)
    speaking.run()
    assert tag.found(disk)
    assert speaking("cache", "clear").out.startswith("2 removed, ")


MAKE = """
import sys
from pathlib import Path
from narrate.cache import Store
from narrate.errors import EnvironmentProblem
for line in sys.stdin:
    try:
        with Store(Path(line.strip()), print) as store:
            store.hold()
            store.claim(b'{"text":1}')
            store.put(b'{"text":%d}' % int(sys.argv[1]), bytes(1000), 24000, {})
        print("stored", flush=True)
    except EnvironmentProblem as problem:
        print(problem, flush=True)
"""


def test_many_processes_make_one_cache_at_once(tmp_path: Path) -> None:
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(n)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for number in range(60):
        root = tmp_path / f"{number}"
        if number % 2:
            root.mkdir()
        for maker in makers:
            assert maker.stdin is not None
            maker.stdin.write(f"{root}\n")
            maker.stdin.flush()
        for maker in makers:
            assert maker.stdout is not None
            assert maker.stdout.readline() == "stored\n"
        assert Store(root).verify() == (4, 0)
        names = {path.name for path in root.iterdir()}
        assert names <= tag.NAMES, names
    for maker in makers:
        maker.communicate()


# Links in a cache


@pytest.mark.parametrize("name", ["tmp", "runs", "quarantine", "uses", "stamps", "v1", "v1/ab"])
def test_a_link_in_a_cache_leads_nowhere(speaking: Narrate, tmp_path: Path, name: str) -> None:
    speaking.cache.mkdir()
    tag.put(speaking.cache)
    elsewhere = tmp_path / "elsewhere"
    # Below the target lie the names that would lie below the link.
    before = fill(
        elsewhere,
        {path.removeprefix(f"{name}/") for path in SWEPT | FOREIGN if path.startswith(f"{name}/")},
    )
    times = {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")}
    link = speaking.cache / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    for command in (COMMANDS[0], ("cache", "clear"), ("cache", "import", "clips.zip")):
        ran = speaking(*command)
        assert ran.code == 6, (command, ran.err)
        assert f"{link}: this part of the cache is a link" in ran.err
        assert "\n  next: remove the link" in ran.err
    assert contents(elsewhere) == before
    assert {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")} == times


def test_a_link_to_claims_makes_no_file_elsewhere(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    store.put(request().canonical(), noise(500), 24_000, {})
    (store.root / "claims").symlink_to(tmp_path / "made")
    assert store.claim(request("Another one.").canonical())
    assert not (tmp_path / "made").exists()


# Names in a cache


def test_files_of_others_in_a_cache_stay(speaking: Narrate) -> None:
    speaking.run()
    fill(speaking.cache, SWEPT)
    before = fill(speaking.cache, FOREIGN)
    for path in speaking.cache.rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)
    shutil.rmtree(speaking.folder / "build")
    for command in (*COMMANDS, ("cache", "clear")):
        speaking(*command)
    after = contents(speaking.cache)
    assert {name: after.get(name) for name in FOREIGN} == {name: before[name] for name in FOREIGN}
    assert after.keys().isdisjoint(SWEPT)


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_has_a_name_of_ours_and_is_no_file_is_left_alone(
    speaking: Narrate, tmp_path: Path, kind: str
) -> None:
    speaking.run()
    precious = tmp_path / "precious"
    precious.write_text("precious")
    os.utime(precious, (0, 0))
    places = [speaking.cache / name for name in SWEPT]
    for place in places:
        place.parent.mkdir(exist_ok=True)
        if kind == "link":
            place.symlink_to(precious)
        elif kind == "fifo":
            os.mkfifo(place)
        else:
            place.mkdir()
    for command in (
        ("cache", "verify"),
        ("cache", "stats"),
        ("cache", "ls"),
        ("cache", "clear"),
        ("cache", "prune"),
    ):
        ran = speaking(*command)
        assert ran.code == 0, (command, ran.err)
    # A stamp that is a link is not read as one; only the link itself is removed.
    assert [place for place in places if not os.path.lexists(place)] == [
        place for place in places if place.parent.name == tag.STAMPS and kind != "folder"
    ]
    assert (precious.read_text(), precious.stat().st_mtime) == ("precious", 0)


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_an_entry_that_is_no_file_is_a_miss(tmp_path: Path, kind: str) -> None:
    form, precious = request().canonical(), tmp_path / "precious"
    with Store(tmp_path / "cache") as store:
        place = store.put(form, noise(500), 24_000, {}).path
        place.rename(precious)
        place.symlink_to(precious) if kind == "link" else os.mkfifo(place)
        before = precious.read_bytes()
        assert store.find(form) is None
        assert bytes(store.read(store.put(form, noise(500, 1), 24_000, {}))) == noise(500, 1)
        assert precious.read_bytes() == before


# Who sweeps


def test_only_what_writes_sweeps(speaking: Narrate) -> None:
    speaking.run()
    shutil.rmtree(speaking.folder / "build")
    left = speaking.cache / "tmp" / TEMP
    left.write_bytes(b"half")
    for command in (
        ("run", "script.json", "--frozen"),
        ("plan", "script.json"),
        ("why", "script.json"),
        ("cache", "verify"),
        ("run", "script.json", "--force", "no-such-id"),
    ):
        speaking(*command)
        assert left.exists(), command
    speaking.write("script.json", lines("A third line."))
    speaking.run()
    assert not left.exists()


def test_names_of_ours_are_those_that_we_give(tmp_path: Path) -> None:
    temp, fd = durable.open_temp(tmp_path)
    os.close(fd)
    assert durable.TEMP.fullmatch(temp.name)
    assert [each.name for each in durable.files(tmp_path, durable.TEMP)] == [temp.name]
