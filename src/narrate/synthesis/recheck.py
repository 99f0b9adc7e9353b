"""Clips that are stored already -> what is wrong with them; nothing is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from narrate.base.events import Emit, warner
from narrate.cache import Gone, Store
from narrate.checks.provenance import Provenance
from narrate.checks.usuals import Usuals
from narrate.config import Settings
from narrate.errors import CheckError
from narrate.hearing.examiner import Examiner
from narrate.planning.planner import Plan, PlannedUtterance
from narrate.synthesis.accept import Gate, references, voice_of

Reasons = dict[bytes, tuple[str, ...]]
"""Why clips are refused, by canonical form; empty for one that passes."""


def recheck(plan: Plan, settings: Settings, store: Store, emit: Emit) -> Reasons:
    """Measure what the clips of a plan lack, and judge them all.

    A check that is new, or newer, listens to what it has not heard; other clips are only judged. A
    clip that cannot be read, or not be checked, is not among them, and is warned of. Raises
    EnvironmentProblem.
    """
    usuals, voices = Usuals(), references(plan)
    gates = {each: Gate(each, settings, store, voices, usuals) for each in plan.choices}
    clips = {
        each.canonical: (gates[each.choice], each)
        for each in plan.utterances()
        if each.clip and each.choice
    }
    measured = dict(_measured(list(clips.values()), settings, emit))
    for form, made in measured.items():
        usuals.add(voice_of(clips[form][1]), made, clips[form][1].text)
    reasons: Reasons = {}
    for form, made in measured.items():
        gate, utterance = clips[form]
        try:
            reasons[form] = gate.judged(utterance, made)
        except Gone as gone:
            warner(emit)(str(gone))
    return reasons


def _measured(
    clips: list[tuple[Gate, PlannedUtterance]], settings: Settings, emit: Emit
) -> Iterator[tuple[bytes, Provenance]]:
    """What is known of every clip that can be read and checked, with what was lacking."""
    examiners: SimpleQueue[Examiner] = SimpleQueue()
    for _ in range(settings.jobs if clips else 0):
        examiners.put(clips[0][0].examiner())

    def measure(one: tuple[Gate, PlannedUtterance]) -> Provenance | str:
        gate, utterance = one
        examiner = examiners.get()
        try:
            return gate.measured(utterance, examiner)
        except (CheckError, Gone) as error:
            return str(error)
        finally:
            examiners.put(examiner)

    try:
        with ThreadPoolExecutor(settings.jobs) as pool:
            for (_, utterance), found in zip(clips, pool.map(measure, clips), strict=True):
                if isinstance(found, str):
                    warner(emit)(found)
                else:
                    yield utterance.canonical, found
    finally:
        while not examiners.empty():
            examiners.get().close()
