"""Parsed trees -> the types of a script, with everything that is invalid noted."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from narrate.base.allowed import allowed
from narrate.base.text import did_you_mean, quoted
from narrate.script.document import Defaults, SceneEntry, SegmentEntry, Voice, read_seconds
from narrate.script.problems import Problems, Where, below

E = TypeVar("E", bound=msgspec.Struct)

_BY_FIELD: dict[str, type[msgspec.Struct]] = {
    "segments": SegmentEntry,
    "scenes": SceneEntry,
    "defaults": Defaults,
    "voices": Voice,
}
"""What the fields that hold other entries hold: one, or several in a list or by name."""


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


def _entry(tree: object, kind: type[E], path: str, problems: Problems) -> E:
    """Convert a tree at once if it is valid, else field by field."""
    try:
        return msgspec.convert(tree, kind, strict=True, dec_hook=read_seconds)
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
            return msgspec.convert(fields, kind, strict=True, dec_hook=read_seconds)
        except msgspec.ValidationError as error:
            name = _explain(str(error), kind, path, problems, fields)
        if name not in fields:
            return _empty(kind)
        del fields[name]
        if name == "segments" and kind is SceneEntry:
            fields[name] = _sound(name)


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
        types = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        if what.startswith("invalid enum value ") and name in types:
            what, hint = what.replace("invalid enum", "unknown"), f"write {allowed(types[name])}"
        # A place in JSON ends with the name of the field; a line of Markdown does not.
        is_named = name == "$" or problems.where(at).endswith(f".{name}")
        problems.note(what if is_named else f"{name}: {what}", at, hint)
    return name


def _in_words(what: str) -> tuple[str, str]:
    """An error of msgspec with the types in plain words, and a hint."""
    words = re.sub("`([^`]*)`", lambda match: _type_in_words(match[1]), what)
    words = words[:1].lower() + words[1:]
    hint = "`narrate schema` prints what each field may hold"
    if re.match("expected (text|an object with fields), got (a (whole )?number|true)", words):
        hint = "put it in quotes, if it is text"
    if words.endswith("got nothing"):
        hint = "write it, or remove the field"
    if re.search(r" s is not (between|more)", words):
        hint = "choose a duration within these limits"
    elif re.search(r"duration|seconds", words):
        hint = "write seconds as a number, or as in 0.6s or 600ms"
    return words, hint


def _type_in_words(types: str) -> str:
    names = [name for name in types.split(" | ") if name != "null"] or ["null"]
    return " or ".join(_TYPES.get(name, name) for name in names)
