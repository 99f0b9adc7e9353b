"""What the review page shows, as the JSON that the page is made of."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["ok", "flagged", "failed", "missing"]
"""Of a line: usable; usable, though a check or the words object; refused; not spoken yet."""

Word = tuple[str, float, float]
"""A word, and where it begins and ends in seconds."""


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """Words that were heard in place of those that are written; either may be empty. `start` is in
    seconds.
    """

    written: str = ""
    heard: str = ""
    start: float | None = None


class Rendering(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One sound of a line: a take, or a refused attempt, which has the take 0.

    `audio` is its file beside the page, and "" if its sound is no longer there. `peaks` is what
    `peaks.encoded` makes. `current` is the take that the narration has, `approved` the one in
    narrate.lock. `numbers` are measurements with their names and units, for people.
    """

    audio: str = ""
    seconds: float = 0.0
    peaks: str = ""
    take: int = 0
    attempt: int = 0
    current: bool = False
    approved: bool = False
    words: tuple[Word, ...] = ()
    different: tuple[Difference, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A segment: what is written, what is said where that differs, and its sounds.

    `of` is a digest of what is asked for and heard: a verdict holds while it is the same. `why`
    says what failed, `changed` what is not as in the last build. A `recording` has no takes to
    choose from.
    """

    id: str
    of: str
    text: str
    state: State
    said: str = ""
    voice: str = ""
    why: str = ""
    changed: str = ""
    sample: bool = False
    recording: bool = False
    takes: tuple[Rendering, ...] = ()
    refused: tuple[Rendering, ...] = ()


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """All of the page. `script` is its path for the commands that the page copies, `stem` the
    beginning of the name of the file of verdicts.
    """

    title: str
    script: str
    stem: str
    lines: tuple[Line, ...]
