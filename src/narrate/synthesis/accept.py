"""A sound -> checks -> store: what passes is stored at once, whatever happens to the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from narrate import __version__
from narrate.cache import Gone, Store
from narrate.checks import provenance, said, structure, usuals
from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.checks.provenance import Provenance
from narrate.checks.usuals import Usuals
from narrate.config import Settings
from narrate.engines import registry
from narrate.engines.base import Reference, StopReason, Synthesis
from narrate.errors import CheckError, EnvironmentProblem
from narrate.hearing import choice as hearing
from narrate.hearing.choice import Source
from narrate.hearing.examiner import Examiner, Failed
from narrate.planning import verdicts
from narrate.planning.casting import Choice
from narrate.planning.plan import Plan, PlannedUtterance
from narrate.request import Clone
from narrate.sound import audio
from narrate.store import entry
from narrate.store.entry import Clip
from narrate.synthesis.executor import Another, Refused, Spoken
from narrate.synthesis.task import Candidate, Sound, Task
from narrate.takes import choice

PRONOUNCER = "hibari"
"""The engine whose spelling tells the checks how names and letters are pronounced."""


class Early(NamedTuple):
    """A clip of which its voice was not known well enough to compare it."""

    task: Task
    clip: Clip
    made: Provenance


def voice_of(utterance: PlannedUtterance) -> object:
    """What names the voice of an utterance, as far as it decides how it sounds."""
    request = utterance.request
    assert request
    return request.engine, request.model, request.voice


class Gate:
    """Between an engine and the store: what it lets through is stored.

    `speaks` is the engine with its model. It may be used by several threads at a time.
    """

    def __init__(
        self,
        speaks: Choice,
        settings: Settings,
        store: Store,
        voices: Mapping[str, Reference],
        known: Usuals,
    ) -> None:
        self.speaks, self._judge = speaks, verdicts.judge(speaks, settings)
        self._settings, self._store, self._voices = settings, store, voices
        self._usuals = known
        self._recognizer = recognizer(settings) if self.listens else None
        self._early: list[Early] = []
        self._spelling = registry.capabilities(PRONOUNCER).spelling

    @property
    def listens(self) -> bool:
        """Whether checks listen, which takes an examiner."""
        return bool(self._judge.checks) and self._settings.qa != "off"

    def examiner(self) -> Examiner:
        """An examiner for one thread; its process starts with the first clip."""
        return Examiner(self._recognizer, self._voices)

    def accept(
        self, task: Task, sound: Sound, examiner: Examiner | None
    ) -> Spoken | Refused | Another:
        """Check what an engine made of a task, and store it if it passes. Raises EnvironmentProblem
        when the disk is full.
        """
        if broken := structure.broken(sound.synthesis):
            return Refused(task, CheckError(broken))
        made = self._compared(task.utterance, self._measured(task, sound))
        reasons = self._judge.reasons(made, task.utterance.text)
        if examiner and self.listens and not reasons:
            # A recognizer makes words of noise, so it hears only what may be speech.
            try:
                findings = self._examined(task.utterance, sound.synthesis, examiner)
            except CheckError as error:
                made = msgspec.structs.replace(made, findings=self._unheard(error.what))
                return self._decided(task, Candidate(sound, made), (error.what,))
            made = msgspec.structs.replace(made, findings=findings)
            made = self._compared(task.utterance, made)
            reasons = self._judge.reasons(made, task.utterance.text)
        return self._decided(task, Candidate(sound, made), reasons)

    def reconsider(self) -> Iterator[Spoken | Refused]:
        """Compare the first clips of each voice with those that followed: results of tasks that
        are done, of which some may be refused now. Raises EnvironmentProblem when the disk is full.
        """
        early, self._early = self._early, []
        for task, clip, before in early:
            made = self._compared(task.utterance, before)
            if made == before:
                continue
            try:
                kept = self._store.annotate(clip, made)
                reasons = self._judge.reasons(made, task.utterance.text)
                refused = bool(reasons) and self._settings.qa == "strict"
                samples = bytes(self._store.read(kept)) if refused else b""
            except Gone:
                continue
            if refused:
                self._store.refuse(clip.canonical, samples, clip.rate, made, made.attempt)
                yield Refused(task, CheckError("; ".join(reasons)))
            else:
                yield Spoken(task, kept, 0.0)

    def measured(self, utterance: PlannedUtterance, examiner: Examiner) -> Provenance:
        """What is known of an utterance's clip, with the measurements that it lacked. Raises Gone
        or CheckError.
        """
        clip = utterance.clip
        assert clip
        made = provenance.of(clip.origin)
        known = made.measures
        if known and known.version == structure.VERSION and not self.lacks(made):
            return made
        stop = StopReason(known.stop) if known else StopReason.END
        sound = Synthesis(audio.floats(self._store.read(clip)), clip.rate, stop)
        made = msgspec.structs.replace(made, measures=structure.measure(sound), relative=None)
        if self.lacks(made) and not structure.broken(sound):
            findings = self._examined(utterance, sound, examiner)
            made = msgspec.structs.replace(made, findings=made.findings.joined(findings))
        return made

    def compare(self, utterance: PlannedUtterance, measured: Provenance) -> None:
        """Compare an utterance's clip with its voice, unless it was before, and store what is new.
        Raises Gone, or EnvironmentProblem when the disk is full.
        """
        assert utterance.clip
        made = self._compared(utterance, measured)
        if made != provenance.of(utterance.clip.origin):
            self._store.annotate(utterance.clip, made)

    def lacks(self, made: Provenance) -> bool:
        """Whether a check that is wanted and could listen has not."""
        return self.listens and made.findings.lack(self._judge.checks, self._recognizer is not None)

    def settle(self, task: Task) -> Spoken:
        """Store the best of a task's candidates, of which there is one at least."""
        text = task.utterance.text
        found = [self._rated(each, text) for each in task.candidates]
        best = task.candidates.pop(choice.best(found))
        for other in task.candidates:
            self._keep(task, other)
        # A task outlives its sounds: it may be spoken once more, and is kept until the run ends.
        task.candidates.clear()
        return self._stored(task, best)

    def _rated(self, candidate: Candidate, text: str) -> choice.Candidate:
        made, sound = candidate.made, candidate.sound.synthesis
        reasons, distance = self._judge.reasons(made, text), self._judge.score(made)
        return choice.Candidate(reasons, distance, sound.samples.size / sound.rate)

    def _decided(
        self, task: Task, candidate: Candidate, reasons: tuple[str, ...]
    ) -> Spoken | Refused | Another:
        if reasons and self._settings.qa == "strict":
            self._keep(task, candidate)
            return Refused(task, CheckError("; ".join(reasons)))
        if self._settings.takes == 1:
            return self._stored(task, candidate)
        task.candidates.append(candidate)
        if len(task.candidates) < self._settings.takes:
            return Another(task)
        return self.settle(task)

    def _measured(self, task: Task, sound: Sound) -> Provenance:
        maker = sound.maker
        return Provenance(
            engine=maker.engine,
            versions={**maker.versions, "narrate": __version__},
            kind=maker.facts.get("kind", ""),
            device=maker.facts.get("device", ""),
            dtype=maker.facts.get("dtype", ""),
            seconds=round(sound.seconds, 4),
            attempt=task.attempt,
            measures=structure.measure(sound.synthesis),
            said=said.measure(sound.synthesis),
        )

    def _compared(self, utterance: PlannedUtterance, made: Provenance) -> Provenance:
        if self.speaks.capabilities.for_tests:
            # It hums each text at a pitch of its own, so it has no voice to compare with.
            return made
        return self._usuals.compared(voice_of(utterance), made, utterance.text)

    def _examined(
        self, utterance: PlannedUtterance, sound: Synthesis, examiner: Examiner
    ) -> Findings:
        """What the checks that listen find. Raises CheckError."""
        assert utterance.request
        voice = utterance.request.voice
        reference = voice.ref if isinstance(voice, Clone) else None
        expected = self._expected(utterance)
        for last in (False, True):
            try:
                return examiner.examine(sound, expected, reference, self._judge.checks)
            except Failed as error:
                if last:
                    raise CheckError(f"it could not be checked ({error})") from error
        raise AssertionError

    def _unheard(self, why: str) -> Findings:
        """That no check could listen."""
        return Findings(missing=dict.fromkeys(self._judge.checks, why))

    def _expected(self, utterance: PlannedUtterance) -> Expected:
        assert utterance.request
        said = utterance.said
        spelled = said.spelled(self._spelling) if said else utterance.text
        return Expected(utterance.text, spelled, utterance.request.language)

    def _keep(self, task: Task, candidate: Candidate) -> None:
        """Keep a sound that is not used, for people to listen to."""
        made, synthesis = candidate.made, candidate.sound.synthesis
        pcm = audio.pcm16(synthesis.samples)
        self._store.refuse(task.utterance.canonical, pcm, synthesis.rate, made, made.attempt)

    def _stored(self, task: Task, candidate: Candidate) -> Spoken:
        sound, utterance = candidate.sound, task.utterance
        pcm, rate = audio.pcm16(sound.synthesis.samples), sound.synthesis.rate
        made = msgspec.structs.replace(candidate.made, sound=entry.sound(pcm, rate))
        clip = self._store.put(utterance.canonical, pcm, rate, made, replace=utterance.replace)
        self._learn(task, clip)
        return Spoken(task, clip, sound.seconds)

    def _learn(self, task: Task, clip: Clip) -> None:
        # Another run may have been first, and then the clip holds its sound.
        made = provenance.of(clip.origin)
        if not usuals.is_compared(made):
            self._early.append(Early(task, clip, made))
        self._usuals.add(voice_of(task.utterance), made, task.utterance.text)


def recognizer(settings: Settings) -> Source | None:
    """What hears words; None if there is nothing here, which the checks then say of each clip."""
    try:
        return hearing.find(settings.asr_model, settings)
    except EnvironmentProblem:
        if settings.asr_model:
            raise
        return None


def references(plan: Plan) -> Mapping[str, Reference]:
    """The references of a plan by digest."""
    # Of two voices with one recording, the one with a transcript serves both.
    known = sorted(plan.voices.values(), key=lambda voice: voice.clone.transcript is not None)
    return {voice.clone.ref: voice.reference for voice in known}
