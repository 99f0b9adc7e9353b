"""A script as it is written: the types for JSON, YAML and the JSON Schema."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from narrate.base import limits, units
from narrate.config import Mathematics, ReadingMode

Name = Annotated[str, Meta(min_length=1)]


class PauseSeconds(float):
    """Seconds of silence, which are written as a number or as in 0.6s or 600ms."""


class BudgetSeconds(float):
    """Seconds that something may take, written as a pause is."""


Language = Annotated[Name | None, Meta(description="language of the text, such as 'en'")]
Reading = Annotated[
    ReadingMode | None, Meta(description="which notation is read: all, mathematics only, or none")
]
VoiceName = Annotated[str | None, Meta(description="a name from `voices`")]
Pause = Annotated[
    PauseSeconds | None,
    Meta(description="silence after the segment: a number of seconds, or as in 0.6s or 600ms"),
]
Seconds = Annotated[float, Meta(ge=0)]
Natural = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Seed = Annotated[Natural | None, Meta(description="makes the engine repeat itself")]


class _Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class Voice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A voice is exactly one of: a recording to clone, a stock speaker, a description."""

    ref: Annotated[Name | None, Meta(description="recording to clone, relative to the script")] = (
        None
    )
    transcript: Annotated[
        str | None, Meta(description="what the recording says, word for word")
    ] = None
    speaker: Annotated[
        Name | None, Meta(description="name of one of the engine's own speakers")
    ] = None
    instruct: Annotated[Name | None, Meta(description="how to speak, such as 'calm'")] = None
    reading: Reading = None
    design: Annotated[Name | None, Meta(description="description of a voice to make up")] = None


class SegmentEntry(_Entry):
    """A unit of the narration; it needs `text`, `say` or `audio`."""

    id: Annotated[str | None, Meta(description="made from the text if left out")] = None
    text: Annotated[str, Meta(description="what is said, and shown in captions")] = ""
    say: Annotated[Name | None, Meta(description="spoken instead of the text")] = None
    voice: VoiceName = None
    language: Language = None
    reading: Reading = None
    pause_after: Pause = None
    seed: Seed = None
    take: Annotated[
        int, Meta(ge=1, le=2**32 - 1, description="raise it to hear another rendering")
    ] = 1
    audio: Annotated[Name | None, Meta(description="recording to use as it is")] = None
    caption: Annotated[
        str | None, Meta(description="shown in captions instead of the text; '' shows nothing")
    ] = None
    slot: Annotated[
        tuple[Seconds, Seconds] | None,
        Meta(description="start and end in seconds, where it should be heard; not used yet"),
    ] = None


class SceneEntry(_Entry):
    """Segments that belong together, and the time that they may take."""

    segments: Annotated[list[SegmentEntry], Meta(min_length=1)]
    id: Annotated[str | None, Meta(description="made from the title if left out")] = None
    title: str | None = None
    budget: Annotated[
        BudgetSeconds | None, Meta(description="what the scene may take, written as a pause is")
    ] = None


class Defaults(_Entry):
    """Values for all segments that do not give their own."""

    voice: VoiceName = None
    language: Language = None
    pause_after: Pause = None
    seed: Seed = None


class Head(_Entry):
    """What a script in any format can say about itself."""

    title: str | None = None
    language: Language = None
    reading: Reading = None
    mathematics: Annotated[
        Mathematics | None, Meta(description="as a teacher says it, or exact, with every bracket")
    ] = None
    voices: dict[Name, Voice] = {}
    defaults: Defaults = msgspec.field(default_factory=Defaults)
    fps: Annotated[
        int | float | str | None, Meta(description="frames per second: 30, 23.976 or '30000/1001'")
    ] = None


class FrontMatter(Head):
    """The head of a Markdown script; `voice` and `pause_after` stand for those in `defaults`."""

    voice: VoiceName = None
    pause_after: Pause = None


class Document(Head):
    """A narration script: exactly one of `scenes` and `segments`."""

    schema: Annotated[str | None, Meta(description="for editors; not read")] = msgspec.field(
        default=None, name="$schema"
    )
    scenes: Annotated[list[SceneEntry], Meta(min_length=1)] | None = None
    segments: Annotated[list[SegmentEntry], Meta(min_length=1)] | None = None


def schema() -> dict[str, Any]:
    """The JSON Schema of a script."""
    one_of = {"oneOf": [{"required": ["scenes"]}, {"required": ["segments"]}]}
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    made = msgspec.json.schema(Document, schema_hook=_seconds_schema)
    # A text may stand in place of a segment: `shapes` expands it.
    made["$defs"]["SegmentEntry"]["type"] = ["object", "string"]
    return {**dialect, **made, **one_of}


def _seconds_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a duration."""
    number = {"minimum": 0, "maximum": limits.PAUSE_SECONDS}
    if kind is BudgetSeconds:
        number = {"exclusiveMinimum": 0}
    text = {"type": "string", "pattern": units.DURATION}
    return {"anyOf": [{"type": "number", **number}, text]}


def read_seconds(kind: type, written: object) -> object:
    """Read a duration, for msgspec. Raises ValueError."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise ValueError(f"Expected seconds, got `{type(written).__name__}`")
    seconds = units.seconds(written)
    if kind is BudgetSeconds and not seconds > 0:
        raise ValueError(f"{seconds:g} s is not more than 0 s")
    if kind is PauseSeconds and not 0 <= seconds <= limits.PAUSE_SECONDS:
        raise ValueError(f"{seconds:g} s is not between 0 s and {limits.PAUSE_SECONDS:g} s")
    return kind(seconds)
