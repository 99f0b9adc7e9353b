"""The worker process, the pipe to it, and the engines that run in it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.engines import registry, tone
from narrate.engines.base import Job, ModelRef, StopReason, Synthesis
from narrate.errors import EnvironmentProblem, UsageError
from narrate.request import Request, Stock
from narrate.workers import frames
from narrate.workers.client import JobFailed, Worker
from narrate.workers.process import WorkerDied, WorkerLost
from support.processes import alive, children
from support.project import Narrate, lines

VALUES = st.none() | st.booleans() | st.integers() | st.text()
HEADERS = st.dictionaries(st.text(), VALUES | st.lists(VALUES, max_size=3), max_size=4)


def request(text: str, engine: str = "tone", **fields: Any) -> Request:
    return Request(engine=engine, behaviour=1, model="sine", text=text, language="en", **fields)


MODEL = ModelRef("")


@contextmanager
def working(engine: str) -> Iterator[Worker]:
    worker = Worker(engine, MODEL)
    try:
        worker.wait_ready()
        yield worker
    finally:
        worker.kill()


def spoken(worker: Worker, job: Job, seconds: float = 60) -> bytes:
    worker.send([job], {})
    return worker.receive(seconds).sound.samples.tobytes()


def gone(pid: int, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pid)


# Frames


@given(HEADERS, st.binary())
def test_a_frame_that_was_written_is_read_back(header: dict[str, Any], payload: bytes) -> None:
    pipe = io.BytesIO()
    frames.write(pipe, header, payload)
    frames.write(pipe, {})
    pipe.seek(0)
    assert frames.read(pipe) == (header, payload)
    assert frames.read(pipe) == ({}, b"")
    assert frames.read(pipe) is None


@given(st.binary())
def test_garbage_is_a_broken_frame_and_nothing_else(garbage: bytes) -> None:
    for data in (
        garbage,
        b"NRT1" + garbage,
        frames._PREFIX.pack(b"NRT1", len(garbage), 0) + garbage,
    ):
        with suppress(frames.BrokenFrame):
            frames.read(io.BytesIO(data))


@given(HEADERS, st.binary(), st.data())
def test_a_frame_cut_short_is_broken(
    header: dict[str, Any], payload: bytes, data: st.DataObject
) -> None:
    pipe = io.BytesIO()
    frames.write(pipe, header, payload)
    whole = pipe.getvalue()
    with pytest.raises(frames.BrokenFrame):
        frames.read(io.BytesIO(whole[: data.draw(st.integers(1, len(whole) - 1))]))


def test_a_frame_that_says_it_is_enormous_is_refused_before_it_is_read() -> None:
    with pytest.raises(frames.BrokenFrame):
        frames.read(io.BytesIO(frames._PREFIX.pack(b"NRT1", 2**32 - 1, 2**64 - 1)))


def test_a_frame_of_another_protocol_is_broken() -> None:
    with pytest.raises(frames.BrokenFrame):
        frames.read(io.BytesIO(frames._PREFIX.pack(b"NRT2", 2, 0) + b"{}"))


def test_a_header_of_endless_depth_is_a_broken_frame() -> None:
    deep = b"[" * 200_000
    with pytest.raises(frames.BrokenFrame):
        frames.read(io.BytesIO(frames._PREFIX.pack(b"NRT1", len(deep), 0) + deep))


# Workers


def test_replies_come_in_the_order_of_the_jobs() -> None:
    with working("tone") as worker:
        texts = ["short", "a good deal longer than that", "of middling length"]
        for text in texts:
            worker.send([Job(request(text))], {})
        lengths = [worker.receive(60).sound.samples.size for _ in texts]
    assert lengths == [tone.RATE * max(0.3, len(text) / 15) for text in texts]


def test_a_worker_survives_a_job_that_fails() -> None:
    with working("tone") as worker:
        with pytest.raises(JobFailed, match="asked to fail") as failed:
            spoken(worker, Job(request("#error")))
        assert failed.value.kind == "failed"
        with pytest.raises(JobFailed, match="asked to refuse") as refused:
            spoken(worker, Job(request("#unspeakable")))
        assert refused.value.kind == "unspeakable"
        assert spoken(worker, Job(request("Fine.")))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("#crash=7", "exit code 7"), ("#garbage", "garbage"), ("#hang", "no answer within 1 s")],
)
def test_a_worker_that_is_lost_is_ended_and_says_how(text: str, reason: str) -> None:
    with working("tone") as worker:
        with pytest.raises(WorkerLost, match=reason):
            spoken(worker, Job(request(text)), seconds=1)
        assert gone(worker._process._popen.pid)


def test_a_worker_killed_from_outside_is_named_so() -> None:
    with working("tone") as worker:
        worker.send([Job(request("#hang"))], {})
        os.kill(worker._process._popen.pid, signal.SIGKILL)
        with pytest.raises(WorkerLost, match="killed by SIGKILL"):
            worker.receive(60)


def test_an_engine_that_cannot_be_loaded_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hibari").mkdir()
    (tmp_path / "hibari" / "__init__.py").write_text("raise ImportError('its library is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    worker = Worker("hibari", MODEL)
    with pytest.raises(EnvironmentProblem, match="its library is broken"):
        worker.wait_ready()
    assert gone(worker._process._popen.pid)


ENGINE = """
import os, subprocess, sys
from narrate.engines import tone
CAPABILITIES = tone.CAPABILITIES
class Engine(tone.Engine):
    def synthesize(self, jobs, voices):
        print("Loading checkpoint shards: 100%", flush=True)
        os.write(1, b"\\x00\\xff progress \\n")
        subprocess.run(["echo", "a child prints too"])
        for job in jobs:
            if "#child" in job.request.text:
                child = subprocess.Popen(["sleep", "600"])
                open(os.environ["CHILD"], "w").write(str(child.pid))
                child.wait()
        yield from super().synthesize(jobs, voices)
"""


@pytest.fixture
def noisy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an engine whose libraries print to stdout, and that can start a child."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, types; engine = types.ModuleType('narrate.engines.noisy')\n"
        f"exec({ENGINE!r}, engine.__dict__)\n"
        "sys.modules['narrate.engines.noisy'] = engine\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CHILD", str(tmp_path / "child"))
    return "noisy"


def test_what_libraries_print_does_no_harm(noisy: str) -> None:
    with working("tone") as plain, working(noisy) as worker:
        assert spoken(worker, Job(request("Fine."))) == spoken(plain, Job(request("Fine.")))


def test_a_deadline_ends_a_worker_and_its_children(noisy: str, tmp_path: Path) -> None:
    with working(noisy) as worker, pytest.raises(WorkerLost):
        spoken(worker, Job(request("#child")), seconds=2)
    assert gone(worker._process._popen.pid)
    assert gone(int((tmp_path / "child").read_text()))


def test_a_worker_dies_with_its_parent_even_in_the_middle_of_a_job(
    tone: Narrate, ending: Any
) -> None:
    tone.write("script.json", lines("#hang"))
    process = ending(tone.start("run", "script.json"))
    assert process.stderr is not None
    assert b"to speak" in process.stderr.readline()
    end = time.monotonic() + 20
    while not (workers := children(process.pid)) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    assert [alive(pid) for pid in workers] == [True]
    process.kill()
    assert gone(workers[0])


def test_only_installed_modules_run_in_a_worker(narrate: Narrate) -> None:
    for name in ("numpy.py", "hibari.py", "onnxruntime.py"):
        narrate.write(name, "raise SystemExit('a file of the script folder was run')")
    narrate.write("script.json", lines("Hello."))
    ran = narrate("run", "script.json", program=("-P", "-m", "narrate"))
    assert ran.code == 0, ran.err


# The engines themselves


def test_hibari_says_the_same_in_every_process_whatever_else_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = Job(request("Rows meet columns.", engine="hibari"))
    with working("hibari") as worker:
        first = spoken(worker, job)
        assert spoken(worker, job) == first
        assert spoken(worker, Job(job.request, attempt=2, refused=1)) != first
    (tmp_path / "scipy").mkdir()
    for name in ("__init__", "fft"):
        (tmp_path / "scipy" / f"{name}.py").write_text("raise RuntimeError('scipy was imported')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    code = "import scipy"
    assert (
        b"scipy was imported"
        in subprocess.run([sys.executable, "-c", code], capture_output=True).stderr
    )
    with working("hibari") as worker:
        assert spoken(worker, job) == first


def test_hibari_refuses_what_it_cannot_say() -> None:
    with working("hibari") as worker, pytest.raises(JobFailed, match="English") as refused:
        spoken(worker, Job(request("🎉", engine="hibari")))
    assert refused.value.kind == "unspeakable"


def test_tone_says_the_same_for_the_same_request_and_something_else_for_another() -> None:
    engine = tone.Engine()

    def hum(**fields: Any) -> bytes:
        [sound] = engine.synthesize([Job(request("Hello.", **fields))], {})
        assert isinstance(sound, Synthesis)
        return sound.samples.tobytes()

    heard = [
        hum(),
        hum(take=2),
        hum(seed=7),
        hum(voice=Stock("high")),
        hum(voice=Stock("low")),
    ]
    assert len(set(heard)) == len(heard)
    assert hum() == heard[0]


def test_tone_fails_only_below_the_attempt_that_its_text_names() -> None:
    engine = tone.Engine()

    def finite(attempt: int) -> bool:
        [sound] = engine.synthesize([Job(request("#nan<3"), attempt)], {})
        assert isinstance(sound, Synthesis)
        return bool(np.isfinite(sound.samples).all())

    assert [finite(attempt) for attempt in (1, 2, 3)] == [False, False, True]
    [runaway] = engine.synthesize([Job(request("#runaway"))], {})
    assert isinstance(runaway, Synthesis)
    assert runaway.stop is StopReason.LENGTH


def test_takes_and_refused_attempts_never_share_a_seed_but_a_lost_attempt_does() -> None:
    seeds = {
        Job(request("a", take=take), 1, refused).seed for take in (1, 2, 3) for refused in range(3)
    }
    assert len(seeds) == 9
    assert Job(request("a"), attempt=2).seed == Job(request("a"), attempt=1).seed
    assert Job(request("a", seed=2**32 - 1), 2, 1).seed == 0


def test_every_engine_has_its_capabilities_and_a_wrong_name_gets_a_hint() -> None:
    for name in registry.built_in():
        assert registry.capabilities(name).name == name
    with pytest.raises(UsageError, match="hibary") as caught:
        registry.capabilities("hibary")
    assert caught.value.hint == "did you mean 'hibari'?"


def test_a_worker_that_dies_before_it_is_told_what_to_load_has_died() -> None:
    """It is started again then; an engine that cannot be loaded is not."""
    worker = Worker("tone", ModelRef("sine"))
    os.kill(worker._process._popen.pid, signal.SIGKILL)
    worker._process._popen.wait()
    with pytest.raises(WorkerDied, match="killed by SIGKILL"):
        worker.wait_ready()
