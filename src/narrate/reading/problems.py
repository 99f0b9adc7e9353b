"""What is wrong in a written text, with what to write instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A piece of a text that cannot be said as it is written; `hint` is the next step."""

    what: str
    hint: str = "correct the tag"


class Unreadable(ValueError):
    """A text has problems; its message is the first of them."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(problems[0].what)
