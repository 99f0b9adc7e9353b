"""A script as it is written: the types for JSON, YAML and the JSON Schema, and their errors."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
from msgspec import Meta

from narrate.base import limits
from narrate.base.text import did_you_mean, quoted
from narrate.errors import ScriptError

Name = Annotated[str, Meta(min_length=1)]
T = TypeVar("T")
Where = Callable[[str], str]
"""From a JSON path to the place in the script, for people."""

Language = Annotated[Name | None, Meta(description="language of the text, such as 'en'")]
VoiceName = Annotated[str | None, Meta(description="a name from `voices`")]
Pause = Annotated[
    Annotated[float, Meta(ge=0, le=limits.PAUSE_SECONDS)] | None,
    Meta(description="seconds of silence after the segment"),
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
    design: Annotated[Name | None, Meta(description="description of a voice to make up")] = None


class SegmentEntry(_Entry):
    """A unit of the narration; it needs `text`, `say` or `audio`."""

    id: Annotated[str | None, Meta(description="made from the text if left out")] = None
    text: Annotated[str, Meta(description="what is said, and shown in captions")] = ""
    say: Annotated[Name | None, Meta(description="spoken instead of the text")] = None
    voice: VoiceName = None
    language: Language = None
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
        Annotated[float, Meta(gt=0)] | None, Meta(description="seconds that the scene may take")
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


_BY_FIELD: dict[str, type[msgspec.Struct]] = {
    "segments": SegmentEntry,
    "scenes": SceneEntry,
    "defaults": Defaults,
    "voices": Voice,
}


def schema() -> dict[str, Any]:
    """The JSON Schema of a script."""
    one_of = {"oneOf": [{"required": ["scenes"]}, {"required": ["segments"]}]}
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**dialect, **msgspec.json.schema(Document), **one_of}


def convert(tree: object, kind: type[T], where: Where) -> T:
    """Convert a parsed tree to a type. Raises ScriptError, which says what is invalid and where."""
    _clean(tree, "$", where)
    try:
        return msgspec.convert(tree, kind, strict=True)
    except msgspec.ValidationError as error:
        _explain(str(error), tree, kind, where)


class Flaw:
    """Stands in a tree for a part that was parsed, but that a script must not contain."""

    def __init__(self, what: str) -> None:
        self.what = what


def _clean(value: object, path: str, where: Where) -> None:
    """Refuse values that JSON does not have, and text that files or engines cannot process."""
    match value:
        case dict():
            for key, item in value.items():
                _clean_key(key, path, where)
                name = key if key.isidentifier() and len(key) < 40 else quoted(key)
                _clean(item, f"{path}.{name}", where)
        case list():
            for i, item in enumerate(value):
                _clean(item, f"{path}[{i}]", where)
        case str() if bad := re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", value):
            raise ScriptError(
                f"a character that cannot be spoken: {bad[0]!r}", where=where(path), hint=_REMOVE
            )
        case float() if not math.isfinite(value):
            raise ScriptError(
                f"{value} is not a number", where=where(path), hint="write a finite number"
            )
        case Flaw():
            raise ScriptError(
                value.what, where=where(path), hint="correct it, or put text in quotes"
            )


def _clean_key(key: object, path: str, where: Where) -> None:
    _clean(key if isinstance(key, str) else Flaw(f"the key {key!r:.40} is not text"), path, where)


_REMOVE = "remove the control character or broken character"


def _explain(message: str, tree: object, kind: object, where: Where) -> NoReturn:
    """Raise an error of msgspec as a ScriptError with a place and a hint."""
    what, _, path = message.rpartition(" - at `")
    what, path = (what, path.rstrip("`")) if what else (message, "$")
    fields = re.findall(r"\.(\w+)", path)
    entry = _BY_FIELD.get(fields[-1] if fields else "", kind)
    if "[...]" in path:
        path = path.replace("[...]", f".{_bad_voice(tree)}")
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        names = [field.encode_name for field in msgspec.structs.fields(_struct(entry))]
        hint = did_you_mean(unknown[1], names)
        raise ScriptError(
            f"unknown field {quoted(unknown[1])}", where=where(path), hint=hint
        ) from None
    hint = "put text in quotes; `narrate schema` prints what each field may hold"
    what = what[:1].lower() + what[1:]
    raise ScriptError(
        f"{fields[-1]}: {what}" if fields else what, where=where(path), hint=hint
    ) from None


def _struct(kind: object) -> type[msgspec.Struct]:
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else SegmentEntry


def _bad_voice(tree: object) -> str:
    """The name of the first invalid voice, which msgspec does not say."""
    assert isinstance(tree, dict)
    for name, voice in tree["voices"].items():
        try:
            msgspec.convert({name: voice}, dict[Name, Voice], strict=True)
        except msgspec.ValidationError:
            return quoted(name)
    return quoted("")
