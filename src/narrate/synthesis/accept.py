"""A sound -> checks -> store: what passes is stored at once, whatever happens to the others."""

from __future__ import annotations

from narrate import __version__
from narrate.cache import Store
from narrate.checks import structure as checks
from narrate.checks.provenance import Provenance
from narrate.errors import CheckError
from narrate.sound import audio
from narrate.store import entry
from narrate.synthesis.executor import Refused, Sound, Spoken
from narrate.synthesis.queue import Task


def accept(task: Task, sound: Sound, *, store: Store, strict: bool) -> Spoken | Refused:
    """Check what an engine made of a task, and store it if it passes. Raises EnvironmentProblem
    when the disk is full.
    """
    synthesis, utterance = sound.synthesis, task.utterance
    if broken := checks.broken(synthesis):
        return Refused(task, CheckError(broken))
    measures = checks.measure(synthesis)
    flags = checks.judge(measures, utterance.text)
    if flags and strict:
        return Refused(task, CheckError("; ".join(flags)))
    maker, pcm = sound.maker, audio.pcm16(synthesis.samples)
    provenance = Provenance(
        engine=maker.engine,
        versions={**maker.versions, "narrate": __version__},
        **maker.facts,
        seconds=round(sound.seconds, 4),
        attempt=task.attempt,
        measures=measures,
        sound=entry.sound(pcm, synthesis.rate),
    )
    clip = store.put(
        utterance.canonical, pcm, synthesis.rate, provenance, replace=utterance.replace
    )
    return Spoken(task, clip, sound.seconds)
