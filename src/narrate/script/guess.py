"""Which format a text without a name is in, by a rule that docs/script.md states."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SRT = re.compile(r"\s*(?:\d+[ \t]*\n)?\s*\d+:\d\d:\d\d[,.]\d+[ \t]*-->")
_JSON = re.compile(r"\s*(?:\{|\[\s*[{\"])")
_FIELD = re.compile(r"[\w$-]+\s*:(?:\s|$)|['\"][^'\"]+['\"]\s*:(?:\s|$)")
_GROUP = re.compile(r"(?:segments|scenes)\s*:\s*(?:$|[\[#])")
_ITEM = re.compile(r"-\s+(?:id|text|say|audio|voice)\s*:(?:\s|$)|-\s+\{")


def guess(text: str) -> str:
    """The format of a text: WebVTT, SRT, JSON or YAML by how it begins, else Markdown."""
    if re.match(r"WEBVTT(?:\s|$)", text):
        return "vtt"
    if _SRT.match(text):
        return "srt"
    if _JSON.match(text) or _is_json(text):
        return "json"
    return "yaml" if _is_yaml(text) else "md"


def _is_json(text: str) -> bool:
    """Whether a text that begins with a bracket is JSON: `[]`, but not `[pause:1s] Hello.`."""
    import json

    if not text.lstrip().startswith("["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_yaml(text: str) -> bool:
    """Whether fields at the left margin, among them segments or scenes, are all that comes first;
    or a list of segments.
    """
    lines = _lines(text)
    first = next(lines, "")
    if _ITEM.match(first):
        return True
    while _FIELD.match(first):
        if _GROUP.match(first):
            return True
        first = next(lines, "")
    return False


def _lines(text: str) -> Iterator[str]:
    """The lines that begin at the left margin, without comments and the mark of a document."""
    for i, line in enumerate(text.split("\n")):
        if line.strip() and not line[0].isspace() and line[0] != "#" and (i or line[:3] != "---"):
            yield line
