"""A script as it is written: the types for JSON, YAML and the JSON Schema, and their errors."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from narrate.base import limits, units
from narrate.base.text import did_you_mean, quoted
from narrate.script.problems import Problems, Where

Name = Annotated[str, Meta(min_length=1)]
E = TypeVar("E", bound=msgspec.Struct)


class PauseSeconds(float):
    """Seconds of silence, which are written as a number or as in 0.6s or 600ms."""


class BudgetSeconds(float):
    """Seconds that something may take, written as a pause is."""


Language = Annotated[Name | None, Meta(description="language of the text, such as 'en'")]
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
"""What the fields that hold other entries hold: one, or several in a list or by name."""


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


def _seconds(kind: type, written: object) -> object:
    """Read a duration, for msgspec. Raises ValueError."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        got = _TYPES.get(type(written).__name__, "something else")
        raise ValueError(f"expected seconds, got {got}")
    seconds = units.seconds(written)
    if kind is BudgetSeconds and not seconds > 0:
        raise ValueError(f"{seconds:g} s is not more than 0 s")
    if kind is PauseSeconds and not 0 <= seconds <= limits.PAUSE_SECONDS:
        raise ValueError(f"{seconds:g} s is not between 0 s and {limits.PAUSE_SECONDS:g} s")
    return kind(seconds)


def read_segments(tree: list[object], problems: Problems) -> list[SegmentEntry]:
    """Convert a list of segments, which is a script by itself, and note what is invalid."""
    cleaned = _clean(tree, "$", problems)
    assert isinstance(cleaned, list)
    return [_entry(each, SegmentEntry, f"$[{i}]", problems) for i, each in enumerate(cleaned)]


def convert(tree: object, kind: type[E], where: Where) -> E:
    """Convert a parsed tree to a type. Raises ScriptError, which says what is invalid and where."""
    problems = Problems(where)
    result = read(tree, kind, problems)
    problems.check()
    return result


def read(tree: object, kind: type[E], problems: Problems) -> E:
    """Convert a parsed tree to a type, and note what is invalid.

    Invalid fields are left out of the result, and invalid entries in it are empty.
    """
    return _entry(_clean(tree, "$", problems), kind, "$", problems)


class Flaw:
    """Stands in a tree for a part that was parsed, but that a script must not contain."""

    def __init__(self, what: str, hint: str) -> None:
        self.what, self.hint = what, hint


_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def _clean(value: object, path: str, problems: Problems) -> object:
    """Note values that JSON does not have, and text that files or engines cannot process; return
    the value without them.
    """
    match value:
        case dict():
            _clean_object(value, path, problems)
        case list():
            for i, item in enumerate(value):
                value[i] = _clean(item, f"{path}[{i}]", problems)
        case str() if bad := _UNSPEAKABLE.search(value):
            what = f"a character that cannot be spoken: {bad[0]!r}"
            problems.note(what, path, "remove the control character or broken character")
            return _UNSPEAKABLE.sub("", value)
        case float() if not math.isfinite(value):
            problems.note(f"{value} is not a number", path, "write a finite number")
            return Flaw("", "")
        case Flaw():
            problems.note(value.what, path, value.hint)
    return value


def _clean_object(fields: dict[object, object], path: str, problems: Problems) -> None:
    for key, item in list(fields.items()):
        if not isinstance(key, str) or _UNSPEAKABLE.search(key):
            del fields[key]
            _clean(key if isinstance(key, str) else _flawed_key(key), path, problems)
            continue
        cleaned = _clean(item, below(path, key), problems)
        if cleaned is not item:
            fields[key] = cleaned


def _flawed_key(key: object) -> Flaw:
    return Flaw(f"the key {key!r:.40} is not text", "put it in quotes")


def below(path: str, key: str) -> str:
    """The JSON path of a field; names of voices and odd ones are in quotes."""
    is_plain = key.isidentifier() and len(key) < 40 and path != "$.voices"
    return f"{path}.{key if is_plain else quoted(key)}"


def _entry(tree: object, kind: type[E], path: str, problems: Problems) -> E:
    """Convert a tree at once if it is valid, else field by field."""
    try:
        return msgspec.convert(tree, kind, strict=True, dec_hook=_seconds)
    except msgspec.ValidationError as error:
        if not isinstance(tree, dict):
            _explain(str(error), kind, path, problems)
            return _empty(kind)
    fields = dict(tree)
    inner = {
        name: entries
        for name in _inner_fields(kind)
        if (entries := _entries(fields.get(name), name, below(path, name), problems)) is not None
    }
    for name in inner:
        fields[name] = _sound(name)
    result = _flat(fields, kind, path, problems)
    for name, entries in inner.items():
        setattr(result, name, entries)
    if isinstance(result, SceneEntry) and "segments" not in inner:
        result.segments = []
    return result


def _inner_fields(kind: type[msgspec.Struct]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(kind) if field.name in _BY_FIELD]


def _sound(name: str) -> object:
    """A value that is valid for a field which holds other entries."""
    sound = {"segments": [{}], "scenes": [{"segments": [{}]}]}
    return sound.get(name, {})


def _empty(kind: type[E]) -> E:
    return kind(segments=[]) if issubclass(kind, SceneEntry) else kind()


def _entries(value: object, name: str, path: str, problems: Problems) -> object:
    """Convert what a field holds, if it is the right collection of entries; None if it is not."""
    kind = _BY_FIELD[name]
    match value:
        case dict() if name == "defaults":
            return _entry(value, kind, path, problems)
        case dict() if name == "voices" and "" not in value:
            return {
                key: _entry(each, kind, below(path, key), problems) for key, each in value.items()
            }
        case [_, *_] if name in ("segments", "scenes"):
            return [_entry(each, kind, f"{path}[{i}]", problems) for i, each in enumerate(value)]
    return None


def _flat(fields: dict[str, object], kind: type[E], path: str, problems: Problems) -> E:
    """Convert an object, leaving out each field that is invalid."""
    while True:
        try:
            return msgspec.convert(fields, kind, strict=True, dec_hook=_seconds)
        except msgspec.ValidationError as error:
            name = _explain(str(error), kind, path, problems, fields)
        if name not in fields:
            return _empty(kind)
        del fields[name]
        if name == "segments" and kind is SceneEntry:
            fields[name] = _sound(name)


_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "list": "a list",
    "object": "an object with fields",
    "dict": "an object with fields",
    "null": "nothing",
    "NoneType": "nothing",
}
"""The types of JSON and Python, for people."""


def _explain(
    message: str,
    kind: type[msgspec.Struct],
    path: str,
    problems: Problems,
    fields: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """Note an error of msgspec with a place and a hint; return the name of the field."""
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        names = [field.encode_name for field in msgspec.structs.fields(kind)]
        hint = did_you_mean(unknown[1], names)
        if fields.get(unknown[1], "") is None and " " in unknown[1]:
            # As in YAML's {text: Functions. First B, then A.}
            hint = "put the text in quotes: inside braces, a comma ends it"
        problems.note(f"unknown field {quoted(unknown[1])}", path, hint)
        return unknown[1]
    what, _, inner = message.rpartition(" - at `")
    what, inner = (what, inner.rpartition("`")[0]) if what else (message, "$")
    name = re.split(r"[.\[]", inner.removeprefix("$."), maxsplit=1)[0]
    at = path + inner.removeprefix("$")
    if not problems.covers(at):
        what, hint = _in_words(what)
        problems.note(f"{name}: {what}" if name != "$" else what, at, hint)
    return name


def _in_words(what: str) -> tuple[str, str]:
    """An error of msgspec with the types in plain words, and a hint."""
    words = re.sub("`([^`]*)`", lambda match: _type_in_words(match[1]), what)
    words = words[:1].lower() + words[1:]
    hint = "`narrate schema` prints what each field may hold"
    if re.match("expected text, got (a |true)", words) and "a list" not in words:
        hint = "put it in quotes, if it is text"
    if words.endswith("got nothing"):
        hint = "write it, or remove the field"
    if re.search(r"duration|seconds| s$", words):
        hint = "write seconds as a number, or as in 0.6s or 600ms"
    return words, hint


def _type_in_words(types: str) -> str:
    names = [name for name in types.split(" | ") if name != "null"] or ["null"]
    return " or ".join(_TYPES.get(name, name) for name in names)
