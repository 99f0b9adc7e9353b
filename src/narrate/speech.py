"""What several plans miss is spoken in one go, and it is said of each whether it is complete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from narrate.base import events
from narrate.base.events import Emit
from narrate.base.text import counted
from narrate.cache import Store
from narrate.config import Settings
from narrate.errors import Interrupted, NarrateError, PendingError, UsageError
from narrate.planning import planner
from narrate.planning.planner import Miss, Plan
from narrate.script import Segment
from narrate.synthesis import recordings
from narrate.synthesis import speak as synthesis
from narrate.synthesis.speak import Outcome

DRAFT = "spoken by draft models: the final ones will take other times"


class Failed(NarrateError):
    """Segments failed; `failures` holds the error of each by its id, and the exit code is the
    highest of theirs.
    """

    def __init__(self, script: str, failures: dict[str, NarrateError]) -> None:
        self.failures = failures
        self.exit_code = max(error.exit_code for error in failures.values())
        super().__init__(
            f"{counted(len(failures), 'segment')} failed; the outputs were left as they were",
            where=script,
            hint="finished clips are kept; fix the segments above and run again",
        )


def speak(
    plans: Sequence[Plan],
    settings: Settings,
    store: Store,
    emit: Emit,
    *,
    only: str | None = None,
    keep_going: bool = False,
) -> Outcome:
    """Speak what any of the plans misses, in segments whose ids match a pattern, each utterance
    once. Raises Interrupted.
    """
    planned = planner.union(plans)
    wanted = _wanted(planned, only)
    chosen = [miss for miss in planned.misses if miss.utterance.canonical in wanted]
    emit(summary(planned))
    if settings.profile == "draft" and any(each.capabilities.models for each in planned.choices):
        emit(events.Warned(message=DRAFT))
    outcome = synthesis.speak(planned, chosen, settings, store, emit, keep_going=keep_going)
    if outcome.interrupted:
        raise Interrupted(
            f"interrupted after {len(outcome.clips)} of {counted(len(chosen), 'utterance')}",
            hint="finished clips are kept; run the same command again to continue from here",
        )
    return outcome


def check(planned: Plan, outcome: Outcome, only: str | None) -> None:
    """Raise Failed or PendingError if clips of a plan are still missing."""
    failures: dict[str, NarrateError] = {}
    for miss in planned.misses:
        if error := outcome.failures.get(miss.utterance.canonical):
            failures.setdefault(miss.segment.id, _of_segment(error, miss.segment))
    for segment, refusal in recordings.refusals(planned, outcome.imported):
        failures.setdefault(segment.id, refusal)
    if failures:
        raise Failed(planned.script.name, failures)
    left = [miss for miss in planned.misses if miss.utterance.canonical not in outcome.clips]
    wanted = _wanted(planned, only)
    if stopped := [miss for miss in left if miss.utterance.canonical in wanted]:
        hint = "fix what failed, or add --keep-going"
        raise pending(planned, stopped, "not spoken, as another script failed", hint)
    if left:
        why = "not in the cache, so no output was written"
        raise pending(planned, left, why, which=" outside --only")


def _of_segment(error: NarrateError, segment: Segment) -> NarrateError:
    """The error of an utterance, for one of the segments that need it."""
    where = f"segment {segment.id} ({segment.where})"
    return type(error)(error.what, where=where, hint=error.hint)


def _wanted(planned: Plan, only: str | None) -> set[bytes]:
    """What is said by the segments whose ids match a pattern."""
    wanted: set[bytes] = set()
    for each in planned.segments:
        if fnmatchcase(each.segment.id, only or "*"):
            wanted |= {utterance.canonical for utterance in each.utterances}
    return wanted


def check_only(plans: Iterable[Plan], only: str | None) -> None:
    """Raise UsageError if no segment of any plan matches the pattern."""
    if not any(_wanted(planned, only) for planned in plans):
        hint = "see `narrate plan` for the ids"
        raise UsageError(f"no segment matches {only!r}", where="--only", hint=hint)


def summary(planned: Plan) -> events.Planned:
    """The figures of a plan: counts, and predicted seconds of audio and of work."""
    return events.Planned(
        segments=len(planned.segments),
        utterances=sum(1 for _ in planned.utterances()),
        cached=cached(planned),
        missing=len(planned.misses),
        engine=" and ".join(dict.fromkeys(choice.name for choice in planned.choices)),
        reason="; ".join(dict.fromkeys(choice.reason for choice in planned.choices)),
        seconds=round(
            sum(planned.seconds(each) + each.pause_after for each in planned.segments), 1
        ),
        eta=round(planned.eta, 1),
    )


def cached(planned: Plan) -> int:
    """How many utterances have a clip."""
    return sum(utterance.clip is not None for utterance in planned.utterances())


def pending(
    planned: Plan,
    misses: Iterable[Miss],
    why: str,
    hint: str = "run without that flag",
    which: str = "",
) -> PendingError:
    """The error that these misses are not spoken, with the reason."""
    ids = list(dict.fromkeys(miss.segment.id for miss in misses))
    named = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
    are, them = ("is", "it") if len(ids) == 1 else ("are", "them")
    return PendingError(
        f"{counted(len(ids), 'segment')}{which} {are} {why.format(them=them)}: {named}",
        where=planned.script.name,
        hint=hint,
    )
