"""The store: what it says is stored is stored, and what it hands out is what was asked for."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from narrate.cache import TOUCH_SECONDS, Gone, Store
from narrate.errors import EnvironmentProblem
from narrate.request import key
from narrate.store import entry
from narrate.store.entry import Clip
from support.plans import noise, request

FORM = request().canonical()
OTHER = request("Something else.").canonical()
DEAD = "1-00000000dead"
"""A name that `durable.open_temp` may have given."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def store(root: Path) -> Store:
    return Store(root)


def put(
    store: Store, form: bytes = FORM, samples: int = 500, seed: int = 0, **options: Any
) -> Clip:
    return store.put(form, noise(samples, seed), 24_000, {"seed": seed}, **options)


def place(root: Path, form: bytes = FORM) -> Path:
    name = key(form)
    return root / "v1" / name[:2] / f"{name}.wav"


def damage(path: Path) -> None:
    """Change one bit of a sample, which only the checksum can tell."""
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def temps(root: Path) -> list[Path]:
    return list((root / "tmp").iterdir())


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own, which runs a program and is talked to over pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


# Storing and finding


def test_what_is_put_is_found_and_read(store: Store, root: Path) -> None:
    assert store.find(FORM) is None
    clip = put(store)
    assert clip == Store(root).find(FORM)
    assert bytes(store.read(clip)) == noise(500)
    assert (clip.canonical, clip.rate, clip.samples) == (FORM, 24_000, 500)
    assert json.loads(clip.origin) == {"seed": 0}
    assert clip.path == place(root)
    assert (store.find(OTHER), temps(root), store.quarantined) == (None, [], 0)


def test_the_directory_is_private_and_marked_as_a_cache(store: Store, root: Path) -> None:
    put(store)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE(place(root).stat().st_mode) == 0o600
    assert (
        (root / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    )


def test_looking_makes_no_directory(store: Store, root: Path) -> None:
    assert (store.find(FORM), list(store.entries()), store.sizes()) == (None, [], [])
    assert (store.verify(), store.prune(0)) == ((0, 0), (0, 0))
    assert not root.exists()


def test_the_first_take_wins(store: Store, root: Path) -> None:
    first = put(store, seed=1)
    assert put(Store(root), seed=2) == first
    assert bytes(store.read(first)) == noise(500, 1)


def test_replacing_is_asked_for_and_makes_older_clips_go(store: Store, root: Path) -> None:
    first = put(store, seed=1)
    second = put(store, seed=2, replace=True)
    assert store.find(FORM) == second
    assert bytes(store.read(second)) == noise(500, 2)
    with pytest.raises(Gone, match="was replaced"):
        store.read(first)
    assert (store.quarantined, temps(root)) == (0, [])


def test_a_clip_that_was_removed_is_gone(store: Store) -> None:
    clip = put(store)
    clip.path.unlink()
    with pytest.raises(Gone, match="No such file"):
        store.read(clip)
    assert store.find(FORM) is None


def test_entries_come_in_the_order_of_their_keys(store: Store) -> None:
    forms = [request(f"Sentence {i}.").canonical() for i in range(20)]
    for form in forms:
        put(store, form)
    assert [clip.canonical for clip in store.entries()] == sorted(forms, key=key)


# Damage


def test_a_damaged_sample_is_noticed_on_reading(root: Path) -> None:
    said: list[str] = []
    store = Store(root, said.append)
    clip = put(store)
    damage(clip.path)
    with pytest.raises(Gone, match="checksum"):
        store.read(clip)
    assert (store.quarantined, len(said), clip.path.exists()) == (1, 1, False)
    assert str(clip.path) in said[0]
    assert [path.name.partition(".")[0] for path in (root / "quarantine").iterdir()] == [clip.key]
    assert store.find(FORM) is None
    assert bytes(store.read(put(store, seed=2))) == noise(500, 2)


def test_a_cut_entry_is_a_miss_and_set_aside(root: Path) -> None:
    said: list[str] = []
    store = Store(root, said.append)
    put(store)
    os.truncate(place(root), 600)
    assert store.find(FORM) is None
    assert (store.quarantined, len(said), place(root).exists()) == (1, 1, False)


def test_a_damaged_entry_is_replaced_by_what_is_put(store: Store, root: Path) -> None:
    put(store, seed=1)
    damage(place(root))
    assert bytes(store.read(put(Store(root), seed=2))) == noise(500, 2)


def test_a_file_under_the_name_of_another_request_is_a_miss(store: Store, root: Path) -> None:
    put(store)
    place(root, OTHER).parent.mkdir()
    place(root).rename(place(root, OTHER))
    assert store.find(OTHER) is None
    assert (store.quarantined, place(root, OTHER).exists()) == (0, True)


def test_a_file_under_the_name_of_another_request_gives_way_to_it(store: Store, root: Path) -> None:
    put(store)
    place(root, OTHER).parent.mkdir()
    place(root).rename(place(root, OTHER))
    assert bytes(store.read(put(store, OTHER, seed=2))) == noise(500, 2)
    assert store.find(OTHER) is not None


def test_verify_sets_aside_what_is_damaged_or_misfiled(store: Store, root: Path) -> None:
    forms = [request(f"Sentence {i}.").canonical() for i in range(4)]
    for form in forms:
        put(store, form)
    damage(place(root, forms[0]))
    place(root, OTHER).parent.mkdir(exist_ok=True)
    place(root, forms[1]).rename(place(root, OTHER))
    assert store.verify() == (2, 2)
    assert store.quarantined == len(list((root / "quarantine").iterdir())) == 2
    assert store.verify() == (2, 0)


# Writers that died, and writers that live


def test_what_a_dead_writer_left_is_swept_and_what_a_live_one_writes_is_kept(
    store: Store, root: Path
) -> None:
    put(store, OTHER)
    dead, live = root / "tmp" / DEAD, root / "tmp" / "1-00000000a11e"
    dead.write_bytes(b"half")
    holder = python(
        """
        import fcntl, os, sys
        fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
        fcntl.flock(fd, fcntl.LOCK_EX)
        print("locked", flush=True)
        sys.stdin.read()
        """,
        live,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        put(Store(root))
        assert temps(root) == [live]
        holder.kill()
    put(Store(root), request("Once more.").canonical())
    assert temps(root) == []


def test_a_store_sweeps_only_once(store: Store, root: Path) -> None:
    put(store)
    (root / "tmp" / DEAD).write_bytes(b"half")
    put(store, OTHER)
    assert len(temps(root)) == 1


def test_a_writer_keeps_its_file_locked_until_it_has_its_name(store: Store, root: Path) -> None:
    """A sweep takes a file away as soon as it gets its lock: hold a writer right before it gives
    the name.
    """
    put(store, OTHER)
    writer = python(
        """
        import os, sys
        from pathlib import Path
        from narrate import cache
        link = os.link
        def wait(*arguments):
            print("written", flush=True)
            sys.stdin.readline()
            link(*arguments)
        os.link = wait
        cache.Store(Path(sys.argv[1])).put(bytes.fromhex(sys.argv[2]), bytes(1000), 24000, {})
        """,
        root,
        FORM.hex(),
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        put(Store(root), request("Once more.").canonical())
        writer.communicate("go\n")
    assert writer.returncode == 0
    assert bytes(store.read(put(store))) == bytes(1000)


def test_many_processes_put_the_same_clips_at_once(root: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from narrate.cache import Store
        store = Store(Path(sys.argv[1]), lambda message: sys.exit(message))
        print("ready", flush=True)
        sys.stdin.readline()
        for i in range(20):
            clip = store.put(b'{"text":%d}' % i, bytes([int(sys.argv[2])]) * 2000, 24000, {})
            print(clip.digest, store.read(clip)[0])
    """
    writers = [python(program, root, number) for number in range(8)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    answers = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8
    assert len(set(answers)) == 1
    assert len(answers[0].splitlines()) == 20
    assert (Store(root).verify(), temps(root)) == ((20, 0), [])
    assert not (root / "quarantine").exists()


def test_a_put_is_synced_before_it_has_its_name_and_its_folder_after(
    root: Path, tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "log"
    program = "import sys; from pathlib import Path; from narrate.cache import Store; "
    program += "Store(Path(sys.argv[1])).put(b'{}', bytes(1000), 24000, {})"
    calls = "trace=write,fsync,link,linkat,rename,renameat,renameat2"
    traced = subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-s",
            "0",
            "-e",
            calls,
            "-o",
            log,
            sys.executable,
            "-c",
            program,
            root,
        ],
        capture_output=True,
        text=True,
    )
    if "ptrace" in traced.stderr:
        pytest.skip(f"strace may not trace here: {traced.stderr.strip()}")
    assert traced.returncode == 0, traced.stderr
    steps = {
        "write": rf"write\(\d+<{root}/tmp/",
        "sync": rf"fsync\(\d+<{root}/tmp/",
        "link": rf'link(?:at)?\(.*"{root}/tmp/',
        "sync folder": rf"fsync\(\d+<{root}/v1/..>",
    }
    done = [
        name
        for call in log.read_text().splitlines()
        for name, step in steps.items()
        if re.search(step, call)
    ]
    assert done == list(steps)


# A directory that cannot be written


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder unwritable, even for root."""
    if os.geteuid():
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for each in folders:
            each.chmod(0o500)
        yield
        for each in folders:
            each.chmod(0o700)
        return
    mount("--bind", str(folder), folder)
    try:
        mount("-o", "remount,ro,bind", folder)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of one megabyte at a folder."""
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def mount(*arguments: str | Path) -> None:
    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")


def test_a_run_goes_on_without_a_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    said: list[str] = []
    with Store(tmp_path / "file" / "cache", said.append) as store:
        clips = [put(store, form) for form in (FORM, OTHER)]
        assert [bytes(store.read(clip)) for clip in clips] == [noise(500)] * 2
        assert [store.find(form) for form in (FORM, OTHER)] == clips
        scratch = clips[0].path.parents[2]
    assert len(said) == 1
    assert "Not a directory" in said[0]
    assert not scratch.exists()


def test_a_read_only_directory_still_serves_its_hits(root: Path) -> None:
    held = put(Store(root), seed=1)
    said: list[str] = []
    with read_only(root), Store(root, said.append) as store:
        assert store.find(FORM) == held
        assert put(store, FORM, seed=2) == held
        assert said == []
        assert bytes(store.read(put(store, OTHER, seed=3))) == noise(500, 3)
        assert put(store, request("A third one.").canonical()).samples == 500
        assert bytes(store.read(held)) == noise(500, 1)
        assert len(said) == 1
        assert str(root) in said[0]


def test_what_replaces_a_clip_of_a_read_only_directory_is_used(root: Path) -> None:
    held = put(Store(root), seed=1)
    with read_only(root), Store(root) as store:
        clip = put(store, seed=2, replace=True)
        assert bytes(store.read(clip)) == noise(500, 2)
        assert store.find(FORM) == clip
    assert Store(root).find(FORM) == held


def test_a_damaged_entry_of_a_read_only_directory_is_a_miss(root: Path) -> None:
    put(Store(root), seed=1)
    damage(place(root))
    with read_only(root), Store(root) as store:
        clip = put(store, seed=2)
        assert bytes(store.read(clip)) == noise(500, 2)


def test_a_full_disk_ends_the_run_and_keeps_what_was_finished(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk):
        root = disk / "cache"
        said: list[str] = []
        store = Store(root, said.append)
        finished: list[tuple[bytes, Clip]] = []

        def fill() -> None:
            for number in range(20):
                form = request(f"Sentence {number}.").canonical()
                finished.append((form, put(store, form, 50_000, number)))

        with pytest.raises(EnvironmentProblem) as problem:
            fill()
        assert len(finished) > 5
        assert problem.value.exit_code == 6
        assert str(root) in str(problem.value)
        assert re.search(r"100,\d\d\d bytes", str(problem.value))
        assert os.strerror(errno.ENOSPC) in str(problem.value)
        assert (temps(root), said) == ([], [])
        assert Store(root).verify() == (len(finished), 0)
        for number, (form, clip) in enumerate(finished):
            assert Store(root).find(form) == clip
            assert bytes(store.read(clip)) == noise(50_000, number)


# Use and size


def aged(store: Store, number: int, hours: float) -> Clip:
    clip = put(store, request(f"Sentence {number}.").canonical())
    before = clip.path.stat().st_mtime - hours * 3600
    os.utime(clip.path, (before, before))
    return clip


def test_prune_removes_the_longest_unused_first_and_no_more_than_it_must(store: Store) -> None:
    hours = [3, 9, 1, 7, 5]
    clips = [aged(store, number, age) for number, age in enumerate(hours)]
    by_age = [clip for _, clip in sorted(zip(hours, clips, strict=True), key=lambda pair: -pair[0])]
    sizes = [clip.path.stat().st_size for clip in by_age]
    assert [path for _, _, path in store.sizes()] == [clip.path for clip in by_age]
    assert store.prune(sum(sizes)) == (0, 0)
    assert store.prune(sum(sizes[2:])) == (2, sum(sizes[:2]))
    assert [clip.path.exists() for clip in by_age] == [False, False, True, True, True]
    assert store.prune(sum(sizes[2:]) - 1) == (1, sizes[2])
    assert store.prune(0) == (2, sum(sizes[3:]))
    assert list(store.entries()) == []


def test_a_hit_renews_the_time_of_use_at_most_hourly(store: Store) -> None:
    for hours, renewed in ((0.5, False), (2, True)):
        clip = aged(store, 0, hours)
        before = clip.path.stat().st_mtime_ns
        assert store.find(clip.canonical) == clip
        assert (clip.path.stat().st_mtime_ns > before) == renewed


def test_prune_removes_what_was_not_used_for_so_long(store: Store) -> None:
    for age in (10, 20, 30):
        clip = put(store, request(f"Number {age}.").canonical())
        os.utime(clip.path, (0, time.time() - age * 86_400))
    assert store.prune(older_than=25 * 86_400)[0] == 1
    assert store.prune(older_than=15 * 86_400, max_bytes=10**9)[0] == 1
    assert store.prune(older_than=5 * 86_400, max_bytes=0)[0] == 1


def test_what_a_living_run_may_use_is_pruned_by_nobody_and_waited_for_by_nobody(
    store: Store, root: Path
) -> None:
    before, after = put(store), None
    os.utime(before.path, (0, time.time() - 2 * TOUCH_SECONDS))
    with Store(root) as run:
        run.hold()
        assert run.find(OTHER) is None
        after = put(run, OTHER)
        assert store.prune(0)[0] == 1
        assert (store.find(FORM), store.find(OTHER)) == (None, after)
        assert len(list((root / "runs").iterdir())) == 1
    assert list((root / "runs").iterdir()) == []
    assert store.prune(0)[0] == 1


def test_a_hit_whose_time_was_not_renewed_is_held_too(store: Store, root: Path) -> None:
    clip = put(store)
    os.utime(clip.path, (0, time.time() - TOUCH_SECONDS / 2))
    with Store(root) as run:
        run.hold()
        assert run.find(FORM) == clip
        assert store.prune(0) == (0, 0)


def test_a_dead_run_holds_nothing(store: Store, root: Path) -> None:
    put(store)
    program = "import os, sys; from pathlib import Path; from narrate.cache import Store; "
    program += "Store(Path(sys.argv[1])).hold(); os._exit(9)"
    with python(program, root) as dead:
        assert dead.wait() == 9
    assert len(list((root / "runs").iterdir())) == 1
    assert store.prune(0)[0] == 1
    assert list((root / "runs").iterdir()) == []


def test_trim_leaves_a_margin_and_what_is_in_use(store: Store, root: Path) -> None:
    for number in range(10):
        clip = put(store, request(f"Number {number}.").canonical())
        os.utime(clip.path, (0, time.time() - 10 * TOUCH_SECONDS + number))
    total = sum(size for _, size, _ in store.sizes())
    store.trim(total)
    assert len(store.sizes()) == 10
    store.trim(total - 1)
    assert len(store.sizes()) == 8
    assert store.find(request("Number 0.").canonical()) is None
    with Store(root) as run:
        run.hold()
        kept = put(run)
        run.trim(0)
        assert [path for _, _, path in run.sizes()] == [kept.path]


# Claims


CLAIM = """
import sys
from pathlib import Path
from narrate.cache import Store
store = Store(Path(sys.argv[1]))
print(store.claim(bytes.fromhex(sys.argv[2])), flush=True)
sys.stdin.readline()
"""


def test_a_claim_keeps_other_processes_off_until_it_is_released(store: Store, root: Path) -> None:
    assert store.claim(FORM)
    assert store.claim(FORM)
    assert claimed_elsewhere(root, FORM) == "False\n"
    assert claimed_elsewhere(root, OTHER) == "True\n"
    store.release(FORM)
    store.release(OTHER)
    assert claimed_elsewhere(root, FORM) == "True\n"


def claimed_elsewhere(root: Path, form: bytes) -> str:
    with python(CLAIM, root, form.hex()) as other:
        return other.communicate("end\n")[0]


def test_a_claim_dies_with_its_holder(store: Store, root: Path) -> None:
    with python(CLAIM, root, FORM.hex()) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not store.claim(FORM)
        other.kill()
    assert store.claim(FORM)


def test_a_claim_ends_with_its_store(store: Store, root: Path) -> None:
    with Store(root) as run:
        assert run.claim(FORM)
    assert claimed_elsewhere(root, FORM) == "True\n"


def test_where_there_can_be_no_claims_everybody_may(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    assert store.claim(FORM)
    store.release(FORM)


def test_an_entry_is_the_same_file_that_entry_composes(store: Store) -> None:
    clip = put(store)
    assert clip.path.read_bytes() == entry.compose(FORM, noise(500), 24_000, {"seed": 0})
