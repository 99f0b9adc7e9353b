"""What several plans miss is spoken in one go, and it is said of each whether it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from narrate.base import events
from narrate.base.events import Emit
from narrate.base.text import counted, some
from narrate.cache import Store
from narrate.config import Settings
from narrate.errors import CheckError, Interrupted, NarrateError, PendingError, UsageError
from narrate.planning import language, readiness, unchecked
from narrate.planning.plan import Miss, Plan, engines_of, union
from narrate.script import Segment
from narrate.synthesis import again, recordings
from narrate.synthesis import speak as synthesis
from narrate.synthesis.speak import Outcome

UNCHECKED = (
    "see `narrate doctor` for what is missing; then `narrate check` listens to what was not heard"
)
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
    stopped: bool = False,
) -> Outcome:
    """Speak what any of the plans misses, in segments whose ids match a pattern, each utterance
    once; nothing if a failure has `stopped` the run. Raises Interrupted.
    """
    planned = union(plans)
    wanted = _wanted(planned, only) if not stopped else set[bytes]()
    chosen = [miss for miss in planned.misses if miss.utterance.canonical in wanted]
    emit(summary(planned))
    readiness.require(engines_of(chosen), settings, events.warner(emit))
    if settings.profile == "draft" and any(each.capabilities.models for each in planned.choices):
        emit(events.Warned(message=DRAFT))
    if foreign := language.warning(chosen):
        emit(events.Warned(message=foreign))
    before = again.sounds(store, chosen)
    outcome = synthesis.speak(planned, chosen, settings, store, emit, keep_going=keep_going)
    if repeated := again.repeated(store, chosen, before, outcome.clips):
        emit(events.Warned(message=_of_repeats(repeated)))
    if outcome.interrupted:
        raise Interrupted(
            f"interrupted after {len(outcome.clips)} of {counted(len(chosen), 'utterance')}",
            hint="finished clips are kept; run the same command again to continue from here",
        )
    return outcome


def _of_repeats(repeated: Sequence[Miss]) -> str:
    """That speaking again has changed nothing."""
    ids = list(dict.fromkeys(miss.segment.id for miss in repeated))
    engines = " and ".join(choice.name for choice in engines_of(repeated))
    return (
        f"spoken again, and the sound is the same: {some(ids)}; {engines} repeats itself for"
        " the same request, and another `take` of the segment sounds different"
    )


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


def require_checks(planned: Plan, outcome: Outcome, settings: Settings) -> None:
    """With `--checks all`, raise CheckError if a check has not listened to a clip."""
    if settings.checks.use != "all" or settings.qa != "strict":
        return
    found = unchecked.look(unchecked.of_plan(planned, outcome.clips), settings)
    if lines := unchecked.in_words(found):
        raise CheckError("; ".join(lines), where=planned.script.name, hint=UNCHECKED)


def unchecked_remarks(planned: Plan, outcome: Outcome, settings: Settings) -> list[str]:
    """What a person should know of checks that have not listened to everything."""
    if settings.qa == "off":
        return []
    found = unchecked.look(unchecked.of_plan(planned, outcome.clips), settings)
    lines = unchecked.in_words(found)
    return [f"{'; '.join(lines)}; {UNCHECKED}"] if lines else []


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
    # Equal choices may have been made for several reasons.
    reasons = (each.choice.reason for each in planned.utterances() if each.choice)
    return events.Planned(
        segments=len(planned.segments),
        utterances=sum(1 for _ in planned.utterances()),
        cached=cached(planned),
        missing=len(planned.misses),
        engine=" and ".join(dict.fromkeys(choice.name for choice in planned.choices)),
        reason="; ".join(dict.fromkeys(reasons)),
        seconds=round(
            sum(planned.seconds(each) + each.pause_after for each in planned.segments), 1
        ),
        eta=round(planned.eta, 1),
    )


def require_nothing(planned: Plan) -> None:
    """Raise PendingError if something of a plan has to be spoken, or a stand-in speaks it."""
    if planned.misses:
        why = "not cached, and --frozen forbids speaking {them}"
        hint = "run without that flag, or bring the clips with `narrate cache import`"
        raise pending(planned, planned.misses, why, hint)
    if planned.stand_ins:
        ids = [each.segment.id for each in planned.stand_ins]
        are = "is" if len(ids) == 1 else "are"
        steps = "; ".join(dict.fromkeys(problem.hint for problem in planned.missing))
        raise PendingError(
            f"{counted(len(ids), 'segment')} {are} spoken by a stand-in, and --frozen forbids it: "
            + some(ids),
            where=planned.script.name,
            hint=f"{steps}; or bring the clips with `narrate cache import`",
        )


def warn_of_missing_engines(
    planned: Plan, settings: Settings, warn: Callable[[str], object]
) -> None:
    """Warn of every engine that a plan needs and that cannot be used here."""
    # A program that a project names is not started for the sake of a warning.
    needed = () if settings.trust.programs else engines_of(planned.misses)
    found = (readiness.problem(choice, settings, warn) for choice in needed)
    missing = [*planned.missing, *(problem for problem in found if problem)]
    for text in dict.fromkeys(f"{problem}; {problem.hint}" for problem in missing):
        warn(text)
    if told := stand_ins(planned):
        warn(told)


def stand_ins(planned: Plan) -> str:
    """A line for people on the segments that a stand-in speaks; empty if there are none."""
    found = planned.stand_ins
    if not found:
        return ""
    engines = ", ".join(dict.fromkeys(str(each.stand_in) for each in found))
    voices = dict.fromkeys(each.segment.voice or "the default voice" for each in found)
    are = "is" if len(found) == 1 else "are"
    return (
        f"{counted(len(found), 'segment')} {are} spoken by a stand-in ({engines}) in place of: "
        f"{', '.join(voices)}"
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
    are, them = ("is", "it") if len(ids) == 1 else ("are", "them")
    return PendingError(
        f"{counted(len(ids), 'segment')}{which} {are} {why.format(them=them)}: {some(ids)}",
        where=planned.script.name,
        hint=hint,
    )
