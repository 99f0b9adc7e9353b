"""Plain text -> the tree of a script: paragraphs or lines are segments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice

from narrate.base import limits
from narrate.errors import ScriptError
from narrate.script.formats.guess import subtitles
from narrate.script.formats.names import NAMES
from narrate.script.formats.parsed import Parsed
from narrate.script.model import ReadOptions

Placed = tuple[str, str]
"""A text and its place."""


def read_text(text: str, name: str, options: ReadOptions) -> Parsed:
    """Parse plain text. Raises ScriptError if it is empty, or holds subtitles."""
    if options.format_in is None and (found := subtitles(text)):
        hint = f"rename it to .{found}, or say --format-in {found}"
        raise ScriptError(f"{NAMES[found]}, and not plain text", where=name, hint=hint)
    texts = pieces(text, name, options)
    lines = {f"$.segments[{i}]": where for i, (_, where) in enumerate(texts)}
    return Parsed({"segments": [{"text": piece} for piece, _ in texts]}, lines)


def pieces(text: str, name: str, options: ReadOptions) -> list[Placed]:
    """Each paragraph or line and its place. Raises ScriptError if there is none."""
    split = _lines if options.segments == "line" else _paragraphs
    # One more than the limit is enough to refuse the script.
    found = list(islice(split(text, name), limits.SEGMENTS + 1))
    if not found:
        hint = "write a paragraph, or remove it"
        raise ScriptError("nothing to say in this file", where=name, hint=hint)
    return found


def _lines(text: str, name: str) -> Iterator[Placed]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield line.strip(), f"{name}:{number}"


def _paragraphs(text: str, name: str) -> Iterator[Placed]:
    numbered = enumerate(text.split("\n"), 1)
    for is_full, group in groupby(numbered, lambda line: bool(line[1].strip())):
        if is_full:
            lines = list(group)
            yield "\n".join(line for _, line in lines).strip(), f"{name}:{lines[0][0]}"
