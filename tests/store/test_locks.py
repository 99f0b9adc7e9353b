"""Clips that a lock names are never pruned, as long as the lock is there."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from narrate.cache import Store
from narrate.store import locks
from narrate.store.entry import Clip
from support.plans import noise, request

OLD = time.time() - 100 * 86_400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder / "narrate.lock"


def put(store: Store, text: str) -> Clip:
    clip = store.put(request(text).canonical(), noise(500), 24_000, {})
    os.utime(clip.path, (OLD, OLD))
    return clip


def remember(store: Store, lock: Path, *clips: Clip) -> None:
    lock.write_text("".join(f'clip = "{clip.key}"\n' for clip in clips))
    locks.remember(store.root, lock)


def age(store: Store, seconds: float) -> None:
    for path in (store.root / locks.FOLDER).iterdir():
        os.utime(path, (time.time() - seconds,) * 2)


def test_an_approved_clip_outlives_every_prune(store: Store, lock: Path) -> None:
    kept, gone = put(store, "One."), put(store, "Two.")
    remember(store, lock, kept)
    assert store.approved() == 1
    assert store.prune(0, older_than=0)[0] == 1
    assert (kept.path.exists(), gone.path.exists()) == (True, False)


def test_it_does_not_count_to_the_size_of_the_cache(store: Store, lock: Path) -> None:
    kept, other = put(store, "One."), put(store, "Two.")
    remember(store, lock, kept)
    store.trim(other.path.stat().st_size)
    assert other.path.exists()
    store.trim(other.path.stat().st_size - 1)
    assert (kept.path.exists(), other.path.exists()) == (True, False)


def test_a_lock_counts_as_it_is_now(store: Store, lock: Path) -> None:
    """As after a checkout of another branch."""
    first, second = put(store, "One."), put(store, "Two.")
    remember(store, lock, first)
    lock.write_text(f'clip = "{second.key}"')
    store.prune(0)
    assert (first.path.exists(), second.path.exists()) == (False, True)


def test_a_lock_that_was_removed_is_forgotten(store: Store, lock: Path) -> None:
    clip = put(store, "One.")
    remember(store, lock, clip)
    lock.unlink()
    store.prune(0)
    assert not clip.path.exists()
    assert not list((store.root / locks.FOLDER).iterdir())


def test_the_lock_of_a_disk_that_is_unplugged_counts_for_a_while(store: Store, lock: Path) -> None:
    clip = put(store, "One.")
    remember(store, lock, clip)
    shutil.rmtree(lock.parent)
    age(store, locks.SECONDS - 3600)
    store.prune(0)
    assert clip.path.exists()
    age(store, locks.SECONDS + 3600)
    store.prune(0)
    assert not clip.path.exists()


def test_a_lock_that_is_used_is_remembered_as_of_now(store: Store, lock: Path) -> None:
    remember(store, lock, put(store, "One."))
    [place] = (store.root / locks.FOLDER).iterdir()
    before = place.stat().st_ino
    locks.remember(store.root, lock)
    assert place.stat().st_ino == before
    age(store, locks.RENEWED + 60)
    locks.remember(store.root, lock)
    assert place.stat().st_mtime > time.time() - 60


def test_without_a_cache_or_a_lock_nothing_is_remembered(tmp_path: Path, lock: Path) -> None:
    locks.remember(tmp_path / "cache", lock)
    assert not (tmp_path / "cache").exists()
    store = Store(tmp_path / "cache")
    put(store, "One.")
    locks.remember(store.root, lock)
    assert not (store.root / locks.FOLDER).exists()


def test_what_is_not_of_ours_is_left_alone(store: Store, lock: Path, tmp_path: Path) -> None:
    remember(store, lock, put(store, "One."))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    (store.root / locks.FOLDER / "thesis.tex").write_text("precious")
    (store.root / locks.FOLDER / ("0" * 16)).symlink_to(elsewhere)
    store.prune(0)
    assert sorted(path.name for path in (store.root / locks.FOLDER).iterdir())[0] == "0" * 16
    assert (store.root / locks.FOLDER / "thesis.tex").exists()
    assert elsewhere.exists()
