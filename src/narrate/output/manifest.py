"""The manifest, which the video build reads.

The same narration gives the same manifest: it holds no time of day, host or absolute path, and
does not say what was cached. Within narrate.manifest/1, fields are only added.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Literal

import msgspec

from narrate.base import limits
from narrate.base.files import regular
from narrate.base.text import encodable
from narrate.config import Settings
from narrate.errors import UsageError
from narrate.output.render import file_name
from narrate.output.timeline import Slot, Timeline
from narrate.planning import unchecked
from narrate.planning.plan import Plan, PlannedUtterance
from narrate.planning.verdicts import verdict, verdict_recording
from narrate.reading import utterances as spoken
from narrate.request import Design, Stock, voice_to_json
from narrate.script import RecordedVoice, Scene, WrittenVoice
from narrate.store.entry import Clip
from narrate.voices.voice import LoadedVoice

SCHEMA = "narrate.manifest/1"


class ScriptRef(msgspec.Struct, frozen=True):
    """The script's file name."""

    file: str


class EngineRef(msgspec.Struct, frozen=True):
    """An engine and its model; a model in a folder is named by its digest."""

    name: str
    model: str
    revision: str | None = None


class Audio(msgspec.Struct, frozen=True):
    """The whole narration; `xxh3_128` is of the file's bytes, `duration` in seconds."""

    file: str
    xxh3_128: str
    sample_rate: int
    channels: int
    samples: int
    duration: float


class Frames(msgspec.Struct, frozen=True):
    """The video frames: fps is an integer or a fraction such as "30000/1001"."""

    fps: int | str
    frames: int
    rounding: Literal["cumulative"] = "cumulative"


class SceneEntry(msgspec.Struct, frozen=True):
    """A scene from its first segment's start to the end of its last pause; seconds and frames."""

    id: str
    title: str | None
    segments: list[str]
    start: float
    end: float
    duration: float
    start_frame: int
    duration_frames: int


class Take(msgspec.Struct, frozen=True):
    """Which rendering this is; the seed is null unless the script or an approved take set one."""

    n: int
    seed: int | None


class Checked(msgspec.Struct, frozen=True):
    """The result of the checks; `recorded` for a recording that passes them."""

    status: Literal["pass", "warn", "recorded"]
    flags: list[str]


class MarkEntry(msgspec.Struct, frozen=True):
    """A bookmark in a text, at the nearest edge of an utterance: `at` in seconds from the start of
    its segment, `abs` from the start of the narration, and the video frame.
    """

    at: float
    abs: float
    frame: int


class SegmentEntry(msgspec.Struct, frozen=True):
    """A segment: its sound is [start_sample, start_sample + samples); its slot lasts until the next
    one starts.
    """

    id: str
    scene: str | None
    index: int
    text: str
    spoken: str
    voice: str | None
    file: str
    xxh3_128: str
    start: float
    end: float
    duration: float
    pause_after: float
    start_sample: int
    samples: int
    start_frame: int
    end_frame: int
    slot_frames: int
    cache_keys: list[str]
    take: Take
    qa: Checked
    words: list[tuple[int, int, str]] = msgspec.field(default_factory=list)
    """What is said otherwise than it is written: its start and end in `text`, and what is said."""

    marks: dict[str, MarkEntry] = msgspec.field(default_factory=dict)
    stand_in: str | msgspec.UnsetType = msgspec.UNSET
    """The engine that speaks it because that of its voice was missing; else left out."""


class Totals(msgspec.Struct, frozen=True):
    """Sums over the narration."""

    segments: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A narration: its files, scenes and segments. Paths are relative to the manifest."""

    schema: str = SCHEMA
    title: str | None
    language: str
    script: ScriptRef
    engine: EngineRef | None
    engines: list[EngineRef]
    voices: dict[str, dict[str, str]]
    audio: Audio
    timeline: Frames
    scenes: list[SceneEntry]
    segments: list[SegmentEntry]
    sidecars: dict[str, str]
    totals: Totals
    checks: dict[str, str] = {}
    """For each check that listens: checked, partly checked or not checked; empty if none is needed.
    """

    def scene(self, id: str) -> list[SegmentEntry]:
        """The segments of a scene, in order; empty if there is no such scene."""
        return [segment for segment in self.segments if segment.scene == id]

    def __getitem__(self, id: str) -> SegmentEntry:
        """The segment with that id. Raises KeyError."""
        for segment in self.segments:
            if segment.id == id:
                return segment
        raise KeyError(id)

    def encode(self) -> bytes:
        """The file's bytes."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def load(path: str | Path) -> Manifest:
    """Read a manifest. Raises UsageError if it cannot be read or is not a manifest."""
    hint = "write it again with `narrate run`"
    try:
        manifest = msgspec.json.decode(regular.read(Path(path), limits.RECORD_BYTES), type=Manifest)
    except OSError as error:
        raise UsageError(
            f"it cannot be read ({error.strerror})", where=str(path), hint=hint
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"it is not a manifest ({error})", where=str(path), hint=hint) from error
    if manifest.schema != SCHEMA:
        raise UsageError(
            f"its schema is {manifest.schema!r}, not {SCHEMA!r}", where=str(path), hint=hint
        )
    return manifest


def build(
    plan: Plan,
    timeline: Timeline,
    settings: Settings,
    narration: str,
    segments: Mapping[str, str],
    sidecars: dict[str, str],
) -> Manifest:
    """Describe a narration; `narration` and `segments` (by id) are digests of the audio files."""
    fps = settings.fps
    name = f"narration.{settings.format}"
    seconds = timeline.seconds(timeline.samples)
    engines = list(
        dict.fromkeys(
            EngineRef(each.name, each.model_key, each.model.revision or None)
            for each in plan.choices
        )
    )
    return Manifest(
        title=plan.script.title,
        language=plan.language,
        script=ScriptRef(encodable(plan.script.name)),
        engine=engines[0] if engines else None,
        engines=engines,
        voices={
            name: _voice(voice, plan.voices.get(name)) for name, voice in plan.script.voices.items()
        },
        audio=Audio(name, narration, timeline.rate, 1, timeline.samples, seconds),
        timeline=Frames(_fps(fps), timeline.frame(timeline.samples, fps)),
        scenes=[_scene(scene, timeline, fps) for scene in plan.script.scenes],
        segments=[
            _segment(
                index,
                slot,
                timeline,
                settings,
                file_name(slot.planned, settings.format),
                segments[slot.planned.segment.id],
            )
            for index, slot in enumerate(timeline.slots)
        ],
        sidecars=sidecars,
        totals=Totals(len(timeline.slots)),
        checks=_coverage(timeline, settings),
    )


def _coverage(timeline: Timeline, settings: Settings) -> dict[str, str]:
    heard = [
        (slot.planned.segment.id, utterance, clip)
        for slot in timeline.slots
        for utterance, clip in zip(slot.planned.utterances, _clips(slot), strict=True)
    ]
    return {name: each.in_words for name, each in unchecked.look(heard, settings).items()}


def _clips(slot: Slot) -> list[Clip]:
    """The clips of a slot, one for each of its utterances."""
    return [part.clip for part in slot.parts if part.clip]


def _fps(fps: Fraction) -> int | str:
    return fps.numerator if fps.denominator == 1 else str(fps)


def _voice(written: WrittenVoice, loaded: LoadedVoice | None) -> dict[str, str]:
    fields: dict[str, str | None]
    match written:
        case RecordedVoice(ref=ref, instruct=instruct):
            shown = Path(ref).name if Path(ref).is_absolute() else ref
            fields = {"ref": shown, "instruct": instruct}
        case Stock(speaker=speaker, instruct=instruct):
            fields = {"speaker": speaker, "instruct": instruct}
        case Design(design=design, instruct=instruct):
            fields = {"instruct": instruct, "design": design}
    digests = voice_to_json(loaded.clone) if loaded else {}
    return {name: value for name, value in fields.items() if value is not None} | {
        f"{name}_blake2b": digest for name, digest in digests.items()
    }


def _scene(scene: Scene, timeline: Timeline, fps: Fraction) -> SceneEntry:
    slots = [slot for slot in timeline.slots if slot.planned.segment.scene == scene.id]
    start, end = slots[0].start, slots[-1].next_start
    first = timeline.frame(start, fps)
    return SceneEntry(
        id=scene.id,
        title=scene.title,
        segments=list(scene.segments),
        start=timeline.seconds(start),
        end=timeline.seconds(end),
        duration=timeline.seconds(end - start),
        start_frame=first,
        duration_frames=timeline.frame(end, fps) - first,
    )


def _segment(
    index: int, slot: Slot, timeline: Timeline, settings: Settings, file: str, digest: str
) -> SegmentEntry:
    planned, fps = slot.planned, settings.fps
    segment = planned.segment
    clips = _clips(slot)
    start = timeline.frame(slot.start, fps)
    text = spoken.plain(segment.text)
    return SegmentEntry(
        id=segment.id,
        scene=segment.scene,
        index=index,
        text=text,
        spoken=" ".join(utterance.text for utterance in planned.utterances),
        words=[
            (each.start, each.end, each.spoken)
            for each in planned.readings
            # A word whose phonemes alone are given is said in the same letters.
            if text[each.start : each.end] != each.spoken
        ],
        voice=segment.voice,
        file=file,
        xxh3_128=digest,
        start=timeline.seconds(slot.start),
        end=timeline.seconds(slot.end),
        duration=timeline.seconds(slot.samples),
        pause_after=timeline.seconds(slot.pause),
        start_sample=slot.start,
        samples=slot.samples,
        start_frame=start,
        end_frame=timeline.frame(slot.end, fps),
        slot_frames=timeline.frame(slot.next_start, fps) - start,
        cache_keys=[clip.key for clip in clips],
        take=Take(*planned.take),
        qa=_checked(slot, settings),
        stand_in=planned.stand_in or msgspec.UNSET,
        marks=_marks(slot, timeline, fps),
    )


def _marks(slot: Slot, timeline: Timeline, fps: Fraction) -> dict[str, MarkEntry]:
    """The edges of the utterances at which marks stand; a recording counts as one utterance."""
    positions = accumulate((part.samples for part in slot.parts), initial=0)
    spans = [span for part, span in zip(slot.parts, pairwise(positions), strict=True) if part.clip]
    marks = {}
    for mark in slot.planned.marks:
        start, end = spans[min(mark.utterance, len(spans) - 1)]
        sample = end if mark.at_end or mark.utterance >= len(spans) else start
        marks[mark.name] = MarkEntry(
            at=timeline.seconds(sample),
            abs=timeline.seconds(slot.start + sample),
            frame=timeline.frame(slot.start + sample, fps),
        )
    return marks


def _checked(slot: Slot, settings: Settings) -> Checked:
    clips = _clips(slot)
    utterances = slot.planned.utterances
    flags = [
        flag
        for utterance, clip in zip(utterances, clips, strict=True)
        for flag in _flags(utterance, clip, settings)
    ]
    recorded = any(utterance.recording for utterance in utterances)
    return Checked("warn" if flags else "recorded" if recorded else "pass", flags)


def _flags(utterance: PlannedUtterance, clip: Clip, settings: Settings) -> tuple[str, ...]:
    """The plan has judged the clips that were there; those that came since are judged here."""
    if utterance.clip:
        return utterance.flags
    if utterance.recording:
        return verdict_recording(clip, utterance.transcript)
    return verdict(clip, utterance.text, utterance.choice, settings)
