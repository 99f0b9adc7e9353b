"""The whole way on one page: script -> plan -> clips -> timeline -> files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import xxhash

from narrate import config, stamp
from narrate import script as scripts
from narrate.base import facts
from narrate.base.events import Emit, Event
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
from narrate.planning import planner
from narrate.planning.planner import Miss, Plan, PlannedSegment
from narrate.store import usage
from narrate.synthesis import runner
from narrate.synthesis.runner import Outcome

SIDECARS = ("srt", "vtt")
ROUNDS = 5
"""How often clips that vanish while the files are written (a prune, a failing disk) are made anew.
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
    """What a run did: `made` holds the forms of the lines that were, `written` the files that
    changed.

    `inputs` are the facts of all files that were read or looked for, `surroundings` those of the
    code that did it and of the folders of settings, and `outputs` those of all that the narration consists of, taken while no other run
    could write there. `warnings` are those of the settings.
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
        """run.json, which is newer than all that was read."""
        return self.out / RECORD

    @property
    def spoken(self) -> int:
        """How many utterances were spoken; a recording is none."""
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
            hint="every finished clip is kept: mend what is named above and run again",
        )


def prepare(
    source: str | Path, flags: Mapping[str, Any], emit: Emit
) -> tuple[scripts.Script, Config]:
    """Read a script and the settings for it."""
    script = scripts.load(source)
    folder = script.path.parent if script.path else Path.cwd()
    own = {"fps": script.fps, "language": script.language, "pause_after": script.pause_after}
    configuration = config.resolve(flags, own, folder)
    for text in configuration.warnings:
        emit(Event("warning", None, {"message": text}))
    return script, configuration


def plan(source: str | Path, flags: Mapping[str, Any], options: Options, emit: Emit) -> Plan:
    """Work out what a run would do; nothing is written."""
    script, configuration = prepare(source, flags, emit)
    settings = configuration.settings
    with _store(settings, emit) as store:
        return planner.make(script, settings, store, options.force)


def why(source: str | Path, flags: Mapping[str, Any], emit: Emit) -> list[Why]:
    """Compare what a run would ask for with what the last run into the same folder did; nothing is
    written.
    """
    script, configuration = prepare(source, flags, emit)
    settings = configuration.settings
    with _store(settings, emit) as store:
        return explain(
            planner.make(script, settings, store), record.recall(_out(script, settings)), store
        )


def export(source: str | Path, flags: Mapping[str, Any], path: Path, emit: Emit) -> int:
    """Write the clips that a script needs to an archive; return how many. Raises PendingError if
    some are missing.
    """
    # It imports zipfile, which no run should have to wait for.
    from narrate import archive

    script, configuration = prepare(source, flags, emit)
    with _store(configuration.settings, emit) as store:
        store.hold()
        planned = planner.make(script, configuration.settings, store)
        if planned.misses:
            # A run that believed its stamp would find nothing to do, as the outputs are there.
            stamp.clear()
            raise _pending(
                planned,
                planned.misses,
                "are not in the cache whole",
                "run: narrate run, then export again",
            )
        return archive.export(planned.clips.values(), store, path)


def run(source: str | Path, flags: Mapping[str, Any], options: Options, emit: Emit) -> Result:
    """Narrate a script: speak what is missing, then write the files that changed.

    Raises Failed if segments failed, PendingError if `frozen` or `only` left something to speak,
    Interrupted, ScriptError, UsageError or EnvironmentProblem. Until every clip is there, no output
    is touched.
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
    out = _out(script, settings)
    _check_way(out, script, configuration)

    def guard(planned: Plan) -> None:
        read: tuple[str | Path, ...] = (*inputs, *_read_by(planned), *options.besides)
        overwrite.check(out, _names(planned, settings.format), read, options.force_output)

    with _store(settings, emit) as store:
        result = _make(script, settings, options, out, guard, store, emit, started)
        _keep_books(result, settings, store)
    emit(Event("done", None, {"written": sorted(path.name for path in result.written)}))
    return replace(
        result,
        inputs=inputs | result.inputs,
        surroundings=folders | result.surroundings,
        warnings=configuration.warnings,
    )


def _make(
    script: scripts.Script,
    settings: Settings,
    options: Options,
    out: Path,
    guard: Callable[[Plan], None],
    store: Store,
    emit: Emit,
    started: float,
) -> Result:
    """Plan, speak and write, until no clip vanishes in between."""
    made: set[bytes] = set()
    for attempt in range(ROUNDS):
        planned = planner.make(script, settings, store, () if attempt else options.force)
        guard(planned)
        store.hold()
        outcome = _speak(planned, settings, options, store, emit)
        made |= outcome.clips.keys() - outcome.shared
        try:
            with staged(out, partial(_tell_wait, out, emit)) as stage:
                # Speaking may take hours, in which files may have come to lie there.
                guard(planned)
                document = _write(
                    stage, planned, lay(planned, outcome.clips, settings.format), settings, store
                )
                stage.publish()
                stage.write_record(_record(planned, outcome, started))
                outputs = stage.facts()
        except Gone as gone:
            emit(Event("warning", None, {"message": f"made anew: {gone}"}))
            _set_aside(planned, store)
            continue
        for path in stage.kept:
            emit(
                Event(
                    "warning",
                    None,
                    {"message": f"kept, as it was changed since narrate made it: {path}"},
                )
            )
        return Result(
            plan=planned,
            manifest=document,
            out=out,
            made=frozenset(made),
            written=tuple(stage.written),
            inputs=_read_by(planned),
            surroundings=facts.of_software(
                {"narrate", *(choice.package for choice in planned.choices)}
            ),
            outputs=outputs,
        )
    raise EnvironmentProblem(
        "clips vanish from the cache faster than they can be used",
        where=str(store.root),
        hint="stop what is pruning it, check the disk, or choose another --cache-dir",
    )


def _set_aside(planned: Plan, store: Store) -> None:
    """Read every clip of a plan, so that all that are damaged are missed by the next plan, not one
    in each round.
    """
    for clip in planned.clips.values():
        with suppress(Gone):
            store.read(clip)


def _tell_wait(out: Path, emit: Emit) -> None:
    text = f"waiting for another process that has locked the output folder {out}"
    emit(Event("warning", None, {"message": text}))


def _read_by(planned: Plan) -> dict[str, Fact]:
    """The facts of the files that a plan was made of, apart from the script and its recordings."""
    voices = [voice.facts for voice in planned.voices.values()]
    models = [choice.facts for choice in planned.choices]
    return {path: fact for each in (*voices, *models) for path, fact in each.items()}


def _keep_books(result: Result, settings: Settings, store: Store) -> None:
    """Count hits and misses, and keep the cache below its maximum if it has grown."""
    asked = {utterance.canonical for utterance in result.plan.utterances()}
    usage.count(store.root, len(asked - result.made), len(result.made))
    if result.made:
        store.trim(settings.cache_max_size)


def _store(settings: Settings, emit: Emit) -> Store:
    return Store(
        config.cache_dir(settings),
        lambda message: emit(Event("warning", None, {"message": message})),
    )


def _out(script: scripts.Script, settings: Settings) -> Path:
    if settings.out is not None:
        return Path(settings.out).expanduser().absolute()
    beside = script.path.parent if script.path else Path.cwd()
    return beside.absolute() / "build" / "narration"


def _check_way(out: Path, script: scripts.Script, configuration: Config) -> None:
    """Refuse links on the way to an output folder that a project chose, not the user. Raises
    UsageError.
    """
    origin = configuration.origins.get("out", "flag")
    if origin == "default":
        overwrite.check_links(out, script.path.parent if script.path else Path.cwd())
    elif Path(origin) in configuration.files[:-1]:
        overwrite.check_links(out, Path(origin).parent)


def _speak(
    planned: Plan, settings: Settings, options: Options, store: Store, emit: Emit
) -> Outcome:
    misses = planned.misses
    wanted = {
        utterance.canonical
        for each in planned.segments
        if fnmatchcase(each.segment.id, options.only or "*")
        for utterance in each.utterances
    }
    if not wanted:
        hint = "see `narrate plan` for the ids"
        raise UsageError(f"no segment matches {options.only!r}", where="--only", hint=hint)
    chosen = [miss for miss in misses if miss.utterance.canonical in wanted]
    if options.frozen and misses:
        raise _pending(planned, misses, "would have to be spoken, and --frozen forbids it")
    emit(Event("plan", None, summary(planned)))
    if settings.profile == "draft" and any(
        choice.capabilities.models for choice in planned.choices
    ):
        text = "spoken by draft models: the final ones will take other times"
        emit(Event("warning", None, {"message": text}))
    outcome = runner.speak(planned, chosen, settings, store, emit, keep_going=options.keep_going)
    if outcome.interrupted:
        raise Interrupted(
            f"interrupted after {len(outcome.clips)} of {len(chosen)} utterances",
            hint="every finished clip is kept: the same command goes on from there",
        )
    if outcome.failures:
        raise Failed(planned.script.name, outcome.failures)
    if len(chosen) < len(misses):
        left = [miss for miss in misses if miss.utterance.canonical not in wanted]
        raise _pending(
            planned, left, "outside --only are not in the cache, so the outputs were not written"
        )
    return outcome


def summary(planned: Plan) -> dict[str, object]:
    """The figures of a plan: counts, and predicted seconds of audio and of work."""
    return {
        "segments": len(planned.segments),
        "utterances": sum(1 for _ in planned.utterances()),
        "cached": sum(utterance.clip is not None for utterance in planned.utterances()),
        "missing": len(planned.misses),
        "engine": " and ".join(dict.fromkeys(choice.name for choice in planned.choices)),
        "reason": "; ".join(dict.fromkeys(choice.reason for choice in planned.choices)),
        "seconds": round(
            sum(planned.seconds(each) + each.pause_after for each in planned.segments), 1
        ),
        "eta": round(planned.eta, 1),
    }


def _pending(
    planned: Plan, misses: Iterable[Miss], why: str, hint: str = "run without that flag"
) -> PendingError:
    ids = list(dict.fromkeys(miss.segment.id for miss in misses))
    named = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
    return PendingError(f"{len(ids)} segments {why}: {named}", where=planned.script.name, hint=hint)


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
        cached=sum(utterance.clip is not None for utterance in planned.utterances()),
        requests=record.requests(planned),
        transcripts=record.transcripts(planned),
    )
