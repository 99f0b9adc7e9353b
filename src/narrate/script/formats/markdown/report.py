"""What the parts of the reader find besides words: problems, notes and omissions."""

from __future__ import annotations

from dataclasses import dataclass, field

from narrate.errors import ScriptError
from narrate.script.model import Note, Omission
from narrate.script.problems import raise_all


@dataclass(slots=True)
class Report:
    """Collects what is found in the file `name`; lines count from 1."""

    name: str
    problems: list[ScriptError] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Labels of link definitions that a link or an image uses."""

    def at(self, line: int) -> str:
        """The place of a line, for people."""
        return f"{self.name}:{line}"

    def problem(self, what: str, line: int, hint: str) -> None:
        """Keep an error; a second one like it in the same line is left out."""
        error = ScriptError(what, where=self.at(line), hint=hint)
        if not self.problems or str(self.problems[-1]) != str(error):
            self.problems.append(error)

    def unspeakable(self, what: str, line: int) -> None:
        """Keep an error for something that nobody can tell how to say."""
        hint = "say it in words, or put it in a comment: <!-- ... -->"
        self.problem(f"{what} cannot be spoken", line, hint)

    def refuse(self, what: str, setting: str, line: int, advice: str = "") -> None:
        """Keep an error for something that a setting could allow."""
        hint = f'set {setting} to "speak" or "skip" in narrate.toml{advice}'
        self.problem(f'{what}, which {setting} = "error" refuses', line, hint)

    def omit(self, kind: str, text: str, line: int) -> None:
        """Keep what is not spoken, unless it says nothing."""
        if words := " ".join(text.split()):
            self.omissions.append(Omission(self.at(line), kind, words))

    def check(self) -> None:
        """Raise the problems that were found, if there are any."""
        raise_all(self.problems, self.name)
