"""A process of narrate: start it in any interpreter, exchange frames with it until a deadline, end
it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from narrate.workers import frames

SLICE_SECONDS = 1.0
"""The longest wait at once. If this process is stopped meanwhile, no more than this counts as
waiting.
"""


BOOT = """
import importlib, importlib.util, sys
place, module, *arguments = sys.argv[1:]
spec = importlib.util.spec_from_file_location(
    "narrate", place + "/__init__.py", submodule_search_locations=[place]
)
package = sys.modules["narrate"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
importlib.import_module(module).main(*arguments)
"""
"""Runs `main` of a module of narrate in any interpreter, which finds this package and nothing else
of the parent's environment.
"""

PACKAGE = Path(__file__).parents[1]

NEUTRAL = "/"
"""The working folder of every process that is started, as only root can put files there. In the
folder of a script there may be modules of anybody's, and settings of numba, matplotlib, uv or
pyenv.
"""

LISTS = ("LD_LIBRARY_PATH", "PYTHONPATH", "SSL_CERT_DIR")
PLACES = (
    *("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "TMPDIR"),
    *(
        "HF_HOME",
        "HF_HUB_CACHE",
        "HF_TOKEN_PATH",
        "HUGGINGFACE_HUB_CACHE",
        "NUMBA_CACHE_DIR",
        "TORCH_HOME",
    ),
    *("PIP_CACHE_DIR", "PIP_CERT", "PIP_CONFIG_FILE", "UV_CACHE_DIR", "UV_CONFIG_FILE"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
)
"""Variables that hold paths, many or one, which may be relative to the current folder."""


class WorkerLost(Exception):
    """The worker died, missed its deadline or wrote garbage, and has been killed."""


class WorkerDied(WorkerLost):
    """The worker ended by itself; it was not killed for missing a deadline or writing garbage."""


class Process:
    """`main` of a module of narrate with these arguments, in a session of its own so that Ctrl-C
    reaches only the parent.
    """

    def __init__(self, python: str, module: str, *arguments: str) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._popen = subprocess.Popen(
            isolated(python, "-c", BOOT, str(PACKAGE), module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            start_new_session=True,
            env=environment_for(python),
            cwd=NEUTRAL,
        )

    def terminate(self) -> None:
        """End the worker and whatever it started, now; safe in a signal handler and from another
        thread.
        """
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the worker and let go of its pipes; only for the thread that reads from it."""
        self.terminate()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout, self._stderr):
            if pipe is not None:
                pipe.close()

    def write(self, header: Mapping[str, Any], payload: bytes = b"") -> None:
        """Send a frame. Raises WorkerDied."""
        assert self._popen.stdin is not None
        try:
            frames.write(self._popen.stdin, header, payload)
        except OSError as error:
            raise self._died() from error

    def read(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Wait at most so many seconds for a frame. Raises WorkerLost."""
        assert self._popen.stdout is not None
        try:
            frame = frames.read(_Patience(self._popen.stdout.fileno(), seconds))
        except TimeoutError as error:
            raise self.lost(f"no answer within {seconds:.0f} s") from error
        except (frames.BrokenFrame, OSError, ValueError) as error:
            raise self.lost(f"the worker wrote garbage ({error})") from error
        if frame is None:
            raise self._died()
        return frame

    def _died(self) -> WorkerDied:
        # One that has only closed its end of a pipe is ended.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(5)
        self.terminate()
        epitaph = self._epitaph()
        self.kill()
        return WorkerDied(epitaph)

    def lost(self, reason: str) -> WorkerLost:
        """End a worker that does not keep to the protocol; the error to raise."""
        self.kill()
        return WorkerLost(reason)

    def _epitaph(self) -> str:
        """How the worker died, and the last line that it printed."""
        code = self._popen.wait()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - 2000))
        words = self._stderr.read().decode(errors="replace").strip().splitlines()
        return f"the worker died ({how})" + (f": {words[-1]}" if words else "")


def isolated(python: str, *arguments: str) -> list[str]:
    """A command for an interpreter that imports nothing from the folder of a script or from the
    current one.

    With -I it would lose the user's own site-packages and PYTHONPATH, from which narrate itself may
    have come.
    """
    return [python, "-P", *arguments]


def environment_for(python: str) -> dict[str, str]:
    """What an interpreter in the folder NEUTRAL gets of the environment: its paths as absolute
    ones.

    An empty path in a list means the current folder, mostly by a slip, and is left out. The search
    path and the warnings of this interpreter are not those of another one.
    """
    # onnxruntime, which hibari and others use, reports to its maker unless this is set before it is
    # imported.
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "1"}
    for name in {*LISTS, *PLACES} & environment.keys():
        paths = environment[name].split(os.pathsep) if name in LISTS else [environment[name]]
        environment[name] = os.pathsep.join(map(_absolute, filter(None, paths)))
    if python != sys.executable:
        for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS"):
            environment.pop(name, None)
    return environment


def _absolute(path: str) -> str:
    return path if path.startswith("~") else os.path.abspath(path)


def _readable(fd: int, seconds: float) -> bool:
    """Whether there is something to read, or an end, within so many seconds; select knows no number
    above 1,023.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


class _Patience:
    """Reads a pipe, and gives up after so many seconds.

    Seconds in which this process is stopped (Ctrl-Z, a paused container) do not count, as the
    worker may be stopped as well: time is counted in slices, of which each counts for no more than
    it was meant to take.
    """

    def __init__(self, fd: int, seconds: float) -> None:
        self._fd, self._left = fd, seconds

    def read(self, size: int, /) -> bytes:
        """Exactly `size` bytes, or fewer at the end of the pipe. Raises TimeoutError."""
        block = bytearray()
        while len(block) < size:
            self._wait()
            part = os.read(self._fd, min(size - len(block), 1 << 20))
            if not part:
                break
            block += part
        return bytes(block)

    def _wait(self) -> None:
        """Wait until there is something to read. Raises TimeoutError."""
        while True:
            meant, started = max(0.0, min(self._left, SLICE_SECONDS)), time.monotonic()
            ready = _readable(self._fd, meant)
            self._left -= min(time.monotonic() - started, meant)
            if ready:
                return
            if self._left <= 0:
                raise TimeoutError
