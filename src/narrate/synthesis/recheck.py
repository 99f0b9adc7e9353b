"""Clips that are stored already -> what the checks lack of them; nothing is spoken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import NamedTuple

from narrate.cache import Gone, Store
from narrate.checks import provenance
from narrate.checks.provenance import Provenance
from narrate.checks.usuals import Usuals
from narrate.config import Settings
from narrate.errors import CheckError
from narrate.hearing.examiner import Examiner
from narrate.planning.plan import Plan, PlannedUtterance
from narrate.synthesis.accept import Gate, references, voice_of

Spoken = dict[bytes, tuple[Gate, PlannedUtterance]]
"""Clips of engines, each with what judges it, by canonical form."""


class Rechecked(NamedTuple):
    """What can be judged by what is stored now: all but the clips in `problems`, which cannot be
    read or checked, by canonical form. `anew` counts those that were measured.
    """

    problems: dict[bytes, str]
    anew: int


def recheck(plan: Plan, settings: Settings, store: Store) -> Rechecked:
    """Measure what the clips of a plan lack, compare them, and store both; recordings are left.

    A check that is new, or newer, listens to what it has not heard. Raises EnvironmentProblem.
    """
    usuals, voices = Usuals(), references(plan)
    gates = {each: Gate(each, settings, store, voices, usuals) for each in plan.choices}
    spoken = {
        each.canonical: (gates[each.choice], each)
        for each in plan.utterances()
        if each.clip and each.choice
    }
    measured, problems, anew = {}, {}, 0
    for form, made in _measured(spoken, settings):
        if isinstance(made, str):
            problems[form] = made
            continue
        measured[form] = made
        utterance = spoken[form][1]
        anew += utterance.clip is not None and made != provenance.of(utterance.clip.origin)
        usuals.add(voice_of(utterance), made, utterance.text)
    for form, made in measured.items():
        gate, utterance = spoken[form]
        try:
            gate.compare(utterance, made)
        except Gone as gone:
            problems[form] = _unreadable(gone)
    return Rechecked(problems, anew)


def _unreadable(gone: Gone) -> str:
    return f"its clip cannot be read ({gone})"


def _measured(spoken: Spoken, settings: Settings) -> Iterator[tuple[bytes, Provenance | str]]:
    """What is known of every clip, with what was lacking, or why that is not to be had."""
    free: SimpleQueue[Examiner] = SimpleQueue()

    def measure(one: tuple[Gate, PlannedUtterance]) -> Provenance | str:
        examiner = free.get()
        try:
            return one[0].measured(one[1], examiner)
        except CheckError as error:
            return error.what
        except Gone as gone:
            return _unreadable(gone)
        finally:
            free.put(examiner)

    examiners = _examiners(spoken, settings)
    for examiner in examiners:
        free.put(examiner)
    with ExitStack() as stack:
        for examiner in examiners:
            stack.callback(examiner.close)
        pool = stack.enter_context(ThreadPoolExecutor(settings.jobs))
        with _ended_if_interrupted(examiners):
            yield from zip(spoken, pool.map(measure, spoken.values()), strict=True)


def _examiners(spoken: Spoken, settings: Settings) -> list[Examiner]:
    """As many as may work at a time; only those that are used have processes."""
    # A gate that does not listen has looked for no recognizer.
    gates = sorted((gate for gate, _ in spoken.values()), key=lambda gate: gate.listens)
    return [gates[-1].examiner() for _ in range(settings.jobs)] if gates else []


@contextmanager
def _ended_if_interrupted(examiners: Iterable[Examiner]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for examiner in examiners:
            examiner.terminate()
        raise
