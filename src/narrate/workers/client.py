"""The parent's side of a worker process: start it, send it jobs, wait for replies until a deadline,
end it.
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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from narrate.base.limits import RATES
from narrate.engines.base import Job, ModelRef, Reference, StopReason, Synthesis
from narrate.errors import EnvironmentProblem
from narrate.request import Clone
from narrate.workers import frames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOAD_SECONDS = 300.0
"""How long an engine may take to load; a large model comes from a cold disk in minutes."""

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


class JobFailed(Exception):
    """The worker is well, but this job gave no sound.

    `kind` is "failed" if another attempt may do better, "unspeakable" if it would not, and
    "unusable" if the script asks for what the model cannot do at all.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one job, how many seconds the engine worked on it, and the worker's peak
    memory in bytes.
    """

    sound: Synthesis
    seconds: float
    memory: int


class Worker:
    """One engine in a process of its own, in a session of its own so that Ctrl-C reaches only the
    parent.

    `module` is where the engine is, for one that another package brings.
    """

    def __init__(
        self, engine: str, model: ModelRef, python: str = sys.executable, module: str = ""
    ) -> None:
        self.engine = engine
        self._model = model
        self.versions: dict[str, str] = {}
        self.facts: dict[str, str] = {}
        self._voices: set[str] = set()
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            isolated(
                python,
                "-c",
                BOOT,
                str(PACKAGE),
                "narrate.workers.worker",
                engine,
                module or f"narrate.engines.{engine}",
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            start_new_session=True,
            env=environment_for(python),
            cwd=NEUTRAL,
        )

    def wait_ready(self) -> None:
        """Wait until the engine has loaded. Raises EnvironmentProblem if it cannot, WorkerDied if
        it was killed.
        """
        try:
            self._write({"load": asdict(self._model)})
            header, _ = self._read(LOAD_SECONDS)
        except WorkerDied:
            raise
        except WorkerLost as lost:
            raise self.cannot_load(str(lost)) from lost
        if "ready" not in header:
            self.kill()
            raise self.cannot_load(str(header.get("message")))
        self.versions = header["versions"]
        self.facts = {name: header[name] for name in ("kind", "device", "dtype") if name in header}

    def send(self, jobs: Sequence[Job], voices: Mapping[str, Reference]) -> None:
        """Hand over a batch, and before it the references it needs; one reply a job follows, in
        their order.

        Raises WorkerLost.
        """
        self._introduce(jobs, voices)
        self._write({"synthesize": list(map(_order, jobs))})

    def stream(
        self, job: Job, voices: Mapping[str, Reference], seconds: float
    ) -> Iterator[Synthesis]:
        """Have a job spoken piece by piece, and wait at most so many seconds for each. Raises
        JobFailed or WorkerLost.
        """
        self._introduce([job], voices)
        self._write({"stream": _order(job)})
        while "streamed" not in (frame := self._read(seconds))[0]:
            yield self._reply(*frame).sound

    def hear(
        self, samples16: NDArray[np.float32], language: str | None, seconds: float
    ) -> dict[str, Any]:
        """What is said in mono samples at 16 kHz, as a `Transcript` of engines/base, waited for so
        many seconds.

        Raises JobFailed or WorkerLost.
        """
        self._write({"hear": language}, samples16.astype("<f4", copy=False).tobytes())
        header, _ = self._read(seconds)
        if "error" in header:
            raise JobFailed(str(header.get("message")), str(header["error"]))
        heard = header.get("heard")
        if not isinstance(heard, dict):
            raise self._lost("the worker wrote garbage (no transcript)")
        return heard

    def _introduce(self, jobs: Sequence[Job], voices: Mapping[str, Reference]) -> None:
        """Hand over the references that the worker does not have."""
        for digest in {
            job.request.voice.ref for job in jobs if isinstance(job.request.voice, Clone)
        } - self._voices:
            voice = voices[digest]
            self._write(
                {"voice": digest, "rate": voice.rate, "transcript": voice.transcript},
                voice.samples.tobytes(),
            )
            self._voices.add(digest)

    def receive(self, seconds: float) -> Reply:
        """Wait at most so many seconds for the next reply. Raises JobFailed or WorkerLost."""
        return self._reply(*self._read(seconds))

    def _reply(self, header: Mapping[str, Any], payload: bytes) -> Reply:
        import numpy as np

        if "error" in header:
            raise JobFailed(str(header.get("message")), str(header["error"]))
        try:
            rate, stop, took = header["rate"], StopReason(header["stop"]), float(header["seconds"])
            memory = int(header["memory"])
            samples = np.frombuffer(payload, "<f4")
        except (ArithmeticError, KeyError, ValueError, TypeError) as error:
            raise self._lost(f"the worker wrote garbage ({error})") from error
        if rate not in RATES:
            raise self._lost(f"the worker named an impossible sample rate: {rate!r}")
        return Reply(Synthesis(samples, rate, stop), took, memory)

    def usage(self) -> dict[str, int]:
        """The most memory that the worker ("memory") and its device ("device_memory") have held, in
        bytes.

        To be asked when no reply is due. Raises WorkerLost.
        """
        self._write({"usage": True})
        header, _ = self._read(60)
        return {name: int(size) for name, size in header["usage"].items()}

    def terminate(self) -> None:
        """End the worker and whatever it started, now; safe in a signal handler and from another
        thread.
        """
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the worker and let go of its pipes; only for the thread that reads from it."""
        self.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            if pipe is not None:
                pipe.close()

    def _write(self, header: Mapping[str, Any], payload: bytes = b"") -> None:
        assert self._process.stdin is not None
        try:
            frames.write(self._process.stdin, header, payload)
        except OSError as error:
            raise self._died() from error

    def _read(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        assert self._process.stdout is not None
        try:
            frame = frames.read(_Patience(self._process.stdout.fileno(), seconds))
        except TimeoutError as error:
            raise self._lost(f"no answer within {seconds:.0f} s") from error
        except (frames.BrokenFrame, OSError, ValueError) as error:
            raise self._lost(f"the worker wrote garbage ({error})") from error
        if frame is None:
            raise self._died()
        return frame

    def _died(self) -> WorkerDied:
        # One that has only closed its end of a pipe is ended.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self.terminate()
        epitaph = self._epitaph()
        self.kill()
        return WorkerDied(epitaph)

    def _lost(self, reason: str) -> WorkerLost:
        self.kill()
        return WorkerLost(reason)

    def _epitaph(self) -> str:
        """How the worker died, and the last line that it printed."""
        code = self._process.wait()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - 2000))
        words = self._stderr.read().decode(errors="replace").strip().splitlines()
        return f"the worker died ({how})" + (f": {words[-1]}" if words else "")

    def cannot_load(self, reason: str) -> EnvironmentProblem:
        """The error to raise for an engine that does not get ready."""
        return EnvironmentProblem(
            f"it cannot be loaded: {reason}",
            where=f"engine {self.engine}",
            hint="see `narrate doctor`, or choose another --engine",
        )


def _order(job: Job) -> dict[str, Any]:
    return {"request": job.request.to_json(), "attempt": job.attempt, "refused": job.refused}


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
