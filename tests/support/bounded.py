"""Runs a program with bounds on its address space, its files and its work, and measures what it
took of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, NamedTuple

STARTED = r"""
import atexit, json, os, resource, runpy, sys, time
measured, space, seconds, module = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
def memory():
    # The peak of a process that was forked counts the memory of its parent; the kernel's own
    # record of it does not.
    try:
        with open("/proc/self/status") as status:
            words = status.read().split()
        return int(words[words.index("VmHWM:") + 1])
    except OSError:
        unit = 1024 if sys.platform == "darwin" else 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
def measure():
    with open(measured, "w") as file:
        json.dump([time.process_time(), memory() / 1024], file)
atexit.register(measure)
if sys.platform != "darwin":
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))
sys.argv[:5] = [module]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""What runs a module within bounds; it leaves its CPU seconds and its peak of memory in MiB in a
file.
"""


class Ended(NamedTuple):
    """How a bounded program ended; of one that was killed nothing is measured."""

    code: int
    text: str
    seconds: float
    mebibytes: float


def run(
    module: str,
    *args: str | bytes | Path,
    cwd: Path,
    env: dict[str, str],
    space: int = 512 << 20,
    seconds: int = 5,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
) -> Ended:
    """Run a module of Python with these arguments; what it prints on both outputs is its text."""
    with tempfile.TemporaryFile() as said, tempfile.NamedTemporaryFile() as measured:
        bounds = [measured.name, str(space), str(seconds), module]
        process = subprocess.Popen(
            [sys.executable, "-c", STARTED, *bounds, *args],
            cwd=cwd,
            # Each thread of numpy's takes address space of its own, and there is one for each core.
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"} | env,
            stdin=stdin,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = _wait(process, 10 * seconds)
        said.seek(0)
        text = said.read().decode(errors="surrogateescape")
        figures = json.loads(measured.read() or "[0, 0]")
    return Ended(code, text, *figures)


def _wait(process: subprocess.Popen[bytes], seconds: int) -> int:
    """The exit code; what only waits uses no CPU time, so it is killed by the clock."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
