"""What a parser makes of the text of a script."""

from __future__ import annotations

from dataclasses import dataclass, field

from narrate.errors import ScriptError
from narrate.script.model import Note, Omission


@dataclass(slots=True)
class Parsed:
    """The tree of a script as JSON has it, and the places of JSON paths in other formats."""

    tree: object
    lines: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)
    problems: list[ScriptError] = field(default_factory=list)
    """What is wrong, but does not hide other problems; all of them are reported together."""
