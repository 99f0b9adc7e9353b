"""What may refuse a clip: the checks of narrate, those of ttsproof, and that a file exists."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import structs

from narrate.checks import structure
from narrate.checks.examine import Examiner
from narrate.checks.judge import LOSING_WORDS, Judge
from narrate.checks.provenance import Provenance
from narrate.checks.recognizer import Recognizer
from narrate.checks.usuals import Usuals
from narrate.engines.base import Reference, Synthesis
from narrate.thresholds import Thresholds
from support.trust.clips import Clip
from support.trust.faults import Case

Reasons = tuple[str, ...]
Refuse = Callable[[Case, Clip], Reasons]
"""Judges a case of a voice with this reference: the reasons for refusing it, empty if it passes."""


class Narrate:
    """The checks of a run on an engine that may lose words, in this process.

    `recogniser` is the folder of a Whisper model, or empty: then no recognizer listens, but the
    words are followed all the same.
    """

    def __init__(self, recogniser: str = "", checks: Sequence[str] = LOSING_WORDS) -> None:
        self._examiner = Examiner(Recognizer(recogniser) if recogniser else None)
        self._judge = Judge(tuple(checks), Thresholds())
        self._usuals = Usuals()

    def learn(self, case: Case, reference: Clip) -> None:
        """Learn what is usual for a voice from one of its clips, if it passes."""
        made = self._made(case, reference)
        if isinstance(made, Provenance) and not self._judged(case, made):
            self._usuals.add(case.clip.voice, made)

    def __call__(self, case: Case, reference: Clip) -> Reasons:
        made = self._made(case, reference)
        return self._judged(case, made) if isinstance(made, Provenance) else made

    def _made(self, case: Case, reference: Clip) -> Provenance | Reasons:
        """What is measured of a clip, or why it is refused at once. As in a run, only what may be
        speech is heard.
        """
        if case.error:
            return (case.error,)
        sound = Synthesis(case.samples, case.rate, case.stop)
        if broken := structure.broken(sound):
            return (broken,)
        made = Provenance(measures=structure.measure(sound))
        if self._judged(case, made):
            return made
        voice = Reference(reference.samples, reference.rate, reference.line.text)
        expected, checks = case.clip.line.expected, self._judge.checks
        found = self._examiner.examine(case.samples, case.rate, expected, voice, checks)
        return structs.replace(made, findings=found)

    def _judged(self, case: Case, made: Provenance) -> Reasons:
        compared = self._usuals.compared(case.clip.voice, made)
        return self._judge.reasons(compared, case.clip.line.text)


class TtsProof:
    """ttsproof with the same Whisper model; what it puts in quarantine counts as refused."""

    def __init__(self, model: str) -> None:
        self._model = model

    @cached_property
    def _listener(self) -> object:
        return import_module("ttsproof.asr").ASR(self._model, device="cpu", compute_type="int8")

    def __call__(self, case: Case, reference: Clip) -> Reasons:
        """It is given the words as they are said, which its own reading of numbers may miss."""
        import soundfile

        if case.error:
            return (case.error,)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "clip.wav"
            soundfile.write(path, case.samples, case.rate, subtype="PCM_16")
            row = import_module("ttsproof").qa_sample(case.clip.line.text, path, asr=self._listener)
        return () if row["verdict"] == "pass" else (row["error_reason"],)


def exists(case: Case, reference: Clip) -> Reasons:
    """What a script sees that asks whether the file is there."""
    return (case.error,) if case.error else ()


def timed(refuse: Refuse, case: Case, reference: Clip) -> tuple[Reasons, float]:
    """The reasons, and the seconds of processor time that they took."""
    start = time.process_time()
    return refuse(case, reference), time.process_time() - start
