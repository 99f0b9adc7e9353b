"""What runs found and had to make, by day: nothing is lost, and no trouble with it is trouble."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from narrate.cache import Store
from narrate.store import tag, usage
from support.project import Narrate, identities, lines


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    path = tmp_path / "cache"
    path.mkdir()
    tag.put(path)
    return path


def today(cache: Path) -> tuple[int, int]:
    """Of a test that may run at midnight: the sum of all days."""
    days = usage.by_day(cache).values()
    return sum(hits for hits, _ in days), sum(misses for _, misses in days)


def write(cache: Path, day: str, content: str | bytes) -> Path:
    path = cache / "uses" / day
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_runs_of_a_day_add_up(cache: Path) -> None:
    assert usage.by_day(cache) == {}
    usage.count(cache, 3, 4)
    usage.count(cache, 0, 0)
    usage.count(cache, 10, 1)
    assert today(cache) == (13, 5)
    assert set(usage.by_day(cache)) <= {usage.day(1), usage.day()}


def test_days_come_in_their_order(cache: Path) -> None:
    for day in ("2026-02-01", "2025-12-31", "2026-01-31"):
        write(cache, day, "1 2\n")
    assert list(usage.by_day(cache)) == ["2025-12-31", "2026-01-31", "2026-02-01"]


def test_a_day_is_one_of_utc() -> None:
    assert usage.day() in {
        time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago)) for ago in (0, 5)
    }
    assert usage.day(365) < usage.day(31) < usage.day(1) < usage.day()


COUNT = "import sys; from pathlib import Path; from narrate.store import usage\n"
COUNT += "for _ in range(int(sys.argv[2])): usage.count(Path(sys.argv[1]), 2, 1)"


def test_several_processes_at_once_lose_nothing(cache: Path) -> None:
    started = [subprocess.Popen([sys.executable, "-c", COUNT, str(cache), "400"]) for _ in range(6)]
    assert [process.wait(60) for process in started] == [0] * 6
    assert today(cache) == (6 * 400 * 2, 6 * 400)


def test_lines_that_are_none_do_not_count_and_take_no_others_with_them(cache: Path) -> None:
    junk = (
        b"1 2\nhello\n3\n\n4 5 6\n-1 2\n1.5 2\n\xff\xfe\n7  8\n 1 1\n1 1 \n"
        + b"9" * 5000
        + b" 1\n10 20\n30 4"
    )
    write(cache, "2026-01-01", junk)
    write(cache, "2026-01-02", b"")
    write(cache, "2026-01-03", os.urandom(2000).replace(b"\n", b""))
    days = usage.by_day(cache)
    assert days.pop("2026-01-01") == (1 + 10 + 30, 2 + 20 + 4)
    assert set(days.values()) <= {(0, 0)}


def test_files_that_are_no_days_are_left_alone(cache: Path) -> None:
    write(cache, "2026-01-01", "1 2\n")
    write(cache, "notes", "3 4\n")
    (cache / "uses" / "2026-01-02").mkdir()
    assert usage.by_day(cache) == {"2026-01-01": (1, 2)}
    usage.forget(cache)
    assert (cache / "uses" / "notes").exists()


def test_days_long_gone_are_forgotten(cache: Path) -> None:
    kept = [write(cache, usage.day(ago), "1 1\n") for ago in (0, 1, usage.DAYS - 1)]
    gone = [write(cache, usage.day(ago), "1 1\n") for ago in (usage.DAYS + 1, 5000)]
    (cache / "uses" / "1999-01-01").mkdir()
    usage.forget(cache)
    assert [path.exists() for path in kept] == [True] * 3
    assert [path.exists() for path in gone] == [False] * 2
    assert (cache / "uses" / "1999-01-01").is_dir()
    usage.forget(cache / "nowhere")


def test_a_prune_forgets_days_long_gone(cache: Path) -> None:
    old = write(cache, usage.day(usage.DAYS + 9), "1 1\n")
    new = write(cache, usage.day(), "1 1\n")
    Store(cache).prune(0)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_missing_cache_is_no_trouble_and_is_not_made(tmp_path: Path) -> None:
    usage.count(tmp_path / "nowhere", 1, 1)
    usage.forget(tmp_path / "nowhere")
    assert usage.by_day(tmp_path / "nowhere") == {}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_no_trouble(cache: Path) -> None:
    (cache / "uses").write_text("I am no folder.")
    usage.count(cache, 1, 1)
    usage.forget(cache)
    assert usage.by_day(cache) == {}
    assert (cache / "uses").read_text() == "I am no folder."


def test_a_day_that_cannot_be_written_is_no_trouble(cache: Path) -> None:
    for day in (usage.day(-1), usage.day()):
        (cache / "uses" / day).mkdir(parents=True)
    usage.count(cache, 1, 1)
    assert usage.by_day(cache) == {}


AS_NOBODY = """
import os, sys
from pathlib import Path
from narrate.store import usage
os.chdir(sys.argv[1])
os.setuid(65534)
usage.count(Path(), 1, 1)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_a_cache_that_may_not_be_written_is_no_trouble(cache: Path, mode: int) -> None:
    usage.count(cache, 1, 1)
    before = identities(cache)
    for path in (cache / "uses", cache):
        path.chmod(mode)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(cache)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert identities(cache) == before


def test_runs_are_counted_and_shown(tone: Narrate) -> None:
    tone.write("script.json", lines("One.", "Two.", "Three."))
    tone.run()
    shutil.rmtree(tone.out)
    tone.run()
    tone.write("script.json", lines("One.", "Two.", "Three.", "Four."))
    tone.run()
    assert today(tone.cache) == (6, 4)
    figures = tone("cache", "stats", "--json").json
    assert sum(day["hits"] for day in figures["days"].values()) == 6
    assert sum(day["misses"] for day in figures["days"].values()) == 4
    assert "6 hits, 4 misses, 60.0% hits" in tone("cache", "stats").out
