"""The outputs of one script: what may be replaced, what is written, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from narrate import speech
from narrate.base import events, facts
from narrate.base.events import Emit
from narrate.base.facts import Fact
from narrate.config import Qa
from narrate.errors import NarrateError
from narrate.output import depfile, narration, overwrite, place, record
from narrate.output.manifest import Manifest
from narrate.output.record import RECORD, RunRecord
from narrate.output.stage import Stage, staged
from narrate.output.timeline import lay
from narrate.planning import approvals
from narrate.planning.plan import Plan, PlannedSegment
from narrate.reading.reader import BEHAVIOUR
from narrate.session import Options, Session
from narrate.synthesis import recordings
from narrate.synthesis.speak import Outcome


@dataclass(slots=True)
class Job:
    """A script on its way, what is known of its files, and what is planned for it now."""

    session: Session
    inputs: dict[str, Fact]
    surroundings: dict[str, Fact]
    plan: Plan

    @property
    def read(self) -> dict[str, Fact]:
        """The facts of all files that the plan was made of."""
        voices = [voice.facts for voice in self.plan.voices.values()]
        models = [choice.facts for choice in self.plan.choices]
        return self.inputs | {
            path: fact for each in (*voices, *models) for path, fact in each.items()
        }


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did with a script: `made` holds the canonical forms of the clips that it made,
    `written` the files that changed.

    `inputs` are the facts of all files that were read or looked for, `surroundings` those of the
    code that did it and of the folders of settings, and `outputs` those of all that the narration
    consists of, taken while no other run could write there. `warnings` are those of the script, its
    settings and its recordings.
    """

    plan: Plan
    manifest: Manifest
    out: Path
    made: frozenset[bytes]
    written: tuple[Path, ...]
    inputs: dict[str, Fact]
    surroundings: dict[str, Fact]
    outputs: dict[str, Fact]
    warnings: tuple[str, ...] = ()

    @property
    def record(self) -> Path:
        """run.json, which is newer than everything that was read."""
        return self.out / RECORD

    @property
    def made_by_engines(self) -> frozenset[bytes]:
        """What was spoken, apart from recordings."""
        asked = {each.canonical for each in self.plan.utterances() if each.request}
        return self.made & asked

    @property
    def spoken(self) -> int:
        """How many utterances were spoken; recordings are not counted."""
        return len(self.made_by_engines)

    def from_cache(self, planned: PlannedSegment) -> bool:
        """Whether nothing of the segment was made by this run."""
        return not any(utterance.canonical in self.made for utterance in planned.utterances)


def write(
    job: Job, outcome: Outcome, made: Iterable[bytes], options: Options, started: float
) -> Result:
    """Write the outputs of a script whose clips are all there. Raises Gone."""
    session, planned = job.session, job.plan
    departures = _keep_lock(job, outcome, options)
    mark = place.mark(session.out, session.script.path)
    with staged(session.out, partial(_tell_wait, session), mark) as stage:
        # Speaking may take hours, in which new files may have appeared there.
        guard(job, options)
        document, outputs = _publish(session, stage, planned, outcome, started)
    _tell_kept(stage, session.emit)
    session.keep_readings()
    qa = session.settings.qa
    remarks = (
        *recordings.remarks(planned, outcome.clips, qa),
        *_kept(document, qa),
        *speech.unchecked_remarks(planned, outcome, session.settings),
        *departures,
    )
    # A run with nothing to do repeats the remarks, but not what no check could listen to.
    for text in (*remarks, *speech.unchecked_remarks(planned, outcome, session.settings)):
        session.emit(events.Warned(message=text))
    # An installation of narrate has new metadata, but a plug-in may be edited in place.
    plugins = {choice.package for choice in planned.choices} - {"narrate"}
    return Result(
        plan=planned,
        manifest=document,
        out=session.out,
        made=frozenset(made) & {each.canonical for each in planned.utterances()},
        written=tuple(stage.written),
        inputs=job.read,
        surroundings=job.surroundings | facts.of_software(plugins),
        outputs=outputs,
        warnings=(*session.configuration.warnings, *remarks),
    )


def _keep_lock(job: Job, outcome: Outcome, options: Options) -> Iterable[str]:
    """Remove from narrate.lock what no longer holds, before the outputs are written, so that it is
    older than they are; return where it is departed from. Raises PendingError if `locked` forbids
    that.
    """
    session, planned = job.session, job.plan
    found = approvals.departures(planned, session.store, outcome.clips)
    if options.locked:
        approvals.require(planned, found)
    session.remember_lock()
    known, settled = session.script.lock, approvals.settled(planned)
    if settled != known and not options.locked:
        try:
            # A person may have picked another take while this run was speaking.
            session.change_lock(lambda now: settled if now == known else now)
        except NarrateError as problem:
            session.warn(str(problem))
    return tuple(found.lines())


def _kept(document: Manifest, qa: Qa) -> Iterator[str]:
    """What a person should know of spoken clips that `--qa warn` keeps."""
    for segment in document.segments:
        if qa == "warn" and segment.cache_keys and segment.spoken and segment.qa.flags:
            yield f"segment {segment.id}: kept though it fails the checks: " + "; ".join(
                segment.qa.flags
            )


def guard(job: Job, options: Options) -> None:
    """Refuse to overwrite what the run reads, what narrate did not make, and what it made of
    another script, and names that a depfile cannot express. Raises UsageError.
    """
    session = job.session
    if options.depfile_start is not None:
        depfile.check_names(session.out / RECORD, job.read, options.depfile_start)
    read: tuple[str | Path, ...] = (*job.read, *options.besides)
    names = narration.names(job.plan, session.settings.format)
    overwrite.check(session.out, names, read, options.force_output)
    if not options.force_output:
        place.check(session.out, session.script.path)


def _publish(
    session: Session, stage: Stage, planned: Plan, outcome: Outcome, started: float
) -> tuple[Manifest, dict[str, Fact]]:
    """Make every file aside and move them all into place; return the manifest and the facts of the
    outputs. Raises Gone.
    """
    timeline = lay(planned, outcome.clips, session.settings.format)
    document = narration.write(stage, planned, timeline, session.settings, session.store)
    stage.publish()
    stage.write_record(_record(planned, outcome, started))
    return document, stage.facts()


def _tell_wait(session: Session) -> None:
    text = f"waiting for another process that has locked the output folder {session.out}"
    session.emit(events.Warned(message=text))


def _tell_kept(stage: Stage, emit: Emit) -> None:
    for path in stage.kept:
        emit(events.Warned(message=f"kept, as it was changed since narrate made it: {path}"))


def _record(planned: Plan, outcome: Outcome, started: float) -> RunRecord:
    """What run.json says of this run; its attempts and seconds are those of all its scripts."""
    spoken = outcome.clips.keys() - outcome.shared
    return RunRecord(
        started=round(started, 3),
        seconds=round(time.time() - started, 3),
        engine_seconds=round(outcome.engine_seconds, 3),
        spoken=len(spoken & {each.canonical for each in planned.utterances()}),
        attempts=outcome.attempts,
        cached=speech.cached(planned),
        reader=BEHAVIOUR,
        requests=record.requests(planned),
        transcripts=record.transcripts(planned),
        stand_ins={each.segment.id: str(each.stand_in) for each in planned.stand_ins},
    )
