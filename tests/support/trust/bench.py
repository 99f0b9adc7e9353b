"""The bench: good clips and clips with faults, and which of them each judge refuses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from support.trust import faults
from support.trust.clips import Clip
from support.trust.faults import Case
from support.trust.figures import Figures
from support.trust.judges import Judge, Reasons
from support.trust.stage import Voice, bad_cases, good_cases

LEARNED = 30
"""Of so many clips of each voice it is learned what is usual for it."""

Show = Callable[[str, Case, Reasons], object]
"""Is told what the judge of a name said of a case."""


def run(
    voices: Sequence[Voice],
    judges: Mapping[str, Judge],
    most: int,
    kinds: Sequence[str] = tuple(faults.KINDS),
    show: Show = lambda name, case, reasons: None,
    speaking: Sequence[Voice] | None = None,
) -> Figures:
    """Have every judge judge the clips of all voices, and up to `most` cases of each kind of fault
    and voice. With `speaking`, these voices alone; the others are there to take their place.
    """
    figures, speaking = Figures(), voices if speaking is None else speaking
    for voice in speaking:
        good = list(good_cases(voice))
        for name, judge in judges.items():
            start = time.process_time()
            found = _judged(judge, good, voice.reference)
            figures.seconds[name] += time.process_time() - start
            figures.heard[name] += sum(len(case.samples) / case.rate for case in good)
            for case, reasons in zip(good, found, strict=True):
                figures.good[voice.name][name].add(bool(reasons))
                show(name, case, reasons)
    for kind in kinds:
        for voice in speaking:
            for case in bad_cases(voice, voices, kind, most):
                for name, judge in judges.items():
                    reasons = judge(case, voice.reference)
                    figures.bad[kind][name].add(bool(reasons))
                    show(name, case, reasons)
    return figures


def _judged(judge: Judge, good: Sequence[Case], reference: Clip) -> list[Reasons]:
    """What is said of good clips, after the voice is learned from the first of them."""
    for case in good[:LEARNED]:
        judge.learn(case, reference)
    return [judge(case, reference) for case in good]
