"""What a parser makes of the text of a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from narrate.errors import ScriptError
from narrate.script.model import Note, Omission, by_kind


@dataclass(slots=True)
class Parsed:
    """The tree of a script as JSON has it, and the places of JSON paths in other formats."""

    tree: object
    lines: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)
    problems: list[ScriptError] = field(default_factory=list)
    """What is wrong, but does not hide other problems; all of them are reported together."""


def nothing_to_say(omissions: Sequence[Omission]) -> str:
    """What is wrong with a file that says nothing, and what it holds instead."""
    left_out = f", only what is not spoken: {by_kind(omissions)}" if omissions else ""
    return f"nothing to say in this file{left_out}"
