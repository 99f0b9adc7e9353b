"""Script + settings + store -> what is there, what has to be spoken, and how long both will be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import msgspec

from narrate.base import regular
from narrate.cache import Store
from narrate.checks.structure import Measures, judge
from narrate.config import Settings
from narrate.engines.base import Capabilities
from narrate.engines.qwen import CODES
from narrate.errors import ScriptError
from narrate.planning import casting
from narrate.planning.casting import Choice
from narrate.reading import utterances as spoken
from narrate.request import KEY_SCHEMA, Request, RequestVoice, Stock, canonical_json, key
from narrate.script import RecordedVoice, Script, Segment
from narrate.sound import audio
from narrate.sound.pace import CHARS_PER_SECOND
from narrate.store.entry import Clip
from narrate.voices import voice
from narrate.voices.voice import LoadedVoice


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance, or one recording: what is asked for, in canonical form, and the clip if there
    is one.

    `pause_before` is the silence before it in seconds. `choice` is who would speak it. `flags` are
    the reasons why the clip, though there, would not pass a strict run. `replace`: what is in the
    store is not wanted.
    """

    form: bytes
    pause_before: float
    clip: Clip | None
    request: Request | None = None
    choice: Choice | None = None
    flags: tuple[str, ...] = ()
    recording: Path | None = None
    replace: bool = False

    @property
    def key(self) -> str:
        """The key under which its clip is, or will be, stored."""
        return key(self.form)

    @property
    def text(self) -> str:
        """What is said; empty for a recording."""
        return self.request.text if self.request else ""


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """A segment with its lines, in the order in which they are heard, and the pause after it in
    seconds.
    """

    segment: Segment
    display: str
    lines: tuple[Line, ...]
    pause_after: float

    @property
    def cached(self) -> bool:
        """Whether every line of it is there."""
        return all(line.clip for line in self.lines)


@dataclass(frozen=True)
class Plan:
    """What a run would do."""

    script: Script
    language: str
    choices: tuple[Choice, ...]
    voices: Mapping[str, LoadedVoice]
    segments: tuple[PlannedSegment, ...]

    def lines(self) -> Iterator[tuple[PlannedSegment, Line]]:
        """Every line with its segment."""
        return ((planned, line) for planned in self.segments for line in planned.lines)

    @property
    def misses(self) -> list[tuple[PlannedSegment, Line]]:
        """The lines to be made, each distinct one once, in the order of the script."""
        wanted: dict[bytes, tuple[PlannedSegment, Line]] = {}
        for planned, line in self.lines():
            if line.clip is None:
                wanted.setdefault(line.form, (planned, line))
        return list(wanted.values())

    @cached_property
    def pace(self) -> float:
        """Characters a second: of this script's own clips where there are some."""
        hits = [
            (len(line.text), line.clip.seconds)
            for _, line in self.lines()
            if line.clip and line.text
        ]
        seconds = sum(length for _, length in hits)
        return sum(chars for chars, _ in hits) / seconds if seconds else CHARS_PER_SECOND

    def seconds(self, planned: PlannedSegment) -> float:
        """How long a segment is, or is predicted to be, with the silences inside it."""
        pace = self.pace
        return sum(
            line.pause_before + (line.clip.seconds if line.clip else len(line.text) / pace)
            for line in planned.lines
        )

    @property
    def eta(self) -> float:
        """Seconds of work ahead for one worker, from how long this script's clips took."""
        hits = [line.clip for _, line in self.lines() if line.clip and line.request]
        worked = sum(_origin(clip).seconds for clip in hits)
        guesses = [choice.capabilities.rtf for choice in self.choices]
        rtf = worked / sum(clip.seconds for clip in hits) if hits else max(guesses, default=0.0)
        return rtf * sum(len(line.text) for _, line in self.misses) / self.pace


def make(script: Script, settings: Settings, store: Store, force: tuple[str, ...] = ()) -> Plan:
    """Work out every request of a script and look each up in the store.

    `force` holds the ids of segments whose clips are to be made again; "*" stands for all. Raises
    ScriptError for what an engine cannot do, and EnvironmentProblem for a voice that no engine can
    speak.
    """
    _check_ids(script, force)
    planner = _Planner(script, settings, store)
    segments = tuple(
        planner.segment(
            segment, forced="*" in force or segment.id in force, last=segment is script.segments[-1]
        )
        for segment in script.segments
    )
    language = settings.language or "en"
    return Plan(script, language, tuple(planner.choices.values()), planner.voices, segments)


class _Planner:
    """Plans segment by segment; remembers the engine and the reference of every voice."""

    def __init__(self, script: Script, settings: Settings, store: Store) -> None:
        self.script, self.settings, self.store = script, settings, store
        self.within = None if settings.allow_outside else script.folder
        self.choices: dict[str | None, Choice] = {}
        self.voices: dict[str, LoadedVoice] = {}

    def segment(self, segment: Segment, *, forced: bool, last: bool) -> PlannedSegment:
        said = spoken.read(segment.text, segment.say)
        if segment.audio is not None:
            lines: tuple[Line, ...] = (self.recording(segment.audio, segment.where),)
        else:
            lines = tuple(
                self.line(segment, part.text, part.pause_before, forced) for part in said.utterances
            )
        explicit = segment.pause_after if segment.pause_after is not None else said.pause_after
        default = 0.0 if last else self.settings.pause_after
        return PlannedSegment(
            segment, said.display, lines, default if explicit is None else explicit
        )

    def line(self, segment: Segment, text: str, pause_before: float, forced: bool) -> Line:
        choice = self.choice(segment)
        request = self.request(segment, text, choice)
        form = request.canonical()
        clip = self.store.find(form)
        flags = verdict(clip, text) if clip else ()
        if forced or (flags and self.settings.qa == "strict"):
            return Line(
                form, pause_before, None, request, choice, () if forced else flags, replace=True
            )
        return Line(form, pause_before, clip, request, choice, flags=flags)

    def choice(self, segment: Segment) -> Choice:
        """Who speaks a segment's voice; each voice is decided, and its recording read, once."""
        if segment.voice in self.choices:
            return self.choices[segment.voice]
        if segment.voice is None:
            choice = casting.choose("default", self.settings, None, segment.where)
        else:
            choice = self.cast(segment.voice)
        self.choices[segment.voice] = choice
        return choice

    def cast(self, name: str) -> Choice:
        """Who speaks a voice that the script declares; its recording is read."""
        written = self.script.voices[name]
        where = f"{self.script.name}: voice {name!r}"
        speaker = written.speaker if isinstance(written, Stock) else None
        choice = casting.choose(written.kind, self.settings, speaker, where)
        capabilities = choice.capabilities
        if speaker and capabilities.speakers and speaker not in capabilities.speakers:
            raise ScriptError(
                f"the engine {capabilities.name} has no speaker {speaker!r}",
                where=where,
                hint=f"its speakers: {', '.join(capabilities.speakers)}",
            )
        if isinstance(written, RecordedVoice):
            loaded = voice.load(written, self.script.folder, where, self.within)
            self.voices[name] = self.agreeing(loaded, where)
        return choice

    def agreeing(self, loaded: LoadedVoice, where: str) -> LoadedVoice:
        """Refuse a recording with one transcript in one voice and another in the next: one of them
        is wrong.
        """
        for name, other in self.voices.items():
            said = {loaded.reference.transcript, other.reference.transcript} - {None}
            if loaded.clone.ref == other.clone.ref and len(said) > 1:
                raise ScriptError(
                    f"its recording is that of the voice {name!r}, but its transcript is another",
                    where=where,
                    hint="a transcript is what the recording says, word for word: keep the right one",
                )
        return loaded

    def request(self, segment: Segment, text: str, choice: Choice) -> Request:
        able = choice.capabilities
        wanted = segment.language or self.settings.language or (*able.languages, "en")[0]
        language = _language(wanted, able, segment.where)
        return Request(
            engine=able.name,
            behaviour=able.behaviour,
            model=choice.model_key,
            text=text,
            language=language,
            voice=self.sound(segment.voice),
            seed=segment.seed,
            take=segment.take,
            revision=choice.model.revision,
            dtype=choice.model.dtype,
            sampling={name: f"{value:g}" for name, value in self.settings.sampling.items()},
        )

    def sound(self, name: str | None) -> RequestVoice:
        """The part of a voice that changes the sound; its recording was read by `cast`."""
        if name is None:
            return Stock()
        written = self.script.voices[name]
        return self.voices[name].clone if isinstance(written, RecordedVoice) else written

    def recording(self, path: Path, where: str) -> Line:
        audio.admit_file(path, where, self.within)
        with os.fdopen(regular.opened(path), "rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()
        form = canonical_json({"schema": KEY_SCHEMA, "recording": digest})
        return Line(form, 0.0, self.store.find(form), recording=path)


def _language(wanted: str, able: Capabilities, where: str) -> str:
    """The engine's code for a language written as a code, a code with a region, or a name. Raises
    ScriptError.
    """
    name = wanted.lower()
    if not able.languages:
        return name
    for code in (name, CODES.get(name, ""), name.split("-")[0]):
        if code in able.languages:
            return code
    raise ScriptError(
        f"the engine {able.name} does not speak {wanted!r}",
        where=where,
        hint=f"it speaks: {', '.join(able.languages)}",
    )


def verdict(clip: Clip, text: str) -> tuple[str, ...]:
    """Judge a stored clip again by its measurements; a clip without any does not pass."""
    measures = _origin(clip).measures
    return judge(measures, text) if measures else ("it was stored without measurements",)


class _Origin(msgspec.Struct):
    """What planning needs to know of how a clip came to be."""

    measures: Measures | None = None
    seconds: float = 0.0


def _origin(clip: Clip) -> _Origin:
    try:
        return msgspec.json.decode(clip.origin, type=_Origin)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Origin()


def _check_ids(script: Script, wanted: tuple[str, ...]) -> None:
    known = [segment.id for segment in script.segments]
    for name in wanted:
        if name != "*" and name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else "see `narrate plan` for the ids"
            raise ScriptError(f"there is no segment {name!r}", where=script.name, hint=hint)
