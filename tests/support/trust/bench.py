"""The bench: good clips and clips with faults, and which of them each judge refuses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from support.trust import faults
from support.trust.clips import Clip
from support.trust.faults import Case
from support.trust.figures import Figures, Tally
from support.trust.judges import Judge, Reasons
from support.trust.stage import Voice, bad_cases, good_cases

LEARNED = 30
"""Of so many clips of each voice it is learned what is usual for it."""

Show = Callable[[Case, Mapping[str, Reasons]], object]
"""Is told of each case what every judge said."""


def run(
    voices: Sequence[Voice],
    judges: Mapping[str, Judge],
    most: int,
    kinds: Sequence[str] = tuple(faults.KINDS),
    show: Show = lambda case, found: None,
) -> Figures:
    """Have every judge judge the clips of all voices, and up to `most` cases of each kind of fault
    and voice.
    """
    figures = Figures()
    for voice in voices:
        for case in list(good_cases(voice))[:LEARNED]:
            for judge in judges.values():
                judge.learn(case, voice.reference)
        for case in good_cases(voice):
            found = dict(_judged(judges, case, voice.reference, figures))
            _count(figures.good[voice.name], found)
            show(case, found)
    for kind in kinds:
        for voice in voices:
            for case in bad_cases(voice, voices, kind, most):
                found = {name: each(case, voice.reference) for name, each in judges.items()}
                _count(figures.bad[kind], found)
                show(case, found)
    return figures


def _judged(
    judges: Mapping[str, Judge], case: Case, reference: Clip, figures: Figures
) -> Iterator[tuple[str, Reasons]]:
    """What each judge says of a good clip, and what that costs."""
    for name, judge in judges.items():
        start = time.process_time()
        yield name, judge(case, reference)
        figures.seconds[name] += time.process_time() - start
        figures.heard[name] += len(case.samples) / case.rate


def _count(tallies: Mapping[str, Tally], found: Mapping[str, Reasons]) -> None:
    for name, reasons in found.items():
        tallies[name].add(bool(reasons))
