"""tone: a deterministic stand-in that hums, and that fails in every way an engine can when its text
asks for it.

For tests of faults and for measuring what is not synthesis. `#crash`, `#hang`, `#silence`, `#nan`,
`#runaway`, `#short`, `#clipped`, `#empty`, `#garbage`, `#error`, `#unspeakable` and `#slow=SECONDS`
in a text ask for a fault; `#nan<3` asks for it only while the attempt is below 3; `#seconds=6`
fixes the length of the hum.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from narrate.engines.base import (
    Capabilities,
    Job,
    ModelRef,
    Reference,
    StopReason,
    Synthesis,
    Unspeakable,
)
from narrate.request import Stock
from narrate.sound.pace import bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARK = re.compile(r"#(?P<fault>[a-z]+)(?:<(?P<below>\d+))?(?:=(?P<value>[\d.]+))?")

CAPABILITIES = Capabilities(
    name="tone",
    behaviour=1,
    model="sine",
    languages=("en", "de", "ja"),
    speakers=("low", "high"),
    voices=("speaker", "clone", "design"),
    packages=("numpy",),
    rtf=0.001,
    commands=MARK.pattern,
    for_tests=True,
    loses_words=False,
)

STREAMING = "pieces"
"""The model that gives a text in two pieces; a fault is in the second one only."""

RATE = 24_000
CHARS_PER_SECOND = 15


def capabilities_of(model: ModelRef) -> Capabilities:
    """One model streams."""
    return replace(CAPABILITIES, streams=model.name == STREAMING)


class Engine:
    """Hums a pitch that depends on the whole request, for as long as a person would take to say its
    text.
    """

    def load(self, model: ModelRef) -> None:
        """There is nothing to load."""

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Unspeakable]:
        for job in jobs:
            marks = list(MARK.finditer(job.request.text))
            yield _faulty(Synthesis(_hum(job, marks), RATE), job, marks)

    def stream(self, job: Job, voices: Mapping[str, Reference]) -> Iterator[Synthesis]:
        marks = list(MARK.finditer(job.request.text))
        hum = _hum(job, marks)
        yield Synthesis(hum[: hum.size // 2], RATE)
        yield _faulty(Synthesis(hum[hum.size // 2 :], RATE), job, marks)

    def close(self) -> None:
        """There is nothing to close."""


def _hum(job: Job, marks: Sequence[re.Match[str]]) -> NDArray[np.float32]:
    import numpy as np

    lengths = [float(mark["value"]) for mark in marks if mark["fault"] == "seconds"]
    spoken = MARK.sub("", job.request.text)
    seconds = (
        lengths[0] if lengths else max(0.3, len(spoken) / CHARS_PER_SECOND, 1.1 * bounds(spoken)[0])
    )
    voice = job.request.voice
    base = 880 if isinstance(voice, Stock) and voice.speaker == "high" else 220
    pitch = base + zlib.crc32(job.request.canonical()) % 200 + job.seed % 50
    # One second of an integer pitch is a whole number of waves, so it can be repeated without a
    # click.
    second = (0.3 * np.sin(2 * np.pi * pitch * np.arange(RATE) / RATE)).astype(np.float32)
    return np.resize(second, round(seconds * RATE))


def _faulty(sound: Synthesis, job: Job, marks: Sequence[re.Match[str]]) -> Synthesis:
    """A sound with the faults that the marks ask for at this attempt."""
    for mark in marks:
        if job.attempt < int(mark["below"] or job.attempt + 1) and mark["fault"] in FAULTS:
            sound = FAULTS[mark["fault"]](sound, float(mark["value"] or 0))
    return sound


def _crash(sound: Synthesis, value: float) -> Synthesis:
    os._exit(int(value) or 9)


def _sleep(sound: Synthesis, value: float) -> Synthesis:
    time.sleep(value or 3600)
    return sound


def _garbage(sound: Synthesis, value: float) -> Synthesis:
    """Write what is no frame to every pipe of the process, the worker's own copy of its output
    included.
    """
    for fd in range(3, 16):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                os.write(fd, b"Loading checkpoint shards: 100%\n" * 8)
    return sound


def _raise(error: Exception) -> Callable[[Synthesis, float], Synthesis]:
    def fault(sound: Synthesis, value: float) -> Synthesis:
        raise error

    return fault


def _scaled(factor: float) -> Callable[[Synthesis, float], Synthesis]:
    def fault(sound: Synthesis, value: float) -> Synthesis:
        return Synthesis((sound.samples * factor).clip(-1, 1), sound.rate)

    return fault


def _cut(samples: int) -> Callable[[Synthesis, float], Synthesis]:
    return lambda sound, value: Synthesis(sound.samples[:samples], sound.rate)


def _runaway(sound: Synthesis, value: float) -> Synthesis:
    import numpy as np

    return Synthesis(np.resize(sound.samples, int(163.84 * RATE)), sound.rate, StopReason.LENGTH)


FAULTS: dict[str, Callable[[Synthesis, float], Synthesis]] = {
    "crash": _crash,
    "hang": _sleep,
    "slow": _sleep,
    "garbage": _garbage,
    "error": _raise(RuntimeError("the stand-in was asked to fail")),
    "unspeakable": _raise(Unspeakable("the stand-in was asked to refuse")),
    "silence": _scaled(0.0),
    "nan": _scaled(float("nan")),
    "clipped": _scaled(1000.0),
    "short": _cut(RATE // 100),
    "empty": _cut(0),
    "runaway": _runaway,
}
