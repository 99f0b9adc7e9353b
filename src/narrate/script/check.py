"""The tree of a script -> a Script with defaults applied, after all checks of ids and texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from narrate.base import limits
from narrate.base.fps import HINT as FPS_HINT
from narrate.base.fps import frame_rate
from narrate.base.text import did_you_mean, quoted
from narrate.config import ReadingMode
from narrate.errors import ScriptError, ScriptErrors
from narrate.reading import utterances as spoken
from narrate.reading.characters import visible
from narrate.reading.problems import Unreadable
from narrate.request import Design, Stock
from narrate.script import conversion, ids, silence
from narrate.script.document import Document, SceneEntry, SegmentEntry, Voice
from narrate.script.model import (
    AS_USUAL,
    Note,
    ReadOptions,
    RecordedVoice,
    Scene,
    Script,
    Segment,
    WrittenVoice,
)
from narrate.script.problems import Problems, below
from narrate.script.read import Source

T = TypeVar("T")

_KINDS = ("ref", "speaker", "design")
"""The fields of which a voice has exactly one."""


def resolve(source: Source, options: ReadOptions = AS_USUAL) -> Script:
    """Check what types cannot express, and apply the defaults. Raises ScriptError."""
    problems = Problems(source.where)
    for problem in source.problems:
        problems.add(problem)
    document = _document(source, problems)
    voices = _voices(document.voices, problems)
    with problems.noted():
        _check_fps(document.fps, source.where("$.fps"))
    resolver = _Resolver(source, document, problems, lenient=options.markup == "warn")
    resolver.check_known(document.defaults.voice, "$.defaults.voice")
    scenes: list[Scene] = []
    if document.scenes is None:
        at = "$" if isinstance(source.tree, list) else "$.segments"
        segments = resolver.segments(document.segments or [], at, None)
    else:
        scenes, segments = resolver.scenes(document.scenes)
    _check_unlike([(segment.stem, segment.id, segment.where) for segment in segments], problems)
    problems.check()
    return Script(
        path=source.path,
        name=source.name,
        folder=source.base,
        title=_title(document.title),
        language=document.language,
        reading=document.reading,
        mathematics=document.mathematics,
        fps=document.fps,
        pause_after=_plain(document.defaults.pause_after),
        voices=voices,
        scenes=tuple(scenes),
        segments=tuple(segments),
        inputs=source.inputs,
        notes=(*source.notes, *resolver.notes),
        omissions=source.omissions,
    )


def _document(source: Source, problems: Problems) -> Document:
    tree = source.tree
    if _segments_in(tree) > limits.SEGMENTS:
        hint = "split it into several scripts"
        raise ScriptError(
            f"more than {limits.SEGMENTS} segments", where=source.where("$"), hint=hint
        )
    if isinstance(tree, list):
        document = Document(segments=conversion.read_segments(tree, problems))
    else:
        document = conversion.read(tree, Document, problems)
    given = [part for part in (document.scenes, document.segments) if part is not None]
    if not (len(given) == 1 and given[0]) and not problems.covers("$"):
        is_both = given and all(given)
        what = "both 'scenes' and 'segments'" if is_both else "nothing to say: no segments"
        hint = "give either 'scenes' or 'segments', with at least one segment"
        problems.note(what, "$", hint)
    return document


def _segments_in(tree: object) -> int:
    """The number of segments in a tree that has not been checked yet."""
    if not isinstance(tree, dict):
        return len(_list(tree))
    scenes = _list(tree.get("scenes"))
    segments = sum(
        len(_list(group.get("segments"))) for group in [tree, *scenes] if isinstance(group, dict)
    )
    return max(segments, len(scenes))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


@dataclass
class _Resolver:
    source: Source
    document: Document
    problems: Problems
    lenient: bool = False
    utterances: int = 0
    silence: float = 0.0
    texts: dict[str, spoken.Spoken] = field(default_factory=dict)
    """What the texts that are in order say, by JSON path."""

    marks: dict[str, str] = field(default_factory=dict)
    """The places of all marks, by name."""

    notes: list[Note] = field(default_factory=list)

    def scenes(self, entries: Sequence[SceneEntry]) -> tuple[list[Scene], list[Segment]]:
        places = [f"$.scenes[{i}]" for i in range(len(entries))]
        for entry, at in zip(entries, places, strict=True):
            self._check_id(entry.id, f"{at}.id")
        names = ids.assign(
            [(entry.id, ids.slug(visible(entry.title or ""), "scene")) for entry in entries]
        )
        pairs = zip(names, places, strict=True)
        _check_unlike([(name, name, self.source.where(at)) for name, at in pairs], self.problems)
        scenes, segments = [], []
        for name, entry, at in zip(names, entries, places, strict=True):
            own = self.segments(entry.segments, f"{at}.segments", name)
            qualified = tuple(segment.id for segment in own)
            scenes.append(
                Scene(
                    id=name,
                    title=_title(entry.title),
                    budget=_plain(entry.budget),
                    segments=qualified,
                )
            )
            segments += own
        return scenes, segments

    def segments(
        self, entries: Sequence[SegmentEntry], at: str, scene: str | None
    ) -> list[Segment]:
        wanted = []
        for i, entry in enumerate(entries):
            self._check_id(entry.id, f"{at}[{i}].id")
            display = self._display(entry, f"{at}[{i}]")
            source = visible(_nfc(entry.text or entry.say or entry.audio) or "")
            wanted.append((entry.id, ids.segment_id(source, display)))
        prefix = f"{scene}/" if scene else ""
        names = ids.assign(wanted)
        made = [
            self._segment(entry, prefix + name, scene, f"{at}[{i}]")
            for i, (entry, name) in enumerate(zip(entries, names, strict=True))
        ]
        texts = [self.texts.get(f"{at}[{i}]") for i in range(len(made))]
        heard = silence.absorb(zip(made, texts, strict=True))
        if made and not heard:
            hint = "write a text between the pauses"
            self.problems.note("nothing to say but pauses", f"{at}[0]", hint)
        return heard

    def _segment(self, entry: SegmentEntry, name: str, scene: str | None, at: str) -> Segment:
        self.check_known(entry.voice, f"{at}.voice")
        defaults = self.document.defaults
        return Segment(
            id=name,
            scene=scene,
            where=self.source.where(at),
            text=_nfc(entry.text) or "",
            say=_nfc(entry.say),
            voice=_first(entry.voice, defaults.voice),
            language=_first(entry.language, defaults.language),
            reading=_first(entry.reading, self._reading_of(entry.voice or defaults.voice)),
            pause_after=_plain(entry.pause_after),
            seed=_first(entry.seed, defaults.seed),
            take=entry.take,
            audio=self._recording(entry.audio, f"{at}.audio"),
            caption=_nfc(entry.caption),
            slot=entry.slot,
        )

    def _reading_of(self, voice: str | None) -> ReadingMode | None:
        """How a voice reads notation, if the script says so."""
        declared = self.document.voices.get(voice or "")
        return declared.reading if declared else None

    def _recording(self, named: str | None, at: str) -> Path | None:
        if not named:
            return None
        with self.problems.noted():
            _check_local(named, self.source.where(at))
        return self.source.base / named

    def _display(self, entry: SegmentEntry, at: str) -> str:
        """A text as captions show it, for ids; empty if it cannot be said, which is noted."""
        if self.problems.covers(at) and not (entry.text or entry.say):
            # Its text was invalid.
            return ""
        with self.problems.noted():
            return self._check_text(entry, at)
        return ""

    def check_known(self, voice: str | None, at: str) -> None:
        """Note a voice that the script does not declare."""
        voices = self.document.voices
        if voice is not None and voice not in voices:
            hint = (
                did_you_mean(voice, voices)
                if voices
                else "declare it under 'voices', which is empty"
            )
            self.problems.note(f"unknown voice {quoted(voice)}", at, hint)

    def _check_id(self, name: str | None, at: str) -> None:
        if name is not None and (problem := ids.problem(name)):
            hint = f"use {ids.slug(visible(name), 'segment')!r}"
            self.problems.note(f"id {quoted(name)} {problem}", at, hint)

    def _count(self, utterances: Sequence[spoken.Utterance], where: str) -> None:
        """Refuse a script that would take days to speak, or hold days of silence."""
        before = self.utterances
        self.utterances += len(utterances)
        hint = "split it into several scripts"
        # It is said of the segment that exceeds the limit, and not of all that follow.
        if before <= limits.UTTERANCES < self.utterances:
            raise ScriptError(f"more than {limits.UTTERANCES} utterances", where=where, hint=hint)
        self._count_silence(sum(utterance.pause_before for utterance in utterances), where)

    def _count_silence(self, seconds: float, where: str) -> None:
        before = self.silence
        self.silence += seconds
        hint = "split it into several scripts"
        if before <= limits.SILENCE_SECONDS < self.silence:
            hours = limits.SILENCE_SECONDS / 3600
            what = f"more than {hours:.0f} hours of pauses inside segments"
            raise ScriptError(what, where=where, hint=hint)

    def _check_text(self, entry: SegmentEntry, at: str) -> str:
        """Return a text as captions show it, or refuse it if it cannot be said."""
        where = self.source.where(at)
        if max(len(entry.text), len(entry.say or "")) > limits.TEXT_CHARS:
            hint = "split it into several segments"
            raise ScriptError(f"longer than {limits.TEXT_CHARS} characters", where=where, hint=hint)
        try:
            result = spoken.read(entry.text, entry.say, lenient=self.lenient)
        except Unreadable as error:
            raise self._unreadable(error, entry, where) from None
        self._count(result.utterances, where)
        self.notes += [Note(where, warning) for warning in result.warnings]
        self._note_marks(result, where)
        if not result.utterances and not entry.audio:
            self._check_silence(result, where)
        if result.pause_after is not None and entry.pause_after is not None:
            hint = "keep either the tag at the end or `pause_after`"
            raise ScriptError("two pauses after one segment", where=where, hint=hint)
        self.texts[at] = result
        return result.display

    def _unreadable(self, error: Unreadable, entry: SegmentEntry, where: str) -> ScriptErrors:
        """The problems of a text."""
        segment = f" (segment {quoted(entry.id)})" if entry.id else ""
        found = [
            ScriptError(f"{each.what}{segment}", where=where, hint=each.hint)
            for each in error.problems
        ]
        return ScriptErrors(found, len(found), where=where)

    def _note_marks(self, result: spoken.Spoken, where: str) -> None:
        names = [mark.name for mark in result.marks]
        for mark in result.marks:
            other = self.marks.setdefault(mark.name, where)
            if other != where or names.count(mark.name) > 1:
                what = f"duplicate mark {quoted(mark.name)}; the other is at {other}"
                raise ScriptError(what, where=where, hint="rename one of them")

    def _check_silence(self, result: spoken.Spoken, where: str) -> None:
        """Refuse a text without words that is more, or less, than pauses."""
        if where in {problem.where for problem in self.source.problems}:
            return
        if result.pause_after is None or result.display:
            hint = "give it words, remove the segment, or write a pause such as [pause:1s]"
            raise ScriptError("nothing to say", where=where, hint=hint)
        self._count_silence(result.pause_after, where)
        for mark in result.marks:
            what = f"the mark {quoted(mark.name)} is in a text of pauses alone, so it has no time"
            self.notes.append(Note(where, what))


def _voices(written: Mapping[str, Voice], problems: Problems) -> dict[str, WrittenVoice]:
    """The voices that are written down; what is wrong with one is noted."""
    voices: dict[str, WrittenVoice] = {}
    for name, voice in written.items():
        at = below("$.voices", name)
        if not problems.covers(at):
            with problems.noted():
                voices[name] = _voice(voice, problems.where(at))
    return voices


def _voice(written: Voice, where: str) -> WrittenVoice:
    """The kind of voice that is written down. Raises ScriptError."""
    match written:
        case Voice(ref=str(ref), speaker=None, design=None):
            _check_local(ref, where)
            return RecordedVoice(ref, written.transcript, written.instruct)
        case Voice(ref=None, speaker=str(speaker), design=None):
            return Stock(speaker, written.instruct)
        case Voice(ref=None, speaker=None, design=str(design)):
            return Design(design, written.instruct)
    given = [name for name in _KINDS if getattr(written, name) is not None]
    what = f"it has {' and '.join(map(repr, given))}" if given else "it has no kind"
    hint = "give exactly one of 'ref', 'speaker' and 'design'"
    raise ScriptError(what, where=where, hint=hint)


def _check_local(name: str, where: str) -> None:
    """Refuse a URL in place of the name of a file. Raises ScriptError."""
    if re.match(r"[a-z][a-z0-9+.-]*://|data:", name, re.IGNORECASE):
        hint = "download it, keep it beside the script, and name that file"
        raise ScriptError(
            f"{quoted(name)} is a URL, but recordings are read from files only",
            where=where,
            hint=hint,
        )


def _check_fps(fps: str | int | float | None, where: str) -> None:
    if fps is None:
        return
    try:
        frame_rate(fps)
    except ValueError as error:
        raise ScriptError(str(error), where=where, hint=FPS_HINT) from None


def _check_unlike(named: Sequence[tuple[str, str, str]], problems: Problems) -> None:
    """Note ids that share a file; each comes as a file stem, an id and a place."""
    seen: dict[str, tuple[str, str]] = {}
    for stem, name, where in named:
        key = ids.fold(stem)
        if key not in seen:
            seen[key] = (name, where)
            continue
        other, place = seen[key]
        what = f"ids {quoted(other)} and {quoted(name)} would have the same file"
        if other == name:
            what = f"duplicate id {quoted(name)}"
        hint = "rename one of them"
        problems.add(ScriptError(f"{what}; the other is at {place}", where=where, hint=hint))


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)


def _plain(seconds: float | None) -> float | None:
    """A duration as the plain number that other parts of narrate, and msgspec, know."""
    return None if seconds is None else float(seconds)


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


def _title(text: str | None) -> str | None:
    return None if text is None else visible(unicodedata.normalize("NFC", text))
