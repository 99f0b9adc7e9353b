"""Refused attempts can be listened to, are never used, and go first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from narrate.cache import Store
from narrate.store import refused
from support.plans import noise, request

FORM = request().canonical()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def refuse(store: Store, attempt: int, form: bytes = FORM) -> Path:
    clip = store.refuse(form, noise(500, attempt), 24_000, {"attempt": attempt}, attempt)
    assert clip
    return clip.path


def test_they_are_listed_in_order_and_never_found(store: Store) -> None:
    paths = [refuse(store, attempt) for attempt in (2, 10, 1)]
    refuse(store, 1, request("Another.").canonical())
    found = store.refused(FORM)
    assert [clip.path for clip in found] == [paths[2], paths[0], paths[1]]
    assert bytes(store.read(found[0])) == noise(500, 1)
    assert store.find(FORM) is None
    assert not list(store.entries())
    assert store.verify() == (0, 0)


def test_the_same_attempt_is_kept_once(store: Store) -> None:
    refuse(store, 1)
    path = refuse(store, 1)
    assert [clip.path for clip in store.refused(FORM)] == [path]
    assert not list((store.root / "tmp").iterdir())


def test_a_prune_removes_them_before_any_clip(store: Store) -> None:
    clip = store.put(FORM, noise(500), 24_000, {})
    os.utime(clip.path, (0, 0))
    first, second = refuse(store, 1), refuse(store, 2)
    os.utime(first, (1000, 1000))
    size = clip.path.stat().st_size + second.stat().st_size
    store.prune(size)
    assert [each.exists() for each in (first, second, clip.path)] == [False, True, True]
    store.prune(size - 1)
    assert [each.exists() for each in (second, clip.path)] == [False, True]


def test_together_they_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    size = refuse(store, 1).stat().st_size
    monkeypatch.setattr(refused, "MOST_BYTES", 3 * size + 50)
    for attempt in range(1, 7):
        os.utime(refuse(store, attempt), (attempt, attempt))
    assert [clip.path.name.split(".")[1] for clip in store.refused(FORM)] == ["4", "5", "6"]


def test_a_damaged_one_is_not_listed(store: Store) -> None:
    refuse(store, 1).write_bytes(b"RIFF")
    assert store.refused(FORM) == []


def test_a_cache_that_cannot_be_written_keeps_none(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    (tmp_path / "folder").mkdir()
    store = Store(tmp_path / "folder" / "cache")
    (tmp_path / "folder" / "cache").write_text("a file")
    assert store.refuse(FORM, noise(500), 24_000, {}, 1) is None
    assert store.refused(FORM) == []
