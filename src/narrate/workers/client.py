"""The parent's side of an engine's process: send it jobs, wait for replies until a deadline."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from narrate.base.limits import RATES
from narrate.engines.base import Job, ModelRef, Reference, StopReason, Synthesis
from narrate.errors import EnvironmentProblem
from narrate.request import Clone
from narrate.workers.process import Process, WorkerDied, WorkerLost

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOAD_SECONDS = 300.0
"""How long an engine may take to load; a large model comes from a cold disk in minutes."""


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
    """One engine in a process of its own.

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
        own = module or f"narrate.engines.{engine}"
        self._process = Process(python, "narrate.workers.worker", engine, own)

    def wait_ready(self) -> None:
        """Wait until the engine has loaded. Raises EnvironmentProblem if it cannot, WorkerDied if
        it was killed.
        """
        try:
            self._process.write({"load": asdict(self._model)})
            header, _ = self._process.read(LOAD_SECONDS)
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
        self._process.write({"synthesize": list(map(_order, jobs))})

    def stream(
        self, job: Job, voices: Mapping[str, Reference], seconds: float
    ) -> Iterator[Synthesis]:
        """Have a job spoken piece by piece, and wait at most so many seconds for each. Raises
        JobFailed or WorkerLost.
        """
        self._introduce([job], voices)
        self._process.write({"stream": _order(job)})
        while "streamed" not in (frame := self._process.read(seconds))[0]:
            yield self._reply(*frame).sound

    def hear(
        self, samples16: NDArray[np.float32], language: str | None, seconds: float
    ) -> dict[str, Any]:
        """What is said in mono samples at 16 kHz, as a `Transcript` of engines/base, waited for so
        many seconds.

        Raises JobFailed or WorkerLost.
        """
        self._process.write({"hear": language}, samples16.astype("<f4", copy=False).tobytes())
        header, _ = self._process.read(seconds)
        if "error" in header:
            raise JobFailed(str(header.get("message")), str(header["error"]))
        heard = header.get("heard")
        if not isinstance(heard, dict):
            raise self._process.lost("the worker wrote garbage (no transcript)")
        return heard

    def _introduce(self, jobs: Sequence[Job], voices: Mapping[str, Reference]) -> None:
        """Hand over the references that the worker does not have."""
        for digest in {
            job.request.voice.ref for job in jobs if isinstance(job.request.voice, Clone)
        } - self._voices:
            voice = voices[digest]
            self._process.write(
                {"voice": digest, "rate": voice.rate, "transcript": voice.transcript},
                voice.samples.tobytes(),
            )
            self._voices.add(digest)

    def receive(self, seconds: float) -> Reply:
        """Wait at most so many seconds for the next reply. Raises JobFailed or WorkerLost."""
        return self._reply(*self._process.read(seconds))

    def _reply(self, header: Mapping[str, Any], payload: bytes) -> Reply:
        import numpy as np

        if "error" in header:
            raise JobFailed(str(header.get("message")), str(header["error"]))
        try:
            rate, stop, took = header["rate"], StopReason(header["stop"]), float(header["seconds"])
            memory = int(header["memory"])
            samples = np.frombuffer(payload, "<f4")
            words = tuple((int(start), int(end)) for start, end in header.get("words", ()))
        except (ArithmeticError, KeyError, ValueError, TypeError) as error:
            raise self._process.lost(f"the worker wrote garbage ({error})") from error
        if rate not in RATES:
            raise self._process.lost(f"the worker named an impossible sample rate: {rate!r}")
        return Reply(Synthesis(samples, rate, stop, words), took, memory)

    def usage(self) -> dict[str, int]:
        """The most memory that the worker ("memory") and its device ("device_memory") have held, in
        bytes.

        To be asked when no reply is due. Raises WorkerLost.
        """
        self._process.write({"usage": True})
        header, _ = self._process.read(60)
        return {name: int(size) for name, size in header["usage"].items()}

    def terminate(self) -> None:
        """End the worker and whatever it started, now; safe in a signal handler and from another
        thread.
        """
        self._process.terminate()

    def kill(self) -> None:
        """End the worker and let go of its pipes; only for the thread that reads from it."""
        self._process.kill()

    def cannot_load(self, reason: str) -> EnvironmentProblem:
        """The error to raise for an engine that does not get ready."""
        return EnvironmentProblem(
            f"it cannot be loaded: {reason}",
            where=f"engine {self.engine}",
            hint="see `narrate doctor`, or choose another --engine",
        )


def _order(job: Job) -> dict[str, Any]:
    return {"request": job.request.to_json(), "attempt": job.attempt, "refused": job.refused}
