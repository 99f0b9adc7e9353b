"""The examiner: a process of narrate's own that listens to clips, beside the engines' workers.

parent → examiner
    {"load": {"folder": path, "python": path} or null}      the recognizer, if there is one
    {"voice": digest, "rate": Hz, "transcript": t}  with the float32 samples of a reference
    {"examine": {…}, "rate": Hz, "voice": digest, "checks": [name, …]}  with the float32 samples
examiner → parent
    {"ready": true}                                 once, when the recognizer has loaded
    {"findings": seconds}                           with the findings as JSON
    {"error": text}                                 instead of them
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.engines.base import Reference, Synthesis, first_line
from narrate.errors import EnvironmentProblem
from narrate.hearing.choice import Source
from narrate.workers import frames, worker
from narrate.workers.process import Process, WorkerLost

LOAD_SECONDS = 120.0
"""How long the models of all checks may take to load."""

SLOWEST = 10.0
"""The longest that it may take, in seconds for each second of sound; a busy machine needs 1."""


class Failed(Exception):
    """The examiner is gone, or broke on a clip."""


class Ended(Exception):
    """The examiner was told to end."""


class Examiner:
    """An examiner's process, which starts with the first clip, and again if it is lost."""

    def __init__(self, recognizer: Source | None, references: Mapping[str, Reference]) -> None:
        self._load = asdict(recognizer) if recognizer else None
        self._references = references
        self._known: set[str] = set()
        self._process: Process | None = None
        self._ended = False

    def examine(
        self, sound: Synthesis, expected: Expected, voice: str | None, checks: Sequence[str]
    ) -> Findings:
        """Have a clip examined, whose voice is that of the reference with a digest, if any.

        Raises Failed, Ended, or EnvironmentProblem if the recognizer cannot be loaded.
        """
        process = self._started()
        try:
            self._ask(process, sound, expected, voice, checks)
            return self._answer(process, sound)
        except WorkerLost as lost:
            self._process = None
            raise Ended if self._ended else Failed(str(lost)) from lost

    def terminate(self) -> None:
        """End the process now, and start none again; for any thread, and for signal handlers."""
        # `_process` is set before `_ended` is read, so a process that is just starting is ended by
        # one of the two.
        self._ended = True
        if process := self._process:
            process.terminate()

    def close(self) -> None:
        """End the process; only for the thread that has clips examined."""
        if self._process:
            self._process.kill()
            self._process = None

    def _ask(
        self,
        process: Process,
        sound: Synthesis,
        expected: Expected,
        voice: str | None,
        checks: Sequence[str],
    ) -> None:
        if voice and voice not in self._known:
            known = self._references[voice]
            header = {"voice": voice, "rate": known.rate, "transcript": known.transcript}
            process.write(header, known.samples.tobytes())
            self._known.add(voice)
        order = {"examine": asdict(expected), "rate": sound.rate, "voice": voice}
        process.write(
            order | {"checks": list(checks)}, sound.samples.astype("<f4", copy=False).tobytes()
        )

    def _started(self) -> Process:
        """The process that runs, or a new one whose recognizer has loaded. Raises Ended or
        EnvironmentProblem.
        """
        if self._ended:
            raise Ended
        if self._process is None:
            self._known.clear()
            self._process = Process(sys.executable, "narrate.hearing.examiner")
            self._wait_ready(self._process)
        return self._process

    def _wait_ready(self, process: Process) -> None:
        try:
            if self._ended:
                process.terminate()
            process.write({"load": self._load})
            process.read(LOAD_SECONDS)
        except WorkerLost as lost:
            self._process = None
            raise Ended if self._ended else _cannot_load(self._load, str(lost)) from lost

    def _answer(self, process: Process, sound: Synthesis) -> Findings:
        patience = LOAD_SECONDS + SLOWEST * sound.samples.size / sound.rate
        header, payload = process.read(patience)
        if "findings" not in header:
            raise Failed(str(header.get("error")))
        try:
            return msgspec.json.decode(payload, type=Findings)
        except msgspec.MsgspecError as error:
            raise process.lost(f"the examiner wrote garbage ({error})") from error


def _cannot_load(recognizer: Mapping[str, str] | None, why: str) -> EnvironmentProblem:
    where = recognizer["folder"] if recognizer else "narrate.hearing.examiner"
    hint = "choose another --asr-model, or other --checks; see `narrate doctor`"
    return EnvironmentProblem(f"what listens cannot be loaded ({why})", where=where, hint=hint)


def main() -> None:
    """Serve over what were standard input and output, until the parent goes away."""
    # Before numpy is imported: its small products take ten times as long on several threads, and
    # the engines' workers want the other cores.
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
    from narrate.checks.examine import Examiner as Ears
    from narrate.hearing import choice

    replies, inbox = worker.connected()
    source = inbox.get()[0]["load"]
    ears = Ears(choice.load(choice.Source(**source)) if source else None)
    frames.write(replies, {"ready": True})
    voices: dict[str, Reference] = {}
    while True:
        header, payload = inbox.get()
        if "voice" in header and "examine" not in header:
            voices[header["voice"]] = worker.reference(header, payload)
            continue
        started = time.perf_counter()
        try:
            found = _examined(ears, header, payload, voices)
        except Exception as error:
            frames.write(replies, {"error": f"{type(error).__name__}: {first_line(error)}"})
        else:
            seconds = time.perf_counter() - started
            frames.write(replies, {"findings": seconds}, msgspec.json.encode(found))


def _examined(
    ears: Any, header: dict[str, Any], payload: bytes, voices: Mapping[str, Reference]
) -> Findings:
    import numpy as np

    samples = np.frombuffer(payload, "<f4")
    reference = voices.get(header["voice"] or "")
    found: Findings = ears.examine(
        samples, header["rate"], Expected(**header["examine"]), reference, header["checks"]
    )
    return found
