"""What may refuse a clip: the checks of narrate, those of ttsproof, and that a file exists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from msgspec import structs

from narrate.checks import judge as judging
from narrate.checks import structure
from narrate.checks.examine import Examiner
from narrate.checks.provenance import Provenance
from narrate.checks.recognizer import Recognizer
from narrate.checks.usuals import Usuals
from narrate.engines.base import Reference, Synthesis
from narrate.thresholds import Thresholds
from support.trust.clips import Clip
from support.trust.faults import Case

Reasons = tuple[str, ...]


class Judge(Protocol):
    """Judges cases of voices with references."""

    def learn(self, case: Case, reference: Clip) -> None:
        """Learn what is usual for a voice from one of its good clips."""

    def __call__(self, case: Case, reference: Clip) -> Reasons:
        """The reasons for refusing a clip; empty if it passes."""


class Narrate:
    """The checks of a run on an engine that may lose words, in this process.

    `recogniser` is the folder of a Whisper model, or empty: then no recognizer listens, but the
    words are followed all the same.
    """

    def __init__(self, recogniser: str = "", checks: Sequence[str] = judging.LOSING_WORDS) -> None:
        self._examiner = Examiner(Recognizer(recogniser) if recogniser else None)
        self._judge = judging.Judge(tuple(checks), Thresholds())
        self._usuals = Usuals()
        self._learned: dict[Clip, Provenance | Reasons] = {}

    def learn(self, case: Case, reference: Clip) -> None:
        """Learn what is usual for a voice from one of its good clips, if it passes."""
        self._learned[case.clip] = made = self._made(case, reference)
        if isinstance(made, Provenance) and not self._judged(case, made):
            self._usuals.add(case.clip.voice, made, case.clip.line.text)

    def __call__(self, case: Case, reference: Clip) -> Reasons:
        known = self._learned.get(case.clip) if case.kind == "good" else None
        made = known or self._made(case, reference)
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
        voice = _reference(reference)
        expected, checks = case.clip.line.expected, self._judge.checks
        found = self._examiner.examine(case.samples, case.rate, expected, voice, checks)
        return structs.replace(made, findings=found)

    def _judged(self, case: Case, made: Provenance) -> Reasons:
        compared = self._usuals.compared(case.clip.voice, made, case.clip.line.text)
        return self._judge.reasons(compared, case.clip.line.text)


@cache
def _reference(clip: Clip) -> Reference:
    """A clip as a voice is cloned from it; the examiner keeps what it measures of each."""
    return Reference(clip.samples, clip.rate, clip.line.text)


class TtsProof:
    """ttsproof with the same Whisper model; what it puts in quarantine counts as refused."""

    def __init__(self, model: str) -> None:
        self._model = model

    @cached_property
    def _listener(self) -> object:
        asr: object = import_module("ttsproof.asr").ASR(self._model, "cpu", "int8")
        return asr

    def learn(self, case: Case, reference: Clip) -> None:
        """It knows no voices."""

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


class Exists:
    """What a script sees that asks whether the file is there."""

    def learn(self, case: Case, reference: Clip) -> None:
        """It knows no voices."""

    def __call__(self, case: Case, reference: Clip) -> Reasons:
        return (case.error,) if case.error else ()
