"""Which format a text without a name is in, by a rule that docs/script.md states."""

from __future__ import annotations

import json
import re

_SRT = re.compile(r"\s*(?:\d{1,9}\s+)?\d{1,4}:\d\d:\d\d(?:[,.]\d{1,9})?[ \t]*-[- ]{0,3}>")
_JSON = re.compile(r"\s*(?:\{|\[\s*[{\"])")
_FIELD = re.compile(r"[\w$-]+\s*:(?:\s|$)|['\"][^'\"]+['\"]\s*:(?:\s|$)")
_GROUP = re.compile(r"(?:segments|scenes)\s*:\s*(?:$|[\[#])")
_ITEM = re.compile(r"-\s+(?:id|text|say|audio|voice)\s*:(?:\s|$)|-\s+\{\s*\w+\s*:")


def guess(text: str) -> str:
    """The format of a text: WebVTT, SRT, JSON or YAML by how it begins, else Markdown."""
    if found := subtitles(text):
        return found
    if _JSON.match(text) or _is_json(text):
        return "json"
    return "yaml" if _is_yaml(text) else "md"


def subtitles(text: str) -> str | None:
    """The format of a text that begins as subtitles do."""
    if re.match(r"WEBVTT(?:\s|$)", text):
        return "vtt"
    return "srt" if _SRT.match(text) else None


def _is_json(text: str) -> bool:
    """Whether a text that begins with a bracket is JSON: `[]`, but not `[pause:1s] Hello.`."""
    if not text.lstrip().startswith("["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_yaml(text: str) -> bool:
    """Whether it begins with a list of segments, or with fields at the left margin and nothing
    else up to segments, scenes or such a list.
    """
    for i, line in enumerate(text.split("\n")):
        inner = line.lstrip()
        if _GROUP.match(line) or _ITEM.match(inner):
            return True
        is_skipped = not inner or inner != line or line[0] == "#" or (i == 0 and line == "---")
        if not is_skipped and not _FIELD.match(line):
            return False
    return False
