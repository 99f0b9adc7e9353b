"""The whole way on one page: scripts -> plans -> clips -> timelines -> files."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from narrate import config, speech, stamp
from narrate import script as scripts
from narrate.base import events, facts
from narrate.base.events import Emit
from narrate.base.text import counted
from narrate.cache import Gone, Store
from narrate.config import Config, Settings
from narrate.errors import EnvironmentProblem, Interrupted, NarrateError, UsageError
from narrate.output import record
from narrate.output.why import Why, explain
from narrate.planning import approvals
from narrate.planning.plan import Plan
from narrate.publish import Job, Result, guard, write
from narrate.session import Options, Prepared, Session, opened
from narrate.speech import Failed, stand_ins, summary
from narrate.store import usage
from narrate.store.entry import Clip

__all__ = [
    "Failed",
    "Options",
    "Problems",
    "Result",
    "Several",
    "export",
    "perform",
    "plan",
    "plan_all",
    "prepare",
    "prepare_all",
    "run",
    "run_all",
    "stand_ins",
    "summary",
    "why",
]

ROUNDS = 5
"""How often clips that vanish while the files are written (a prune, a failing disk) are made again.
"""


class Several(NarrateError):
    """Some of several scripts were not narrated: `errors` has the error of each, and `results`
    what was done with the others. The exit code is the highest of theirs.
    """

    def __init__(self, errors: Sequence[NarrateError], of: int, results: Sequence[Result]) -> None:
        self.errors, self.results = errors, results
        self.exit_code = max(error.exit_code for error in errors)
        were = "was" if len(errors) == 1 else "were"
        rest = f"{len(results)} {'is' if len(results) == 1 else 'are'} complete"
        super().__init__(
            f"{len(errors)} of {counted(of, 'script')} {were} not narrated; "
            + (rest if results else "no output was written"),
            hint="fix what is named above and run again; finished clips are kept",
        )


class Problems:
    """The errors of scripts that are narrated together, so that all are shown in one go."""

    def __init__(self, scripts: int) -> None:
        self.scripts = scripts
        self._errors: list[NarrateError] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the error of one script, and go on with the next one."""
        try:
            yield
        except Interrupted:
            raise
        except NarrateError as error:
            self._errors.append(error)

    @property
    def found(self) -> bool:
        """Whether there are errors."""
        return bool(self._errors)

    def check(self, results: Sequence[Result] = ()) -> None:
        """Raise the error of a single script, or Several if there are errors."""
        if self._errors and self.scripts == 1:
            raise self._errors[0]
        if self._errors:
            raise Several(self._errors, self.scripts, results)


def prepare(
    source: str | Path, flags: Mapping[str, Any], emit: Emit
) -> tuple[scripts.Script, Config]:
    """Read a script and the settings for it."""
    sources = config.gather(flags, scripts.folder_of(source))
    script = scripts.load(source, _read_options(sources.settle().settings))
    names = ("fps", "language", "pause_after", "reading", "mathematics")
    own = {name: getattr(script, name) for name in names}
    configuration = sources.settle(own)
    configuration = replace(
        configuration, warnings=(*configuration.warnings, *map(str, script.notes))
    )
    for text in configuration.warnings:
        emit(events.Warned(message=text))
    return script, configuration


def _read_options(settings: Settings) -> scripts.ReadOptions:
    names = (field.name for field in fields(scripts.ReadOptions))
    return scripts.ReadOptions(**{name: getattr(settings, name) for name in names})


def prepare_all(
    sources: Sequence[str | Path], flags: Mapping[str, Any], emit: Emit
) -> list[Prepared]:
    """Read several scripts; the errors of all of them are raised together."""
    problems, prepared = Problems(len(sources)), []
    for source in sources:
        with problems.kept():
            prepared.append(prepare(source, flags, emit))
    problems.check()
    return prepared


def plan(source: str | Path, flags: Mapping[str, Any], options: Options, emit: Emit) -> Plan:
    """Work out what a run would do; nothing is written."""
    return plan_all([source], flags, options, emit)[0]


def plan_all(
    sources: Sequence[str | Path], flags: Mapping[str, Any], options: Options, emit: Emit
) -> list[Plan]:
    """Work out what a run of several scripts would do, and warn of engines that it would need and
    that cannot be used here; nothing is written.
    """
    problems, plans = Problems(len(sources)), []
    with opened(prepare_all(sources, flags, emit), emit) as sessions:
        for session in sessions:
            with problems.kept():
                plans.append(session.plan(options.force))
                _look_at_lock(session, plans[-1], options)
                speech.warn_of_missing_engines(plans[-1], session.settings, session.warn)
    problems.check()
    return plans


def _look_at_lock(session: Session, planned: Plan, options: Options) -> None:
    """Warn of approved takes that would not be heard; with `locked`, raise PendingError."""
    found = approvals.departures(planned, session.store)
    if options.locked:
        approvals.require(planned, found)
    for text in found.lines():
        session.warn(text)


@contextmanager
def _session(source: str | Path, flags: Mapping[str, Any], emit: Emit) -> Iterator[Session]:
    """Read a script and its settings, and open the cache."""
    with opened([prepare(source, flags, emit)], emit) as sessions:
        yield sessions[0]


def why(source: str | Path, flags: Mapping[str, Any], emit: Emit) -> list[Why]:
    """Compare what a run would ask for with what the last run into the same folder did; nothing is
    written.
    """
    with _session(source, flags, emit) as session:
        return explain(session.plan(), record.recall(session.out), session.store)


def export(source: str | Path, flags: Mapping[str, Any], path: Path, emit: Emit) -> int:
    """Write the clips that a script needs to an archive; return how many. Raises PendingError if
    some are missing.
    """
    # It imports zipfile, which no run should have to wait for.
    from narrate import archive

    with _session(source, flags, emit) as session:
        session.store.hold()
        planned = session.without_stand_in().plan()
        if planned.misses:
            # The outputs may all exist, and then the next run would trust its stamp and do nothing.
            stamp.clear()
            hint = f"run: narrate run {shlex.quote(str(source))}, then export again"
            raise speech.pending(planned, planned.misses, "not in the cache", hint)
        clips = {clip.key: clip for clip in (*planned.clips.values(), *_approved(session))}
        return archive.export(clips.values(), session.store, path)


def _approved(session: Session) -> Iterator[Clip]:
    """The approved takes of a script that are in the cache, also of other engines and voices."""
    for _, approved in session.script.lock:
        if clip := session.store.at(approved.clip):
            yield clip


def run(source: str | Path, flags: Mapping[str, Any], options: Options, emit: Emit) -> Result:
    """Narrate a script: speak what is missing, then write the files that changed.

    Raises Failed if segments failed, PendingError if `frozen` or `only` left something to speak or
    `locked` forbids what would be heard,
    Interrupted, ScriptError, UsageError or EnvironmentProblem. No output is written until every
    clip exists.
    """
    return run_all([source], flags, options, emit)[0]


def run_all(
    sources: Sequence[str | Path], flags: Mapping[str, Any], options: Options, emit: Emit
) -> list[Result]:
    """Narrate several scripts: plan all, speak what any of them misses once, then write the files
    of each.

    Nothing is spoken if a script cannot be planned. A script whose segments failed keeps its
    outputs as they were; those of the others are written. Raises what `run` raises, within Several
    if there are several scripts.
    """
    return _perform(prepare_all(sources, flags, emit), options, emit)


def perform(script: scripts.Script, configuration: Config, options: Options, emit: Emit) -> Result:
    """Narrate a script that was read already, with settings that were made already. Raises what
    `run` raises.
    """
    return _perform([(script, configuration)], options, emit)[0]


def _perform(prepared: Sequence[Prepared], options: Options, emit: Emit) -> list[Result]:
    started = time.time()
    problems, results = Problems(len(prepared)), []
    # The store may warn from the threads that keep clips in it.
    with events.Relay(emit) as relay, opened(prepared, relay) as sessions:
        for group in _groups(_plan_jobs(sessions, options, problems)):
            results += _make(group, options, problems, started)
    for result in results:
        name = result.plan.script.named if len(prepared) > 1 else None
        emit(events.Done(script=name, written=sorted(path.name for path in result.written)))
    problems.check(results)
    return results


def _plan_jobs(sessions: Sequence[Session], options: Options, problems: Problems) -> list[Job]:
    """Plan every script; all their errors are raised together, before anything is spoken."""
    jobs = []
    for session in sessions:
        with problems.kept():
            jobs.append(_plan_job(session, options))
    with problems.kept():
        _check_places(sessions)
    problems.check()
    speech.check_only([job.plan for job in jobs], options.only)
    return jobs


def _plan_job(session: Session, options: Options) -> Job:
    script, files = session.script, session.configuration.files
    recordings = [segment.audio for segment in script.segments if segment.audio]
    beside = (*scripts.lexicons(script), *session.lock_paths)
    inputs = facts.take((*script.inputs, *beside, *files, *recordings))
    # Who may write there decides whether the settings in a folder are obeyed.
    folders = facts.take({os.path.join(path.parent, facts.FOLDER) for path in files})
    session.check_links()
    job = Job(session, inputs, folders, session.plan(options.force))
    _check_job(job, options)
    return job


def _check_job(job: Job, options: Options) -> None:
    """Refuse a plan that would lose files, or that `frozen` forbids."""
    guard(job, options)
    if options.frozen:
        speech.require_nothing(job.plan)
    if options.locked:
        approvals.require(job.plan, approvals.departures(job.plan, job.session.store))


def _check_places(sessions: Sequence[Session]) -> None:
    """Refuse scripts that would be written to one folder. Raises UsageError."""
    names: dict[str, str] = {}
    for session in sessions:
        other = names.setdefault(os.path.realpath(session.out), session.script.named)
        if other != session.script.named:
            raise UsageError(
                f"{other} and {session.script.named} would both be narrated there",
                where=str(session.out),
                hint="run them one by one, each with a folder of its own: -o DIR",
            )


def _groups(jobs: Iterable[Job]) -> list[list[Job]]:
    """The scripts that can be spoken together."""
    groups: list[list[Job]] = []
    for job in jobs:
        for group in groups:
            if group[0].session.is_spoken_like(job.session):
                group.append(job)
                break
        else:
            groups.append([job])
    return groups


def _make(
    jobs: Sequence[Job], options: Options, problems: Problems, started: float
) -> list[Result]:
    """Speak and write scripts, and plan once more those whose clips vanish in between."""
    session, results, made = jobs[0].session, list[Result](), set[bytes]()
    for _ in range(ROUNDS):
        session.store.hold()
        outcome = speech.speak(
            [job.plan for job in jobs],
            session.settings,
            session.store,
            session.emit,
            only=options.only,
            keep_going=options.keep_going,
            stopped=problems.found and not options.keep_going,
        )
        made |= outcome.clips.keys() - outcome.shared
        vanished: list[Job] = []
        for job in jobs:
            with problems.kept():
                speech.check(job.plan, outcome, options.only)
                speech.require_checks(job.plan, outcome, job.session.settings)
                try:
                    results.append(write(job, outcome, made, options, started))
                except Gone as gone:
                    _plan_again(job, gone, options)
                    vanished.append(job)
        if not vanished:
            _count_usage(results, session)
            return results
        jobs = vanished
    raise EnvironmentProblem(
        "clips vanish from the cache faster than they can be used",
        where=str(session.store.root),
        hint="stop what is pruning it, check the disk, or choose another --cache-dir",
    )


def _plan_again(job: Job, gone: Gone, options: Options) -> None:
    job.session.emit(events.Warned(message=f"a clip is made again: {gone}"))
    _set_aside(job.plan, job.session.store)
    job.plan = job.session.plan()
    _check_job(job, options)


def _set_aside(planned: Plan, store: Store) -> None:
    """Read every clip of a plan, so that all that are damaged are missed by the next plan, not one
    in each round.
    """
    for clip in planned.clips.values():
        with suppress(Gone):
            store.read(clip)


def _count_usage(results: Sequence[Result], session: Session) -> None:
    """Count hits and misses, and keep the cache below its maximum if it has grown."""
    if not results:
        return
    asked = {each.canonical for result in results for each in result.plan.utterances()}
    made = {canonical for result in results for canonical in result.made}
    usage.count(session.store.root, len(asked - made), len(made))
    if made:
        session.store.trim(session.settings.cache_max_size)
