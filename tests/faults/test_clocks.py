"""Clocks that are wrong or set during a run: nothing is lost, spoken twice or taken for fresh."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from narrate.cache import TOUCH_SECONDS, Store
from support.plans import noise, request
from support.project import Narrate, contents, lines

DAY = 86_400
FORM = request().canonical()


CLOCK = """
import os, sys, time
seconds, real, begun = float(sys.argv.pop(1)), time.time, sys.argv.pop(1)
def now():
    # Set as soon as the log of the run says so, or from the beginning.
    said = not begun or (os.path.exists(begun) and '"spoken"' in open(begun).read())
    return real() + seconds * said
time.time, time.time_ns = now, lambda: int(now() * 1e9)
from narrate.__main__ import main
main()
"""


def with_clock(days: float, begun: str = "") -> tuple[str, ...]:
    """The command with a clock that is so many days off; files get the time of the real one."""
    return "-c", CLOCK, str(days * DAY), begun


@pytest.mark.parametrize("days", [-20_000, -400, -0.04, 0.04, 400, 20_000])
def test_a_wrong_clock_changes_nothing_that_is_made(tone: Narrate, days: float) -> None:
    wrong = with_clock(days)
    tone.write("script.json", lines("One.", "Two."))
    tone.run(program=wrong)
    outputs = tone.outputs()
    assert tone.run()["spoken"] == 0
    shutil.rmtree(tone.out)
    assert tone.run(program=wrong)["spoken"] == 0
    assert tone.outputs() == outputs
    # What was changed is noticed by either clock.
    tone.write("script.json", lines("One.", "Ten."))
    assert tone.run(program=wrong)["spoken"] == 1
    assert tone.run()["spoken"] == 0
    tone.write("script.json", lines("One.", "Six."))
    assert tone.run()["spoken"] == 1
    assert tone("cache", "prune", "--older-than", "1w").out.startswith("0 removed")
    for command in ("stats", "verify"):
        assert tone("cache", command, program=wrong).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("days", [-4000, 4000])
def test_a_clock_that_is_set_during_a_run_costs_no_attempt(tone: Narrate, days: float) -> None:
    tone.write("script.json", lines(*(f"Line {number}. #slow=0.2" for number in range(6))))
    log = tone.folder / "events.jsonl"
    tone.run("--events", log, program=with_clock(days, str(log)))
    spoken = [
        event
        for event in map(json.loads, log.read_text().splitlines())
        if event["event"] == "spoken"
    ]
    assert [event["attempt"] for event in spoken] == [1] * 6
    assert tone.run()["spoken"] == 0


@pytest.mark.parametrize(
    "when",
    [0.0, 1.0, time.time() + 400 * DAY, 2.0**33],
    ids=["1970", "one second", "next year", "2242"],
)
def test_times_of_another_clock_lose_no_clip_and_make_no_output_stale(
    tone: Narrate, when: float
) -> None:
    """Everything that was made bears the time of another clock."""
    tone.write("script.json", lines("One.", "Two."))
    tone.run()
    outputs = tone.outputs()
    for path in (*tone.root.rglob("*"), tone.root):
        os.utime(path, (when, when), follow_symlinks=False)
    assert tone.run()["spoken"] == 0
    assert tone.outputs() == outputs
    for command in ("stats", "ls", "verify"):
        assert tone("cache", command).code == 0
    script = tone.write("script.json", lines("One.", "Ten."))
    os.utime(script, (when, when))
    assert tone.run()["spoken"] == 1
    assert contents(tone.out).keys() == {*outputs, "run.json"}
    shutil.rmtree(tone.out)
    assert tone.run()["spoken"] == 0


def test_a_run_holds_its_clips_though_the_clock_was_set_back(tmp_path: Path) -> None:
    """It began, by the clock of then, after all that it has stored since."""
    store = Store(tmp_path / "cache")
    with Store(store.root) as run:
        run.put(request("Something else.").canonical(), noise(500), 24_000, {})
        run.hold()
        (alive,) = (store.root / "runs").iterdir()
        later = time.time() + 10 * DAY
        os.utime(alive, (later, later))
        kept = run.put(FORM, noise(500), 24_000, {})
        assert store.prune(0) == (0, 0)
        assert run.find(FORM) == kept
    assert store.prune(0)[0] == 2


def test_a_run_holds_its_clips_though_the_clock_was_set_forward(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    old = store.put(FORM, noise(500), 24_000, {})
    os.utime(old.path, (0, 0))
    with Store(store.root) as run:
        run.hold()
        (alive,) = (store.root / "runs").iterdir()
        os.utime(alive, (TOUCH_SECONDS, TOUCH_SECONDS))
        assert run.find(FORM) == old
        assert store.prune(0) == (0, 0)
