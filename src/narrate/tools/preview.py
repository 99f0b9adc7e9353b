"""A line that is heard while an engine speaks it.

It is not stored, as the pieces of a stream are not quite the sound that a run gets, nor judged as
clips are. Only what is not a sound, or a text that does not end, is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from narrate.base.events import Emit, warner
from narrate.cache import Store
from narrate.checks import structure
from narrate.config import Settings
from narrate.engines.base import Job, StopReason, Synthesis
from narrate.errors import SynthesisError
from narrate.output import render
from narrate.output.timeline import parts_of
from narrate.planning import readiness
from narrate.planning.plan import Plan, PlannedUtterance, engines_of
from narrate.sound import audio, wav
from narrate.synthesis import local
from narrate.tools.playback import Pcm, Playback
from narrate.workers.client import JobFailed, Worker
from narrate.workers.process import WorkerLost

NOTE = "this is a preview: what is heard while {engine} speaks it is neither checked nor stored"


def is_possible(plan: Plan) -> bool:
    """Whether a plan misses something, and one engine that streams can speak it."""
    choices = engines_of(plan.misses)
    return len(choices) == 1 and choices[0].capabilities.streams


def speak(plan: Plan, settings: Settings, store: Store, playback: Playback, emit: Emit) -> None:
    """Hand on what the store has, and what it misses piece by piece.

    Raises EnvironmentProblem, SynthesisError, or Gone if a clip is no longer what it was.
    """
    warn = warner(emit)
    [choice] = engines_of(plan.misses)
    readiness.require([choice], settings, warn)
    python = local.prepare(choice, settings, emit)
    warn(NOTE.format(engine=choice.name))
    worker = Worker(choice.name, choice.model, python, choice.module)
    try:
        worker.wait_ready()
        for utterance in plan.utterances():
            for pcm, rate in _pieces(utterance, plan, worker, settings.timeout, store):
                playback.add(pcm, rate)
    except (JobFailed, WorkerLost) as error:
        hint = "run it again, or without --stream"
        raise SynthesisError(str(error), where=plan.script.name, hint=hint) from None
    finally:
        worker.kill()


def _pieces(
    utterance: PlannedUtterance, plan: Plan, worker: Worker, seconds: float, store: Store
) -> Iterator[tuple[Pcm, int]]:
    """The sound of an utterance and the rate of each piece, after the silence before it."""
    if clip := utterance.clip:
        for block in render.blocks(parts_of(utterance, clip, clip.rate), clip.rate, store):
            yield block, clip.rate
        return
    assert utterance.request
    voices = {voice.clone.ref: voice.reference for voice in plan.voices.values()}
    pause = utterance.pause_before
    for piece in worker.stream(Job(utterance.request), voices, seconds):
        if broken := structure.broken(piece):
            raise JobFailed(broken, "failed")
        if piece.stop is StopReason.LENGTH:
            raise JobFailed("the engine ran into its length limit", "failed")
        yield _after(pause, piece), piece.rate
        pause = 0.0


def _after(pause: float, sound: Synthesis) -> bytes:
    return bytes(wav.SAMPLE_BYTES * round(pause * sound.rate)) + audio.pcm16(sound.samples)
