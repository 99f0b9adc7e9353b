"""What a rule of reading gives: a change from written to spoken, or a place it cannot read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One change from written to spoken text.

    `start` and `end` are a span of the written text in characters; `rule` is the name that
    `narrate say --explain` shows.
    """

    start: int
    end: int
    spoken: str
    rule: str


class Unreadable(ValueError):
    """Text that cannot be read aloud: what is wrong, where it stands, and what to do."""

    def __init__(self, what: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(f"{what}; {hint}" if hint else what)
        self.what, self.start, self.end, self.hint = what, start, end, hint
