"""The whole way on one page: script -> plan -> clips -> timeline -> files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import xxhash

from narrate import config, stamp
from narrate import script as scripts
from narrate.base import events, facts
from narrate.base.events import Emit
from narrate.base.facts import Fact
from narrate.base.text import counted
from narrate.cache import Gone, Store
from narrate.config import Config, Format, Settings
from narrate.errors import EnvironmentProblem, Interrupted, NarrateError, PendingError, UsageError
from narrate.output import manifest, overwrite, record, render
from narrate.output.manifest import Manifest
from narrate.output.record import RECORD, RunRecord
from narrate.output.stage import Stage, staged
from narrate.output.timeline import Timeline, lay
from narrate.output.why import Why, explain
from narrate.output.writers import captions
from narrate.planning import language, planner
from narrate.planning.planner import Miss, Plan, PlannedSegment
from narrate.store import usage
from narrate.synthesis.speak import Outcome, speak

SIDECARS = ("srt", "vtt")
ROUNDS = 5
"""How often clips that vanish while the files are written (a prune, a failing disk) are made again.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What one run should do, apart from its settings: see the flags of the same names."""

    force: tuple[str, ...] = ()
    only: str | None = None
    frozen: bool = False
    keep_going: bool = False
    force_output: bool = False
    besides: tuple[Path, ...] = ()
    """Files that the caller writes during the run, which no output may overwrite."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did: `made` holds the canonical forms of the clips that it made, `written` the
    files that changed.

    `inputs` are the facts of all files that were read or looked for, `surroundings` those of the
    code that did it and of the folders of settings, and `outputs` those of all that the narration
    consists of, taken while no other run could write there. `warnings` are those of the settings.
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
    def spoken(self) -> int:
        """How many utterances were spoken; recordings are not counted."""
        return len(
            {
                utterance.canonical
                for utterance in self.plan.utterances()
                if utterance.request and utterance.canonical in self.made
            }
        )

    def from_cache(self, planned: PlannedSegment) -> bool:
        """Whether nothing of the segment was made by this run."""
        return not any(utterance.canonical in self.made for utterance in planned.utterances)


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


def prepare(
    source: str | Path, flags: Mapping[str, Any], emit: Emit
) -> tuple[scripts.Script, Config]:
    """Read a script and the settings for it."""
    sources = config.gather(flags, scripts.folder_of(source))
    script = scripts.load(source, _read_options(sources.settle().settings))
    own = {"fps": script.fps, "language": script.language, "pause_after": script.pause_after}
    configuration = sources.settle(own)
    configuration = replace(
        configuration, warnings=(*configuration.warnings, *map(str, script.notes))
    )
    for text in configuration.warnings:
        emit(events.Warned(message=text))
    return script, configuration


def _read_options(settings: Settings) -> scripts.ReadOptions:
    return scripts.ReadOptions(
        settings.format_in, settings.segments, settings.headings, settings.markup
    )


@dataclass(frozen=True, slots=True)
class _Session:
    """A script, its settings, and the cache while it is open."""

    script: scripts.Script
    settings: Settings
    store: Store
    emit: Emit

    @property
    def out(self) -> Path:
        return _out(self.script, self.settings)

    def plan(self, force: tuple[str, ...] = ()) -> Plan:
        return planner.make(self.script, self.settings, self.store, force)


@contextmanager
def _session(source: str | Path, flags: Mapping[str, Any], emit: Emit) -> Iterator[_Session]:
    """Read a script and its settings, and open the cache."""
    script, configuration = prepare(source, flags, emit)
    with _store(configuration.settings, emit) as store:
        yield _Session(script, configuration.settings, store, emit)


def plan(source: str | Path, flags: Mapping[str, Any], options: Options, emit: Emit) -> Plan:
    """Work out what a run would do; nothing is written."""
    with _session(source, flags, emit) as session:
        return session.plan(options.force)


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
        planned = session.plan()
        if planned.misses:
            # The outputs may all exist, and then the next run would trust its stamp and do nothing.
            stamp.clear()
            raise _pending(
                planned, planned.misses, "not in the cache", "run: narrate run, then export again"
            )
        return archive.export(planned.clips.values(), session.store, path)


def run(source: str | Path, flags: Mapping[str, Any], options: Options, emit: Emit) -> Result:
    """Narrate a script: speak what is missing, then write the files that changed.

    Raises Failed if segments failed, PendingError if `frozen` or `only` left something to speak,
    Interrupted, ScriptError, UsageError or EnvironmentProblem. No output is written until every
    clip exists.
    """
    script, configuration = prepare(source, flags, emit)
    return perform(script, configuration, options, emit)


def perform(script: scripts.Script, configuration: Config, options: Options, emit: Emit) -> Result:
    """Narrate a script that was read already, with settings that were made already. Raises what
    `run` raises.
    """
    started = time.time()
    settings = configuration.settings
    recordings = [segment.audio for segment in script.segments if segment.audio]
    inputs = facts.take((*script.inputs, *configuration.files, *recordings))
    # Who may write there decides whether the settings in a folder are obeyed.
    folders = facts.take({os.path.join(path.parent, facts.FOLDER) for path in configuration.files})
    _check_links(_out(script, settings), script, configuration)
    # The store may warn from the threads that keep clips in it.
    with events.Relay(emit) as relay, _store(settings, relay) as store:
        session = _Session(script, settings, store, relay)
        result = _make(session, options, inputs, started)
        _count_usage(result, settings, store)
    emit(events.Done(written=sorted(path.name for path in result.written)))
    return replace(
        result,
        inputs=inputs | result.inputs,
        surroundings=folders | result.surroundings,
        warnings=configuration.warnings,
    )


def _make(session: _Session, options: Options, inputs: dict[str, Fact], started: float) -> Result:
    """Plan, speak and write, until no clip vanishes in between."""
    made: set[bytes] = set()
    for attempt in range(ROUNDS):
        planned = session.plan(() if attempt else options.force)
        _guard(session, planned, inputs, options)
        session.store.hold()
        outcome = _speak(session, planned, options)
        made |= outcome.clips.keys() - outcome.shared
        try:
            with staged(session.out, partial(_tell_wait, session)) as stage:
                # Speaking may take hours, in which new files may have appeared there.
                _guard(session, planned, inputs, options)
                document, outputs = _publish(session, stage, planned, outcome, started)
        except Gone as gone:
            session.emit(events.Warned(message=f"a clip is made again: {gone}"))
            _set_aside(planned, session.store)
            continue
        _tell_kept(stage, session.emit)
        # An installation of narrate has new metadata, but a plug-in may be edited in place.
        plugins = {choice.package for choice in planned.choices} - {"narrate"}
        software, written = facts.of_software(plugins), tuple(stage.written)
        read, canonical = _read_by(planned), frozenset(made)
        return Result(planned, document, session.out, canonical, written, read, software, outputs)
    raise EnvironmentProblem(
        "clips vanish from the cache faster than they can be used",
        where=str(session.store.root),
        hint="stop what is pruning it, check the disk, or choose another --cache-dir",
    )


def _guard(session: _Session, planned: Plan, inputs: dict[str, Fact], options: Options) -> None:
    """Refuse to overwrite what the run reads and what narrate did not make. Raises UsageError."""
    read: tuple[str | Path, ...] = (*inputs, *_read_by(planned), *options.besides)
    names = _names(planned, session.settings.format)
    overwrite.check(session.out, names, read, options.force_output)


def _publish(
    session: _Session, stage: Stage, planned: Plan, outcome: Outcome, started: float
) -> tuple[Manifest, dict[str, Fact]]:
    """Make every file aside and move them all into place; return the manifest and the facts of the
    outputs. Raises Gone.
    """
    timeline = lay(planned, outcome.clips, session.settings.format)
    document = _write(stage, planned, timeline, session.settings, session.store)
    stage.publish()
    stage.write_record(_record(planned, outcome, started))
    return document, stage.facts()


def _tell_wait(session: _Session) -> None:
    text = f"waiting for another process that has locked the output folder {session.out}"
    session.emit(events.Warned(message=text))


def _tell_kept(stage: Stage, emit: Emit) -> None:
    for path in stage.kept:
        emit(events.Warned(message=f"kept, as it was changed since narrate made it: {path}"))


def _set_aside(planned: Plan, store: Store) -> None:
    """Read every clip of a plan, so that all that are damaged are missed by the next plan, not one
    in each round.
    """
    for clip in planned.clips.values():
        with suppress(Gone):
            store.read(clip)


def _read_by(planned: Plan) -> dict[str, Fact]:
    """The facts of the files that a plan was made of, apart from the script and its recordings."""
    voices = [voice.facts for voice in planned.voices.values()]
    models = [choice.facts for choice in planned.choices]
    return {path: fact for each in (*voices, *models) for path, fact in each.items()}


def _count_usage(result: Result, settings: Settings, store: Store) -> None:
    """Count hits and misses, and keep the cache below its maximum if it has grown."""
    asked = {utterance.canonical for utterance in result.plan.utterances()}
    usage.count(store.root, len(asked - result.made), len(result.made))
    if result.made:
        store.trim(settings.cache_max_size)


def _store(settings: Settings, emit: Emit) -> Store:
    return Store(config.cache_dir(settings), lambda text: emit(events.Warned(message=text)))


def _out(script: scripts.Script, settings: Settings) -> Path:
    if settings.out is not None:
        return Path(settings.out).expanduser().absolute()
    beside = script.path.parent if script.path else Path.cwd()
    return beside.absolute() / "build" / "narration"


def _check_links(out: Path, script: scripts.Script, configuration: Config) -> None:
    """Refuse links on the way to an output folder that a project chose, not the user. Raises
    UsageError.
    """
    origin = configuration.origins.get("out", "flag")
    if origin == "default":
        overwrite.check_links(out, script.path.parent if script.path else Path.cwd())
    elif Path(origin) in configuration.files[:-1]:
        overwrite.check_links(out, Path(origin).parent)


def _speak(session: _Session, planned: Plan, options: Options) -> Outcome:
    """Speak the misses that the options choose. Raises Interrupted, Failed or PendingError unless
    the plan then lacks nothing.
    """
    chosen, left = _choose(planned, options.only)
    misses = planned.misses
    if options.frozen and misses:
        raise _pending(planned, misses, "not cached, and --frozen forbids speaking {them}")
    session.emit(summary(planned))
    _warn_of_draft(session, planned)
    if foreign := language.warning(chosen):
        session.emit(events.Warned(message=foreign))
    settings, store, emit = session.settings, session.store, session.emit
    outcome = speak(planned, chosen, settings, store, emit, keep_going=options.keep_going)
    _check_outcome(outcome, len(chosen), planned.script.name)
    if left:
        why = "not in the cache, so no output was written"
        raise _pending(planned, left, why, which=" outside --only")
    return outcome


def _check_outcome(outcome: Outcome, wanted: int, script: str) -> None:
    """Raise Interrupted or Failed if not all of the wanted utterances were spoken."""
    if outcome.interrupted:
        raise Interrupted(
            f"interrupted after {len(outcome.clips)} of {counted(wanted, 'utterance')}",
            hint="finished clips are kept; run the same command again to continue from here",
        )
    if outcome.failures:
        raise Failed(script, outcome.failures)


def _choose(planned: Plan, only: str | None) -> tuple[list[Miss], list[Miss]]:
    """The misses in segments whose ids match a pattern, and the others. Raises UsageError if no
    segment matches.
    """
    wanted: set[bytes] = set()
    for each in planned.segments:
        if fnmatchcase(each.segment.id, only or "*"):
            wanted |= {utterance.canonical for utterance in each.utterances}
    if not wanted:
        hint = "see `narrate plan` for the ids"
        raise UsageError(f"no segment matches {only!r}", where="--only", hint=hint)
    chosen = [miss for miss in planned.misses if miss.utterance.canonical in wanted]
    left = [miss for miss in planned.misses if miss.utterance.canonical not in wanted]
    return chosen, left


def _warn_of_draft(session: _Session, planned: Plan) -> None:
    drafts = any(choice.capabilities.models for choice in planned.choices)
    if session.settings.profile == "draft" and drafts:
        text = "spoken by draft models: the final ones will take other times"
        session.emit(events.Warned(message=text))


def summary(planned: Plan) -> events.Planned:
    """The figures of a plan: counts, and predicted seconds of audio and of work."""
    return events.Planned(
        segments=len(planned.segments),
        utterances=sum(1 for _ in planned.utterances()),
        cached=_cached(planned),
        missing=len(planned.misses),
        engine=" and ".join(dict.fromkeys(choice.name for choice in planned.choices)),
        reason="; ".join(dict.fromkeys(choice.reason for choice in planned.choices)),
        seconds=round(
            sum(planned.seconds(each) + each.pause_after for each in planned.segments), 1
        ),
        eta=round(planned.eta, 1),
    )


def _cached(planned: Plan) -> int:
    return sum(utterance.clip is not None for utterance in planned.utterances())


def _pending(
    planned: Plan,
    misses: Iterable[Miss],
    why: str,
    hint: str = "run without that flag",
    which: str = "",
) -> PendingError:
    ids = list(dict.fromkeys(miss.segment.id for miss in misses))
    named = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
    are, them = ("is", "it") if len(ids) == 1 else ("are", "them")
    return PendingError(
        f"{counted(len(ids), 'segment')}{which} {are} {why.format(them=them)}: {named}",
        where=planned.script.name,
        hint=hint,
    )


def _write(
    stage: Stage, planned: Plan, timeline: Timeline, settings: Settings, store: Store
) -> Manifest:
    """Make every file of the narration aside. Raises Gone."""
    narration, segments = render.write_audio(stage, timeline, settings.format, store)
    sidecars = _write_captions(stage, timeline)
    made = manifest.build(planned, timeline, settings, narration, segments, sidecars)
    _write_text(stage, "manifest.json", made.encode())
    return made


def _names(planned: Plan, format: Format) -> list[str]:
    """The name of every file that a narration consists of."""
    sounds = [f"narration.{format}", *(render.file_name(each, format) for each in planned.segments)]
    return ["manifest.json", *sounds, *(f"narration.{suffix}" for suffix in SIDECARS)]


def _write_captions(stage: Stage, timeline: Timeline) -> dict[str, str]:
    """Make the captions, and return their files' names by suffix."""
    cues = list(captions.cues(timeline))
    names = {suffix: f"narration.{suffix}" for suffix in SIDECARS}
    _write_text(stage, names["srt"], captions.srt(cues).encode())
    _write_text(stage, names["vtt"], captions.vtt(cues).encode())
    return names


def _write_text(stage: Stage, name: str, content: bytes) -> None:
    digest = xxhash.xxh3_128_hexdigest(content)

    def write(path: Path) -> str:
        path.write_bytes(content)
        return digest

    stage.make(name, digest, write)


def _record(planned: Plan, outcome: Outcome, started: float) -> RunRecord:
    """What run.json says of this run."""
    return RunRecord(
        started=round(started, 3),
        seconds=round(time.time() - started, 3),
        engine_seconds=round(outcome.engine_seconds, 3),
        spoken=len(outcome.clips.keys() - outcome.shared),
        attempts=outcome.attempts,
        cached=_cached(planned),
        requests=record.requests(planned),
        transcripts=record.transcripts(planned),
    )
