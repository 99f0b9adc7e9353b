"""Folders of a cache, of the outputs and for temporary files that lie on different disks: told, and nothing lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from injection import clips, mounted, temps

from conftest import Narrate, contents, lines

TMPFS = ("-t", "tmpfs", "-o", "size=16m", "tmpfs")


@pytest.fixture
def narrated(tone: Narrate) -> Narrate:
    """A narration of two lines, and a script with one more."""
    tone.write("script.json", lines("One.", "Two."))
    tone.run()
    assert tone("cache", "export", "clips.zip").code == 0
    tone.write("script.json", lines("One.", "Two.", "Three."))
    return tone


@pytest.mark.parametrize("part", ["tmp", "v1", "v1/{shard}"])
def test_a_cache_on_two_disks_keeps_what_it_has_and_the_run_succeeds(
    narrated: Narrate, tmp_path: Path, part: str
) -> None:
    held = clips(narrated.cache)
    shutil.copytree(narrated.cache, tmp_path / "copy")
    ran = narrated("run", "script.json", "-o", "expected", "--cache-dir", tmp_path / "copy")
    assert ran.code == 0, ran.err
    (new,) = clips(tmp_path / "copy").keys() - held.keys()
    with mounted(*TMPFS, narrated.cache / part.format(shard=new[:2])) as disk:
        ran = narrated("run", "script.json")
        assert ran.code == 0, ran.err
        assert f"the cache {narrated.cache} cannot be written (Invalid cross-device link)" in ran.err
        assert narrated.outputs() == contents(narrated.folder / "expected", without="run.json")
        assert (temps(narrated.cache), contents(disk)) == ([], {})
        if part != "v1":
            ran = narrated("cache", "import", "clips.zip", "--cache-dir", narrated.cache)
            assert ran.code == 0, ran.err
    assert clips(narrated.cache) == held
    assert narrated("run", "script.json", "-o", "again").code == 0
    assert clips(narrated.cache).keys() == held.keys() | {new}


def test_nothing_is_imported_into_a_cache_on_two_disks(narrated: Narrate) -> None:
    with mounted(*TMPFS, narrated.cache / "v1") as disk:
        ran = narrated("cache", "import", "clips.zip")
        assert (ran.code, contents(disk)) == (6, {})
        assert f"{narrated.cache}: the cache cannot be written, so nothing can be taken in" in ran.err


def test_a_damaged_entry_is_set_aside_or_removed_where_the_quarantine_is_another_disk(narrated: Narrate) -> None:
    damaged = narrated.clips[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    with mounted(*TMPFS, narrated.cache / "quarantine"):
        assert narrated("cache", "verify").code == 4
        assert not damaged.exists()
        assert narrated.run()["spoken"] == 2


def test_temporary_files_may_lie_on_another_disk(narrated: Narrate, tmp_path: Path) -> None:
    """Clips that a cache cannot take go there, and are read from there."""
    (tmp_path / "file").write_bytes(b"")
    with mounted(*TMPFS, tmp_path / "temporary") as disk:
        ran = narrated("run", "script.json", "--cache-dir", tmp_path / "file" / "cache", env={"TMPDIR": str(disk)})
        assert ran.code == 0, ran.err
        assert "this run stores nothing" in ran.err
        assert contents(disk) == {}
    outputs = narrated.outputs()
    assert narrated("run", "script.json", "-o", "again").code == 0
    assert contents(narrated.folder / "again", without="run.json") == outputs


@pytest.mark.parametrize("part", [".narrate", "segments"])
def test_an_output_folder_on_two_disks_is_told(narrated: Narrate, part: str) -> None:
    shutil.rmtree(narrated.out)
    with mounted(*TMPFS, narrated.out / part):
        ran = narrated("run", "script.json")
        assert ran.code == 6
        assert f"{narrated.out}" in ran.err
        assert "cannot be written (Invalid cross-device link)" in ran.err
        assert "\n  next: every finished clip is in the cache; choose another folder with -o DIR" in ran.err
    assert narrated.run()["spoken"] == 0
