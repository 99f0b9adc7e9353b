"""Scripts: JSON, YAML, Markdown or text files -> Script, with every invalid input refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from narrate.errors import ScriptError
from narrate.script import lexicon
from narrate.script.check import resolve
from narrate.script.document import schema
from narrate.script.folder import MAIN, beside, parent_of, scripts_in
from narrate.script.formats.names import FORMATS
from narrate.script.model import (
    AS_USUAL,
    Note,
    Omission,
    ReadOptions,
    RecordedVoice,
    Scene,
    Script,
    Segment,
    WrittenVoice,
)
from narrate.script.read import assuming, display_name, folder_of, read
from narrate.takes import lockfile

__all__ = [
    "FORMATS",
    "MAIN",
    "Note",
    "Omission",
    "ReadOptions",
    "RecordedVoice",
    "Scene",
    "Script",
    "Segment",
    "WrittenVoice",
    "beside",
    "folder_of",
    "lexicons",
    "load",
    "parent_of",
    "scripts_in",
    "schema",
    "with_lexicon",
]


def with_lexicon(script: Script) -> Script:
    """The script with the lexicons of its folder and of the user."""
    return replace(script, lexicon=lexicon.load(script.folder))


def lexicons(script: Script) -> tuple[Path, ...]:
    """The files that hold its lexicons, or could."""
    return lexicon.paths(script.folder)


def load(source: str | Path, options: ReadOptions = AS_USUAL) -> Script:
    """Read a script, with the lexicons and the lock of its folder: a file, a folder of .txt files,
    or `-` for standard input.
    """
    try:
        found = read(source, options)
        with assuming(found.assumed):
            script = with_lexicon(resolve(found, options))
    except RecursionError:
        hint = "a script has at most five levels"
        raise ScriptError("nested too deeply", where=display_name(source), hint=hint) from None
    return replace(script, lock=lockfile.read(script.path)) if script.path else script
