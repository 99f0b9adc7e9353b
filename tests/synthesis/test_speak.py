"""What happens to a segment that fails, and to those around it, seen through the command."""

from __future__ import annotations

import os
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from narrate.request import Request
from narrate.synthesis import lane
from support.processes import alive, children
from support.project import Narrate, Ran, lines

CHECKED = ["silence", "nan", "runaway", "short", "clipped", "empty"]
LOST = ["crash", "garbage"]
WORDS = {
    "silence": "silent",
    "nan": "not finite",
    "runaway": "runaway",
    "short": "too short",
    "clipped": "clipped",
    "empty": "empty",
    "crash": "exit code 9",
    "garbage": "garbage",
    "hang": "no answer within 2 s",
}


def check_fails(tone: Narrate, fault: str, code: int) -> None:
    tone.write("script.json", lines("A sound line.", f"Trouble here. #{fault}", "Another one."))
    ran = tone("run", "script.json", "-k", "--json")
    assert ran.code == code
    assert (ran.json["spoken"], ran.json["failed"]) == (2, 1)
    [failure] = ran.json["failures"]
    assert failure["id"] == "s2"
    assert WORDS[fault] in failure["reason"]
    assert "in 3 attempts" in failure["reason"]
    [line] = [line for line in ran.err.splitlines() if line.startswith("error: segment")]
    assert line.startswith("error: segment s2 (script.json: $[1]): ")
    assert "Traceback" not in ran.err
    assert len(tone.clips) == 2
    assert not tone.out.exists()


@pytest.mark.parametrize("fault", CHECKED)
def test_what_the_checks_refuse_three_times_fails_its_segment_alone(
    tone: Narrate, fault: str
) -> None:
    check_fails(tone, fault, 4)


@pytest.mark.parametrize("fault", LOST)
def test_a_worker_that_fails_three_times_fails_its_segment_alone(tone: Narrate, fault: str) -> None:
    check_fails(tone, fault, 5)


def test_an_engine_that_fails_twice_with_one_error_fails_its_segment_alone(tone: Narrate) -> None:
    tone.write("script.json", lines("A sound line.", "Trouble here. #error", "Another one."))
    ran = tone("run", "script.json", "-k", "--json")
    assert (ran.code, ran.json["spoken"], ran.json["failed"]) == (5, 2, 1)
    assert ran.json["failures"] == [
        {
            "id": "s2",
            "reason": "the engine tone failed twice with the same error (RuntimeError: the "
            'stand-in was asked to fail), on "Trouble here. #error"',
            "exit_code": 5,
        }
    ]
    assert len(tone.clips) == 2
    tone.write("script.json", lines("It comes right. #error<2"))
    assert tone.run()["spoken"] == 1


@pytest.mark.slow
def test_a_worker_that_hangs_three_times_fails_its_segment_alone(tone: Narrate) -> None:
    tone.env["NARRATE_TIMEOUT"] = "2"
    check_fails(tone, "hang", 5)


def test_a_fault_that_passes_costs_its_segment_alone_and_only_attempts(tone: Narrate) -> None:
    plain = [f"Plain line number {number}." for number in range(4)]
    faults = [f"It comes right. #{fault}<3" for fault in [*CHECKED, *LOST]]
    texts = [text for pair in zip([*plain, *plain], faults, strict=True) for text in pair]
    tone.write("script.json", lines(*texts))
    report = tone.run("--events", "log")
    assert (report["spoken"], report["failed"]) == (len(faults) + len(plain), 0)
    log = (tone.folder / "log").read_text()
    assert log.count('"event": "retry"') == 2 * len(faults)
    outputs = tone.outputs()
    tone.write("script.json", lines(*plain))
    assert tone.run("-f")["spoken"] == 4
    for number in range(4):
        assert (
            tone.outputs()[f"segments/s{number + 1}.wav"]
            == outputs[f"segments/s{2 * number + 1}.wav"]
        )


def test_a_crash_costs_one_attempt_of_one_segment(tone: Narrate) -> None:
    tone.write("script.json", lines("One.", "Two. #crash<2", "Three.", "Four.", "Five."))
    tone.run("-j", "1", "--events", "log")
    log = (tone.folder / "log").read_text().splitlines()
    assert [line for line in log if '"retry"' in line] == [
        line for line in log if '"retry"' in line and '"s2"' in line
    ]
    assert sum('"retry"' in line for line in log) == 1
    assert sum('"spoken"' in line for line in log) == 5


def test_refused_sound_is_tried_again_with_other_randomness_and_a_lost_worker_with_the_same(
    tone: Narrate,
) -> None:
    shifts = {}
    for fault in ("nan", "error", "crash"):
        script = lines(f"#seconds=2 #{fault}<2")
        tone.write("script.json", script)
        tone.run()
        request = Request("tone", 1, "sine", script[0]["text"], "en")
        shifts[fault] = pitch(tone.out / "narration.wav") - (
            220 + zlib.crc32(request.canonical()) % 200
        )
    assert shifts == {"nan": 1, "error": 1, "crash": 0}


def pitch(path: Path) -> int:
    """The frequency in Hz of a hum."""
    samples, rate = soundfile.read(path)
    return int(np.argmax(np.abs(np.fft.rfft(samples[:rate]))))


def test_many_workers_give_the_same_narration_as_one(tone: Narrate) -> None:
    tone.write(
        "script.json", lines(*(f"Line number {number} of many. #slow=0.01" for number in range(40)))
    )
    assert tone.run("-j", "1")["spoken"] == 40
    outputs = tone.outputs()
    assert tone.run("-j", "4", "-f", "-o", "other")["spoken"] == 40
    tone.out = tone.folder / "other"
    assert tone.outputs() == outputs


def test_a_worker_is_replaced_when_it_is_old_or_has_grown() -> None:
    age = lane.Age()
    for _ in range(lane.UTTERANCES_PER_LIFE - 1):
        age.add(10**9)
    assert not age.old
    age.add(10**9)
    assert age.old
    grown = lane.Age()
    grown.add(10**9)
    grown.add(10**9 + lane.GROWTH_BYTES)
    assert not grown.old
    grown.add(10**9 + lane.GROWTH_BYTES + 1)
    assert grown.old


def test_a_worker_killed_while_it_loads_costs_no_attempt(tone: Narrate) -> None:
    died = tone.folder / "died"
    once = f"if not os.path.exists({str(died)!r}): open({str(died)!r}, 'w').close(); "
    ran = run_with_dying_workers(tone, once)
    assert ran.code == 0, ran.err
    assert died.exists()
    assert "refused" not in ran.err


def test_an_engine_that_never_gets_ready_is_given_up(tone: Narrate) -> None:
    ran = run_with_dying_workers(tone, "")
    assert ran.code == 6
    assert "killed by SIGKILL" in ran.err
    assert "next:" in ran.err


def run_with_dying_workers(tone: Narrate, condition: str) -> Ran:
    """A run whose workers kill themselves as they start, on a condition."""
    worker = "any('narrate.workers.worker' in word for word in sys.orig_argv)"
    code = f"import os, sys\nif {worker}:\n    {condition}os.kill(os.getpid(), 9)\n"
    (tone.root / "sitecustomize.py").write_text(code)
    tone.write("script.json", lines("Hello."))
    paths = [str(tone.root), os.environ.get("PYTHONPATH", "")]
    return tone("run", "script.json", env={"PYTHONPATH": os.pathsep.join(paths)})


def test_no_worker_is_left_behind(tone: Narrate, ending: Any) -> None:
    tone.write("script.json", lines(*(f"Line number {number}. #slow=0.05" for number in range(20))))
    process = ending(tone.start("run", "script.json"))
    seen: set[int] = set()
    while process.poll() is None:
        seen.update(children(process.pid))
        time.sleep(0.05)
    assert process.returncode == 0
    assert seen
    assert not any(alive(pid) for pid in seen)
