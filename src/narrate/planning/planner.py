"""Script + settings + store -> which clips exist, what has to be spoken, and how long both are."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from narrate.base import languages
from narrate.base.files import regular
from narrate.base.text import did_you_mean, some
from narrate.cache import Gone, Store
from narrate.checks import provenance
from narrate.checks.structure import Measures, judge_recording, measure_recording
from narrate.config import Settings
from narrate.engines.base import Capabilities
from narrate.errors import ScriptError, ScriptErrors
from narrate.planning import casting, speakable
from narrate.planning.casting import Choice
from narrate.planning.plan import Plan, PlannedSegment, PlannedUtterance
from narrate.planning.readers import Readers, language
from narrate.planning.readings import Readings
from narrate.planning.stand_in import StandIn, default_voice
from narrate.planning.verdicts import verdict
from narrate.reading import utterances as spoken
from narrate.reading.characters import collapse, visible
from narrate.reading.utterances import Utterance
from narrate.request import KEY_SCHEMA, Request, RequestVoice, Stock, canonical_json, key
from narrate.script import RecordedVoice, Script, Segment
from narrate.script.problems import raise_all
from narrate.sound import audio
from narrate.store.entry import Clip
from narrate.takes.lock import Approved
from narrate.voices import voice
from narrate.voices.voice import LoadedVoice
from narrate.workers.environments import Warn

RETAKE = "`narrate retake` speaks other takes, and `narrate pick` chooses one"


def make(
    script: Script,
    settings: Settings,
    store: Store,
    force: tuple[str, ...] = (),
    warn: Warn = lambda text: None,
    readings: Readings | None = None,
) -> Plan:
    """Work out every request of a script and look each up in the store.

    `force` holds the ids of segments whose clips are to be made again; "*" stands for all. `warn`
    is called as `environments.find` says. `readings` knows what texts say from the last run. Raises
    ScriptError for what an engine cannot do, and EnvironmentProblem for a voice that no engine can
    speak.
    """
    _check_ids(script, force)
    planner = _Planner(script, settings, store, warn, readings or Readings())
    segments = []
    for segment in script.segments:
        forced, last = _is_in(force, segment), segment is script.segments[-1]
        try:
            segments.append(planner.segment(segment, forced=forced, last=last))
        except ScriptErrors as several:
            planner.problems += several.problems
        except ScriptError as error:
            # A recording is of one segment, so the others may be looked at; a voice is of many.
            if segment.audio is None:
                raise
            planner.problems.append(error)
    raise_all(planner.problems, script.name)
    for text in planner.readers.warnings():
        warn(text)
    kept = [each.segment.id for each in segments if each.approved and _is_in(force, each.segment)]
    if kept:
        warn(f"not spoken again, as an approved take is kept: {some(kept)}; {RETAKE}")
    used = dict.fromkeys(
        each.choice for planned in segments for each in planned.utterances if each.choice
    )
    missing = planner.stand_in.missing
    return Plan(
        script, settings.language or "en", tuple(used), planner.voices, tuple(segments), missing
    )


class _Planner:
    """Plans segment by segment; remembers the engine and the reference of every voice."""

    def __init__(
        self, script: Script, settings: Settings, store: Store, warn: Warn, readings: Readings
    ) -> None:
        self.script, self.settings, self.store = script, settings, store
        self.readers = Readers(script, settings, readings)
        self.within = None if settings.allow_outside else script.folder
        self.choices: dict[str | None, Choice] = {}
        self.voices: dict[str, LoadedVoice] = {}
        self.stand_in = StandIn(settings, warn)
        self.problems: list[ScriptError] = []

    def segment(self, segment: Segment, *, forced: bool, last: bool) -> PlannedSegment:
        if segment.audio is None:
            said = self.readers.read(segment, self.choice(segment).capabilities)
        else:
            said = spoken.read(segment.text, segment.say, lenient=True)
        if segment.audio is not None:
            transcript = " ".join(part.text for part in said.utterances)
            utterances = [self.recording(segment.audio, segment.where, transcript)]
        else:
            utterances = [self.spoken(segment, part, forced) for part in said.utterances]
        if segment.pause_before:
            first, *others = utterances
            pause_before = first.pause_before + segment.pause_before
            utterances = [replace(first, pause_before=pause_before), *others]
        pause = segment.pause_after if segment.pause_after is not None else said.pause_after
        if pause is None:
            pause = 0.0 if last else self.settings.pause_after
        display = said.display if segment.caption is None else collapse(visible(segment.caption))
        return PlannedSegment(segment, display, tuple(utterances), pause, said.marks, said.readings)

    def spoken(self, segment: Segment, part: Utterance, forced: bool) -> PlannedUtterance:
        """An utterance by the engine that speaks it; words that it cannot say are noted."""
        choice = self.choice(segment)
        own = self.look_up(segment, part, choice, forced)
        planned = self.with_stand_in(segment, own, forced)
        assert planned.choice is not None
        self.problems += speakable.problems(part, segment, planned.choice.capabilities)
        return planned

    def look_up(
        self, segment: Segment, part: Utterance, choice: Choice, forced: bool, own: bool = True
    ) -> PlannedUtterance:
        """An utterance by an engine, in the voice of the segment or, if not `own`, the default."""
        request = self.request(segment, part, choice)
        request = request if own else default_voice(request)
        approved = self.approved(segment, request) if own else None
        request = approved.applied(request) if approved else request
        asked = request.canonical()
        clip = self.store.find(asked)
        flags = verdict(clip, part.text, choice, self.settings) if clip else ()
        planned = PlannedUtterance(
            asked, part.pause_before, clip, request, choice, flags, said=part
        )
        if approved:
            sound = sound_of(clip, self.store) if clip else ""
            planned = replace(planned, approved=approved, sound=sound)
        if forced and not approved:
            return replace(planned, clip=None, flags=(), replace=True)
        # What a person has listened to and approved is better known than what checks find.
        if flags and self.settings.qa == "strict" and not planned.as_approved:
            return replace(planned, clip=None, replace=True)
        return planned

    def approved(self, segment: Segment, request: Request) -> Approved | None:
        """The take that a person approved for what the script asks for."""
        lock = self.script.lock
        return lock.find(segment.id, key(request.canonical())) if lock.segments else None

    def with_stand_in(
        self, segment: Segment, planned: PlannedUtterance, forced: bool
    ) -> PlannedUtterance:
        """The utterance, or that of the stand-in if it has no clip and its engine is missing.

        A clip in the right voice that is to be spoken again is left to its own engine.
        """
        other = self.stand_in.choice
        if planned.clip or not (other and planned.choice and self.stand_in.serves(planned.choice)):
            return planned
        if forced and self.store.find(planned.canonical):
            return planned
        assert planned.said is not None
        found = self.look_up(segment, planned.said, other, forced, own=False)
        return replace(found, stand_in=True)

    def choice(self, segment: Segment) -> Choice:
        """The engine that speaks a segment's voice; each voice is decided, and its recording read,
        once.
        """
        if segment.voice not in self.choices:
            self.choices[segment.voice] = self.choose(segment)
        return self.choices[segment.voice]

    def choose(self, segment: Segment) -> Choice:
        if segment.voice is None:
            return casting.choose("default", self.settings, where=segment.where)
        written = self.script.voices[segment.voice]
        where = f"{self.script.name}: voice {segment.voice!r}"
        speaker = written.speaker if isinstance(written, Stock) else None
        choice = casting.choose(written.kind, self.settings, speaker, where)
        _check_speaker(speaker, choice.capabilities, where)
        if isinstance(written, RecordedVoice):
            loaded = voice.load(written, self.script.folder, where, self.within)
            self.check_transcript(loaded, where)
            self.voices[segment.voice] = loaded
        return choice

    def check_transcript(self, loaded: LoadedVoice, where: str) -> None:
        """Refuse a recording that has one transcript in one voice and another in the next."""
        for name, other in self.voices.items():
            said = {loaded.reference.transcript, other.reference.transcript} - {None}
            if loaded.clone.ref == other.clone.ref and len(said) > 1:
                raise ScriptError(
                    f"it has the same recording as the voice {name!r}, but another transcript",
                    where=where,
                    hint="a transcript is what the recording says, word for word:"
                    " keep the right one",
                )

    def request(self, segment: Segment, part: Utterance, choice: Choice) -> Request:
        capabilities = choice.capabilities
        return Request(
            engine=capabilities.name,
            behaviour=capabilities.behaviour,
            model=choice.model_key,
            text=part.spelled(capabilities.spelling),
            language=(part.language and languages.among(part.language, capabilities.languages))
            or language(segment, self.settings, capabilities),
            voice=self.sound(segment.voice),
            seed=segment.seed,
            take=segment.take,
            revision=choice.model.revision,
            dtype=choice.model.dtype,
            sampling={name: f"{value:g}" for name, value in self.settings.sampling.items()},
        )

    def sound(self, name: str | None) -> RequestVoice:
        """The part of a voice that changes the sound; its recording was read by `choose`."""
        if name is None:
            return Stock()
        written = self.script.voices[name]
        return self.voices[name].clone if isinstance(written, RecordedVoice) else written

    def recording(self, path: Path, where: str, transcript: str) -> PlannedUtterance:
        audio.admit_file(path, where, self.within)
        with os.fdopen(regular.opened(path), "rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()
        asked = canonical_json({"schema": KEY_SCHEMA, "recording": digest})
        clip = self.store.find(asked)
        planned = PlannedUtterance(asked, 0.0, clip, recording=path, transcript=transcript)
        return self.judged(planned, clip) if clip else planned

    def judged(self, planned: PlannedUtterance, clip: Clip) -> PlannedUtterance:
        """A recording that was imported already, judged; one that should be imported again has no
        clip.
        """
        measures = provenance.of(clip.origin).measures or self.measured(clip)
        if measures is None:
            return replace(planned, clip=None)
        flags = judge_recording(measures, planned.transcript)
        # It was stored before recordings were checked, and would be imported in another way now.
        stale = not provenance.of(clip.origin).measures and (flags or measures.clipped)
        if stale or (flags and self.settings.qa == "strict"):
            return replace(planned, clip=None, flags=flags, replace=True)
        return replace(planned, flags=flags)

    def measured(self, clip: Clip) -> Measures | None:
        """The measurements of a clip that was stored without; None if it is damaged."""
        try:
            return measure_recording(
                audio.Recording(audio.floats(self.store.read(clip)), clip.rate)
            )
        except Gone:
            return None


def _check_speaker(speaker: str | None, capabilities: Capabilities, where: str) -> None:
    if speaker and capabilities.speakers and speaker not in capabilities.speakers:
        raise ScriptError(
            f"the engine {capabilities.name} has no speaker {speaker!r}",
            where=where,
            hint=f"its speakers: {', '.join(capabilities.speakers)}",
        )


def sound_of(clip: Clip, store: Store) -> str:
    """The digest of the samples of a clip; "" if it cannot be read."""
    try:
        return provenance.of(clip.origin).sound or store.sound(clip)
    except Gone:
        return ""


def _is_in(force: tuple[str, ...], segment: Segment) -> bool:
    return "*" in force or segment.id in force


def _check_ids(script: Script, wanted: tuple[str, ...]) -> None:
    known = [segment.id for segment in script.segments]
    for name in wanted:
        if name != "*" and name not in known:
            hint = did_you_mean(name, known, "see `narrate plan` for the ids")
            raise ScriptError(f"there is no segment {name!r}", where=script.name, hint=hint)
