"""`narrate cache`: looking at the store of clips, checking it and shrinking it."""

from __future__ import annotations

import os
import shutil
import time

import pytest
import soundfile

from support.project import Narrate, identities, lines


@pytest.fixture
def stored(tone: Narrate) -> Narrate:
    """A cache with three clips."""
    tone.write("script.json", lines("The first line.", "The second line.", "The third line."))
    tone.run()
    return tone


def test_dir_prints_where_the_cache_lies_without_making_it(tone: Narrate) -> None:
    assert tone("cache", "dir").out == f"{tone.cache}\n"
    assert tone("cache", "dir", "--cache-dir", "here").out == f"{tone.folder / 'here'}\n"
    env = {"NARRATE_CACHE_DIR": "", "XDG_CACHE_HOME": str(tone.root / "xdg")}
    assert tone("cache", "dir", env=env).out == f"{tone.root / 'xdg' / 'narrate'}\n"
    env = {"NARRATE_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": str(tone.root / "home")}
    assert tone("cache", "dir", env=env).out == f"{tone.root / 'home' / '.cache' / 'narrate'}\n"
    assert identities(tone.root) == {}


def test_stats_counts_clips_and_bytes(stored: Narrate) -> None:
    figures = stored("cache", "stats", "--json").json
    assert figures["dir"] == str(stored.cache)
    assert (figures["entries"], figures["quarantined"]) == (3, 0)
    assert figures["bytes"] == sum(path.stat().st_size for path in stored.clips)
    assert f"{figures['bytes']:,}" in stored("cache", "stats").out


def test_ls_names_every_clip_with_its_text(stored: Narrate) -> None:
    entries = stored("cache", "ls", "--json").json["entries"]
    assert {entry["text"] for entry in entries} == {
        "The first line.",
        "The second line.",
        "The third line.",
    }
    assert [entry["path"] for entry in entries] == list(map(str, stored.clips))
    for entry in entries:
        sound = soundfile.info(entry["path"])
        assert entry["seconds"] == pytest.approx(sound.frames / sound.samplerate, abs=0.001)
    assert stored("cache", "ls").out.count("tone") == 3


def test_verify_finds_damage_and_the_next_run_mends_it(stored: Narrate) -> None:
    assert stored("cache", "verify").out == "3 sound, 0 damaged\n"
    with stored.clips[0].open("r+b") as file:
        file.seek(1000)
        file.write(b"!!")
    ran = stored("cache", "verify")
    assert (ran.code, ran.out) == (4, "2 sound, 1 damaged\n")
    assert "next:" in ran.err
    assert stored("cache", "stats", "--json").json["quarantined"] == 1
    shutil.rmtree(stored.out)
    assert stored.run()["spoken"] == 1
    assert stored("cache", "verify").code == 0


def test_prune_removes_no_more_than_it_must(stored: Narrate) -> None:
    sizes = [path.stat().st_size for path in stored.clips]
    assert (
        stored("cache", "prune", "--max-size", f"{sum(sizes)}").out == "0 removed, 0 bytes freed\n"
    )
    assert stored("cache", "prune", "--max-size", f"{sum(sizes) - 1}").out.startswith("1 removed, ")
    assert len(stored.clips) == 2
    assert stored("cache", "prune", "--max-size", "1GiB").out.startswith("0 removed, ")
    refused = stored("cache", "prune", "--max-size", "lots")
    assert refused.code == 2
    assert "next:" in refused.err


def test_prune_takes_an_age_or_keeps_to_the_maximum(stored: Narrate) -> None:
    os.utime(stored.clips[0], (0, time.time() - 40 * 86_400))
    assert stored("cache", "prune").out.startswith("0 removed, ")
    assert stored("cache", "prune", "--older-than", "30d").out.startswith("1 removed, ")
    assert stored("cache", "prune", env={"NARRATE_CACHE_MAX_SIZE": "0"}).out.startswith(
        "2 removed, "
    )
    refused = stored("cache", "prune", "--older-than", "long")
    assert refused.code == 2
    assert "use a number and a unit, such as 30d" in refused.err


def test_a_run_keeps_the_cache_below_its_maximum_unasked(stored: Narrate) -> None:
    for path in stored.clips:
        os.utime(path, (0, time.time() - 86_400))
    size = sum(path.stat().st_size for path in stored.clips)
    stored.write("script.json", lines("A line that is not there yet."))
    stored.run(env={"NARRATE_CACHE_MAX_SIZE": f"{size}B"})
    assert len(stored.clips) < 4
    assert stored.run()["spoken"] == 0
    assert stored("run", env={"NARRATE_CACHE_MAX_SIZE": "much"}).code == 2


def test_stats_counts_hits_and_misses_by_day(stored: Narrate) -> None:
    stored.write("script.json", lines("The first line.", "The second line.", "Another third line."))
    stored.run()
    days = stored("cache", "stats", "--json").json["days"]
    assert list(days.values()) == [{"hits": 2, "misses": 4}]
    said = stored("cache", "stats").out
    assert "today        2 hits, 4 misses, 33.3% hits" in said
    uses = stored.cache / "uses"
    (uses / "2026-01-05").write_text("10 0\n0 10\n")
    assert "all          12 hits, 14 misses" in stored("cache", "stats").out
    (uses / "2020-01-05").write_text("10 0\n")
    stored("cache", "prune")
    assert not (uses / "2020-01-05").exists()


def test_clear_removes_every_clip_and_the_outputs_stay(stored: Narrate) -> None:
    before = stored.outputs()
    assert stored("cache", "clear").out.startswith("3 removed, ")
    assert stored.clips == []
    assert stored.outputs() == before
    assert stored.run()["spoken"] == 3
    assert stored.outputs() == before


def test_a_cache_that_is_not_there_is_empty(tone: Narrate) -> None:
    assert tone("cache", "stats", "--json").json["entries"] == 0
    assert tone("cache", "ls").out == ""
    assert tone("cache", "verify").out == "0 sound, 0 damaged\n"
    assert tone("cache", "clear").out == "0 removed, 0 bytes freed\n"
