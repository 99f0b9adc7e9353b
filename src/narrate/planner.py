"""Script + settings + store -> what is there, what has to be spoken, and how long both will be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import msgspec

from narrate import audio, spoken
from narrate.cache import Store
from narrate.checks import Measures, judge
from narrate.config import Settings
from narrate.engines.base import Capabilities
from narrate.entry import Clip
from narrate.errors import EnvironmentProblem, ScriptError
from narrate.request import KEY_SCHEMA, Request, canonical, key
from narrate.script import Script, Segment, Voice

CHARS_PER_SECOND = 15.0
"""Ordinary narration, 150 to 160 words a minute; used until there are clips of the same script to measure."""


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance, or one recording: what is asked for, in canonical form, and the clip if there is one.

    `pause_before` is the silence before it in seconds. `flags` are the reasons why the clip, though there, would
    not pass a strict run. `replace`: what is in the store under this form is not wanted.
    """

    form: bytes
    pause_before: float
    clip: Clip | None
    request: Request | None = None
    recording: Path | None = None
    flags: tuple[str, ...] = ()
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
    """A segment with its lines, in the order in which they are heard, and the pause after it in seconds."""

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
    engine: Capabilities
    reason: str
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
        hits = [(len(line.text), line.clip.seconds) for _, line in self.lines() if line.clip and line.text]
        seconds = sum(length for _, length in hits)
        return sum(chars for chars, _ in hits) / seconds if seconds else CHARS_PER_SECOND

    def seconds(self, planned: PlannedSegment) -> float:
        """How long a segment is, or is predicted to be, with the silences inside it."""
        pace = self.pace
        return sum(
            line.pause_before + (line.clip.seconds if line.clip else len(line.text) / pace) for line in planned.lines
        )

    @property
    def eta(self) -> float:
        """Seconds of work ahead for one worker, from how long this script's clips took."""
        hits = [line.clip for _, line in self.lines() if line.clip and line.request]
        worked = sum(_origin(clip).seconds for clip in hits)
        rtf = worked / sum(clip.seconds for clip in hits) if hits else self.engine.rtf
        return rtf * sum(len(line.text) for _, line in self.misses) / self.pace


def make(
    script: Script,
    settings: Settings,
    engine: Capabilities,
    reason: str,
    store: Store,
    force: tuple[str, ...] = (),
) -> Plan:
    """Work out every request of a script and look each up in the store.

    `force` holds the ids of segments whose clips are to be made again; "*" stands for all. Raises ScriptError for
    what the engine cannot do, and EnvironmentProblem for a voice that no engine here can speak.
    """
    _check_ids(script, force)
    default_language = settings.language or engine.languages[0]
    planner = _Planner(script, settings, engine, store, default_language)
    segments = tuple(
        planner.segment(segment, forced="*" in force or segment.id in force, last=segment is script.segments[-1])
        for segment in script.segments
    )
    return Plan(script, default_language, engine, reason, segments)


@dataclass(frozen=True, slots=True)
class _Planner:
    script: Script
    settings: Settings
    engine: Capabilities
    store: Store
    language: str

    def segment(self, segment: Segment, *, forced: bool, last: bool) -> PlannedSegment:
        said = spoken.read(segment.text, segment.say)
        if segment.audio is not None:
            lines: tuple[Line, ...] = (self.recording(segment.audio, segment.where),)
        else:
            requests = ((self.request(segment, part.text), part.pause_before) for part in said.utterances)
            lines = tuple(self.line(request, pause, forced) for request, pause in requests)
        explicit = segment.pause_after if segment.pause_after is not None else said.pause_after
        default = 0.0 if last else self.settings.pause_after
        return PlannedSegment(segment, said.display, lines, default if explicit is None else explicit)

    def request(self, segment: Segment, text: str) -> Request:
        language = (segment.language or self.language).lower()
        if language not in self.engine.languages:
            raise ScriptError(
                f"the engine {self.engine.name} does not speak {language!r}",
                where=segment.where,
                hint=f"it speaks: {', '.join(self.engine.languages)}",
            )
        voice = self.script.voices[segment.voice] if segment.voice else None
        return Request(
            engine=self.engine.name,
            behaviour=self.engine.behaviour,
            model=self.engine.model,
            text=text,
            language=language,
            voice=_sound_of(voice, segment, self.engine) if voice else {},
            seed=segment.seed,
            take=segment.take,
        )

    def line(self, request: Request, pause_before: float, forced: bool) -> Line:
        form = request.form()
        clip = self.store.find(form)
        flags = verdict(clip, request.text) if clip else ()
        if forced or (flags and self.settings.qa == "strict"):
            return Line(form, pause_before, None, request=request, replace=True)
        return Line(form, pause_before, clip, request=request, flags=flags)

    def recording(self, path: Path, where: str) -> Line:
        audio.admit_file(path, where)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()
        form = canonical({"schema": KEY_SCHEMA, "recording": digest})
        return Line(form, 0.0, self.store.find(form), recording=path)


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


def _sound_of(voice: Voice, segment: Segment, engine: Capabilities) -> dict[str, str]:
    """The part of a voice that changes the sound. Raises ScriptError or EnvironmentProblem."""
    if voice.speaker is None or voice.instruct is not None:
        kind = "a cloned" if voice.ref else "a designed" if voice.design else "an instructed"
        raise EnvironmentProblem(
            f"the voice {segment.voice!r} is {kind} voice, which the engine {engine.name} cannot speak",
            where=segment.where,
            hint=f"give the segment one of its speakers ({', '.join(engine.speakers)}) or another --engine",
        )
    if voice.speaker not in engine.speakers:
        raise ScriptError(
            f"the engine {engine.name} has no speaker {voice.speaker!r}",
            where=segment.where,
            hint=f"its speakers: {', '.join(engine.speakers)}",
        )
    return {"speaker": voice.speaker}


def _check_ids(script: Script, wanted: tuple[str, ...]) -> None:
    known = [segment.id for segment in script.segments]
    for name in wanted:
        if name != "*" and name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else "see `narrate plan` for the ids"
            raise ScriptError(f"there is no segment {name!r}", where=script.name, hint=hint)
