"""A recognizer in the mlx environment, asked through a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from narrate.checks.recognizer import Heard, Word, split, timed
from narrate.engines.base import ModelRef
from narrate.errors import EnvironmentProblem
from narrate.workers.client import JobFailed, Worker
from narrate.workers.process import WorkerLost

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODULE = "narrate.engines.mlx.hearing"

FIRST_SECONDS = 60.0
"""How long any clip may take: on a GPU, the first one waits until its kernels are compiled."""

REAL_TIME = 20.0
"""So many seconds more for each second of a clip; the slowest models need about one."""

HINT = "name another model with --asr-model or NARRATE_ASR_MODEL; see `narrate doctor`"


class Remote:
    """A model of mlx-audio. Its worker starts with the first clip, and again after a crash."""

    def __init__(
        self, folder: str, python: str, module: str = MODULE, first_seconds: float = FIRST_SECONDS
    ) -> None:
        """`folder` holds the model, and `python` is an interpreter with mlx-audio."""
        self._folder, self._python, self._module = folder, python, module
        self._first_seconds = first_seconds
        self._worker: Worker | None = None

    def listen(self, samples16: NDArray[np.float32], language: str | None = None) -> Heard:
        """Transcribe mono samples at 16 kHz. Raises EnvironmentProblem if the worker cannot load
        the model, dies, takes too long or cannot hear this clip.
        """
        seconds = self._first_seconds + REAL_TIME * samples16.size / 16_000
        try:
            return _heard(self._ready().hear(samples16, language, seconds))
        except JobFailed as failed:
            raise self._problem(str(failed)) from failed
        except WorkerLost as lost:
            self._worker = None
            raise self._problem(str(lost)) from lost
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise self._problem(f"the worker wrote garbage ({error})") from error

    def hears(self, language: str | None) -> bool:
        """True: which languages a model knows is not asked."""
        return True

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _ready(self) -> Worker:
        """The worker, with the model loaded. Raises EnvironmentProblem or WorkerLost."""
        if self._worker is None:
            worker = Worker("mlx", ModelRef(self._folder), self._python, self._module)
            try:
                worker.wait_ready()
            except EnvironmentProblem as problem:
                raise self._problem(problem.what) from problem
            self._worker = worker
        return self._worker

    def _problem(self, reason: str) -> EnvironmentProblem:
        return EnvironmentProblem(
            reason, where=f"speech recognition with {self._folder}", hint=HINT
        )


def _heard(transcript: dict[str, Any]) -> Heard:
    """What a worker wrote. Raises KeyError, TypeError or ValueError."""
    text, language = str(transcript["text"]), str(transcript["language"])
    words = [part for word in transcript["words"] for part in timed(*word)]
    if words:
        return Heard(text, tuple(words), language)
    return Heard(text, tuple(Word(part, 0, 0) for part in split(text)), language, timed=False)
