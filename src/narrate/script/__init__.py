"""Scripts: JSON, YAML, Markdown or text files -> Script, with every invalid input refused."""

from __future__ import annotations

from pathlib import Path

from narrate.errors import ScriptError
from narrate.script.check import resolve
from narrate.script.document import schema
from narrate.script.model import RecordedVoice, Scene, Script, Segment, WrittenVoice
from narrate.script.read import display_name, read

__all__ = ["RecordedVoice", "Scene", "Script", "Segment", "WrittenVoice", "load", "schema"]


def load(source: str | Path) -> Script:
    """Read a script: a file, a folder of .txt files, or `-` for standard input."""
    try:
        return resolve(read(source))
    except RecursionError:
        hint = "a script has at most five levels"
        raise ScriptError("nested too deeply", where=display_name(source), hint=hint) from None
