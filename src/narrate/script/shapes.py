"""Short forms of a script in JSON and YAML -> the tree that `document` describes."""

from __future__ import annotations

from typing import TypeGuard

import msgspec

from narrate.script.document import Document
from narrate.script.mulmocast import MARK, read_mulmocast
from narrate.script.parsed import Parsed
from narrate.script.problems import below

_KNOWN = {field.encode_name for field in msgspec.structs.fields(Document)}

Scalar = str | int | float | None


def expand(tree: object, name: str) -> Parsed:
    """The tree of a script from a full or a short form.

    A list may hold texts in place of segments. An object may be a single segment, or nothing but
    texts by their ids; with a field of a script, it is neither.
    """
    if isinstance(tree, list):
        return Parsed(_segments(tree))
    if not isinstance(tree, dict):
        return Parsed(tree)
    if MARK in tree:
        return read_mulmocast(tree, name)
    if "text" in tree and not tree.keys() & {"segments", "scenes"}:
        return Parsed({"segments": [tree]}, {"$.segments[0]": f"{name}: $"})
    if _is_texts_by_id(tree):
        segments = [{"id": key, "text": text} for key, text in tree.items()]
        places = {f"$.segments[{i}]": f"{name}: {below('$', key)}" for i, key in enumerate(tree)}
        return Parsed({"segments": segments}, places)
    for group in [tree, *_list(tree.get("scenes"))]:
        if isinstance(group, dict) and "segments" in group:
            group["segments"] = _segments(group["segments"])
    return Parsed(tree)


def _is_texts_by_id(tree: dict[object, object]) -> TypeGuard[dict[str, Scalar]]:
    """Whether an object holds texts by id: no field of a script, and at least one text.

    Other plain values among them are errors later, when the type of each text is checked.
    """
    values = tree.values()
    return (
        all(isinstance(key, str) and key not in _KNOWN for key in tree)
        and any(isinstance(value, str) for value in values)
        and all(value is None or isinstance(value, str | int | float) for value in values)
    )


def _segments(value: object) -> object:
    """A list of segments in which each text is a segment."""
    if not isinstance(value, list):
        return value
    return [{"text": each} if isinstance(each, str) else each for each in value]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
