"""Short forms of a script in JSON and YAML -> the tree that `document` describes."""

from __future__ import annotations

import msgspec

from narrate.errors import ScriptError
from narrate.script.document import Document, SegmentEntry
from narrate.script.formats.mulmocast import MARK, read_mulmocast
from narrate.script.formats.parsed import Parsed
from narrate.script.problems import below

_KNOWN = {field.encode_name for field in msgspec.structs.fields(Document)}
_OF_SEGMENT = {field.encode_name for field in msgspec.structs.fields(SegmentEntry)}
_SAID = {"text", "say", "audio"}


def expand(tree: object, name: str) -> Parsed:
    """The tree of a script from a full or a short form.

    A text may stand in place of a segment, and an object of segments by their ids in place of a
    list. A single segment, or nothing but such an object, is a script; with a field of a script
    beside it, it is neither. Raises ScriptError if there is nothing in it.
    """
    if tree is None:
        hint = "write segments: a list of texts is enough"
        raise ScriptError("nothing to say in this file", where=name, hint=hint)
    parsed = Parsed(tree)
    if isinstance(tree, list):
        parsed.tree = _segments(tree, "$", parsed, name)
    elif isinstance(tree, dict) and MARK in tree:
        return read_mulmocast(tree, name)
    elif isinstance(tree, dict) and (_is_segment(tree) or _has_text(tree)):
        return Parsed({"segments": [tree]}, {"$.segments[0]": f"{name}: $"})
    elif isinstance(tree, dict) and _is_by_id(tree):
        parsed.tree = {"segments": _segments(tree, "$", parsed, name)}
    elif isinstance(tree, dict):
        _expand_group(tree, "$", parsed, name)
        scenes = tree.get("scenes")
        for i, scene in enumerate(scenes if isinstance(scenes, list) else []):
            _expand_group(scene, f"$.scenes[{i}]", parsed, name)
    return parsed


def _expand_group(group: object, path: str, parsed: Parsed, name: str) -> None:
    """Expand the segments of a script or a scene in place."""
    if isinstance(group, dict) and "segments" in group:
        group["segments"] = _segments(group["segments"], f"{path}.segments", parsed, name)


def _has_text(tree: dict[object, object]) -> bool:
    """Whether a script was meant to be a single segment, so that its other fields are errors."""
    return "text" in tree and not tree.keys() & {"segments", "scenes"}


def _is_segment(tree: dict[object, object]) -> bool:
    """Whether all fields of an object are those of a segment."""
    return bool(tree.keys() & _SAID) and tree.keys() <= _OF_SEGMENT


def _is_by_id(tree: dict[object, object]) -> bool:
    """Whether an object holds segments by id: no field of a script, and at least one segment.

    Plain values that are not text are errors later, when the type of each text is checked.
    """
    values = tree.values()
    return (
        all(isinstance(key, str) and key not in _KNOWN for key in tree)
        and any(isinstance(value, str) or _says(value) for value in values)
        and all(
            value is None or isinstance(value, str | int | float) or _says(value)
            for value in values
        )
    )


def _says(value: object) -> bool:
    return isinstance(value, dict) and bool(value.keys() & _SAID)


def _segments(value: object, path: str, parsed: Parsed, name: str) -> object:
    """A list of segments, from one that may hold texts, from an object of them by id, or from a
    single one.
    """
    if isinstance(value, list):
        return [{"text": each} if isinstance(each, str) else each for each in value]
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        return value
    listed = "$.segments" if path == "$" else path
    if _is_segment(value):
        parsed.lines[f"{listed}[0]"] = f"{name}: {path}"
        return [value]
    for i, key in enumerate(value):
        parsed.lines[f"{listed}[{i}]"] = f"{name}: {below(path, key)}"
    return [
        {"id": key, **each} if isinstance(each, dict) else {"id": key, "text": each}
        for key, each in value.items()
    ]
