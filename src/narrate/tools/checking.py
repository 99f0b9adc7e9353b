"""What is spoken already, checked once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narrate import build, stamp
from narrate.base import events
from narrate.base.events import Emit
from narrate.build import Problems
from narrate.planning import unchecked
from narrate.planning.plan import PlannedSegment
from narrate.planning.unchecked import Coverage
from narrate.session import Session, opened
from narrate.synthesis.recheck import recheck


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment with the reasons for refusing what is spoken of it."""

    planned: PlannedSegment
    reasons: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its id in the script."""
        return self.planned.segment.id

    @property
    def state(self) -> str:
        """What is found, in words."""
        if self.reasons:
            return "refused"
        return "passed" if self.planned.cached else "not spoken"


@dataclass(frozen=True, slots=True)
class Checked:
    """A script that was checked.

    `anew` counts the clips that were measured, and `coverage` says of each check what it has
    not heard. If `complete`, everything has to be heard.
    """

    script: str
    segments: tuple[Segment, ...]
    anew: int
    coverage: Mapping[str, Coverage]
    complete: bool

    @property
    def unheard(self) -> list[str]:
        """A line for people on each check that could not listen to everything."""
        return unchecked.in_words(self.coverage)

    def missing(self, id: str) -> dict[str, str]:
        """Why checks could not listen to a segment, by their names."""
        found = {name: each.missing.get(id, "") for name, each in self.coverage.items()}
        return {name: why for name, why in found.items() if why}


def check(sources: Sequence[str | Path], flags: Mapping[str, Any], emit: Emit) -> list[Checked]:
    """Judge the clips of scripts without speaking; recordings are judged as well.

    A check that has not heard a clip listens to it, and what it finds is stored. Raises what
    `build.plan_all` raises.
    """
    problems, found = Problems(len(sources)), []
    # The store may warn from the threads that read clips.
    with events.Relay(emit) as relay:
        with opened(build.prepare_all(sources, flags, relay), relay) as sessions:
            for session in sessions:
                with problems.kept():
                    found.append(_checked(session))
        # The outputs may all exist, and then the next run would trust its stamp and do nothing.
        stamp.clear()
    problems.check()
    return found


def _checked(session: Session) -> Checked:
    session.store.hold()
    # A strict plan would take what the checks refuse for missing.
    lenient = session.without_stand_in().lenient()
    found = recheck(lenient.plan(), lenient.settings, session.store)
    plan = lenient.plan()
    return Checked(
        session.script.named,
        tuple(Segment(each, tuple(_reasons(each, found.problems))) for each in plan.segments),
        found.anew,
        unchecked.look(unchecked.of_plan(plan, {}), lenient.settings),
        session.settings.checks.use == "all",
    )


def _reasons(planned: PlannedSegment, problems: Mapping[bytes, str]) -> Iterator[str]:
    """Why a run would refuse a segment, or why that cannot be said."""
    for each in planned.utterances:
        if each.canonical in problems:
            yield problems[each.canonical]
        elif not each.as_approved:
            yield from each.flags
