"""Folders of a cache, of the outputs and for temporary files that lie on different disks: told, and
nothing lost.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.harness import tool
from support.injection import clips, mounted, temps
from support.project import Narrate, contents, lines

TMPFS = ("-t", "tmpfs", "-o", "size=16m", "tmpfs")


@contextmanager
def indifferent_disk(folder: Path) -> Iterator[Path]:
    """A disk that does not tell upper from lower case, and has no links and no modes
    either: exFAT.
    """
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run([tool("mkfs.exfat"), image], check=True, capture_output=True)
    with mounted("-t", "exfat-fuse", "-o", "loop", image, folder):
        yield folder


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
        assert (
            f"the cache {narrated.cache} cannot be written (Invalid cross-device link)" in ran.err
        )
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
        assert (
            f"{narrated.cache}: the cache cannot be written, so nothing can be imported" in ran.err
        )


def test_a_damaged_entry_is_set_aside_or_removed_where_the_quarantine_is_another_disk(
    narrated: Narrate,
) -> None:
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
        ran = narrated(
            "run",
            "script.json",
            "--cache-dir",
            tmp_path / "file" / "cache",
            env={"TMPDIR": str(disk)},
        )
        assert ran.code == 0, ran.err
        assert "this run stores nothing" in ran.err
        assert contents(disk) == {}
    outputs = narrated.outputs()
    assert narrated("run", "script.json", "-o", "again").code == 0
    assert contents(narrated.folder / "again", without="run.json") == outputs


def test_an_output_folder_on_two_disks_is_told(narrated: Narrate) -> None:
    shutil.rmtree(narrated.out)
    with mounted(*TMPFS, narrated.out / "segments"):
        ran = narrated("run", "script.json")
        assert ran.code == 6
        assert f"{narrated.out}" in ran.err
        assert "cannot be written (Invalid cross-device link)" in ran.err
        assert (
            "\n  next: finished clips are kept in the cache; choose another folder with -o DIR"
            in ran.err
        )
    assert narrated.run()["spoken"] == 0


# A disk that does not tell upper from lower case


def test_a_cache_and_outputs_on_an_indifferent_disk(tone: Narrate, tmp_path: Path) -> None:
    tone.write("script.json", lines("One.", "Two."))
    tone.run()
    outputs = tone.outputs()
    with indifferent_disk(tmp_path / "disk") as disk:
        cache, out = disk / "cache", disk / "out"
        for spoken in (2, 0):
            assert tone.run("-o", out, "--cache-dir", cache)["spoken"] == spoken
        assert contents(out, without="run.json") == outputs
        assert clips(cache) == clips(tone.cache)
        assert tone("cache", "verify", "--cache-dir", cache).code == 0
        # The same cache by another spelling.
        assert tone.run("-o", out, "--cache-dir", disk / "CACHE")["spoken"] == 0
        assert tone("cache", "clear", "--cache-dir", cache).out.startswith("2 removed, ")


def test_an_id_that_is_spelled_anew_keeps_its_file_on_an_indifferent_disk(
    tone: Narrate, tmp_path: Path
) -> None:
    with indifferent_disk(tmp_path / "disk") as disk:
        _narrate_spellings(tone, disk / "out")


def test_an_id_that_is_spelled_anew_leaves_no_file_behind_elsewhere(tone: Narrate) -> None:
    _narrate_spellings(tone, tone.folder / "out")
    assert [path.name for path in (tone.folder / "out" / "segments").iterdir()] == ["Intro.wav"]


def _narrate_spellings(tone: Narrate, out: Path) -> None:
    for spelling, text in (
        ("Intro", "One."),
        ("intro", "One."),
        ("INTRO", "Two."),
        ("Intro", "Two."),
    ):
        tone.write("script.json", [{"id": spelling, "text": text}])
        tone.run("-o", out)
        (segment,) = json.loads((out / "manifest.json").read_bytes())["segments"]
        assert segment["file"] == f"segments/{spelling}.wav"
        assert (out / segment["file"]).stat().st_size > 1000
        assert len(list((out / "segments").iterdir())) == 1


@pytest.mark.parametrize(("one", "other"), [("Intro", "intro"), ("straße", "STRASSE"), ("É", "é")])
def test_ids_that_may_be_one_file_are_refused_on_every_disk(
    tone: Narrate, one: str, other: str
) -> None:
    tone.write("script.json", [{"id": one, "text": "One."}, {"id": other, "text": "Two."}])
    ran = tone("run", "script.json")
    assert ran.code == 2
    assert f"ids {one!r} and {other!r} would have the same file" in ran.err
    assert not tone.out.exists()
