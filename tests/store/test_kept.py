"""What is kept of readings lies in the cache, and neither fails a run nor outlives its use."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from narrate.cache import Store
from narrate.store import kept, tag

SCRIPT = Path("/somewhere/script.json")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    path = tmp_path / "cache"
    path.mkdir()
    tag.put(path)
    (path / "tmp").mkdir()
    return path


def test_each_script_has_its_own(cache: Path) -> None:
    other = SCRIPT.with_name("other.json")
    kept.keep(cache, SCRIPT, b"one")
    kept.keep(cache, other, b"two")
    kept.keep(cache, SCRIPT, b"three")
    assert kept.recall(cache, SCRIPT) == b"three"
    assert kept.recall(cache, other) == b"two"
    assert kept.recall(cache, SCRIPT.with_name("third.json")) == b""
    assert not list((cache / "tmp").iterdir())


def test_only_a_cache_of_ours_gets_any(tmp_path: Path) -> None:
    kept.keep(tmp_path, SCRIPT, b"one")
    assert not list(tmp_path.iterdir())


def test_no_link_is_followed(cache: Path, tmp_path: Path) -> None:
    kept.keep(cache, SCRIPT, b"one")
    [place] = (cache / "readings").iterdir()
    outside = tmp_path / "outside"
    place.replace(outside)
    place.symlink_to(outside)
    assert kept.recall(cache, SCRIPT) == b""
    kept.keep(cache, SCRIPT, b"two")
    assert outside.read_bytes() == b"one"
    assert kept.recall(cache, SCRIPT) == b"two"


def test_what_is_old_goes_when_something_is_kept(cache: Path) -> None:
    kept.keep(cache, SCRIPT, b"one")
    [place] = (cache / "readings").iterdir()
    other = SCRIPT.with_name("other.json")
    for age, left in ((kept.SECONDS - 60, b"one"), (kept.SECONDS + 60, b"")):
        then = time.time() - age
        os.utime(place, (then, then))
        kept.keep(cache, other, b"two")
        assert kept.recall(cache, SCRIPT) == left


def test_a_prune_removes_them_and_leaves_the_files_of_others(cache: Path) -> None:
    kept.keep(cache, SCRIPT, b"one")
    (cache / "readings" / "poems.txt").write_text("Rows meet columns.")
    with Store(cache) as store:
        store.prune(1 << 30)
    assert [path.name for path in (cache / "readings").iterdir()] == ["poems.txt"]
