"""A script as the rest of narrate sees it: every id complete, every text checked.

Its `language`, `reading`, `mathematics`, `fps` and `pause_after` are settings, which flags and the
environment can override.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from narrate.base.text import counted
from narrate.config import Choice, Mathematics, ReadingMode
from narrate.reading.lexicon import Lexicon
from narrate.request import Design, Stock
from narrate.takes.lock import Lock


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a script is read, by the settings of the same names."""

    format_in: str | None = None
    segments: Literal["paragraph", "line"] = "paragraph"
    headings: Literal["speak", "skip"] = "skip"
    tables: Choice = "error"
    formulas: Choice = "speak"
    images: Choice = "skip"
    markup: Literal["error", "warn"] = "error"


AS_USUAL = ReadOptions()


@dataclass(frozen=True, slots=True)
class Note:
    """What a person should know of a place in a script that is used all the same."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Omission:
    """A part of a script that is not spoken, on purpose.

    `kind` is its name in the singular, such as "comment" or "code block", and `text` what it says.
    """

    where: str
    kind: str
    text: str


def by_kind(omissions: Iterable[Omission]) -> str:
    """How many omissions there are of each kind: `2 comments, 1 code block`."""
    counts = Counter(omission.kind for omission in omissions)
    return ", ".join(counted(number, kind) for kind, number in counts.items())


@dataclass(frozen=True, slots=True)
class RecordedVoice:
    """A recording to clone, relative to the script, and what it says, word for word.

    Without `transcript` the .txt beside the recording counts. `instruct` is shown in the manifest
    only: engines imitate how the recording speaks.
    """

    ref: str
    transcript: str | None = None
    instruct: str | None = None
    kind: ClassVar[str] = "clone"


WrittenVoice = RecordedVoice | Stock | Design
"""A voice that a script declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A unit of the script, and what decides how it is said."""

    id: str
    """`scene/id`, or `id` alone in a script without scenes."""

    where: str
    """The place in the script, for people."""

    text: str
    scene: str | None = None
    say: str | None = None
    voice: str | None = None
    language: str | None = None
    reading: ReadingMode | None = None
    pause_before: float = 0.0
    """Seconds of silence at the beginning of the segment."""

    pause_after: float | None = None
    seed: int | None = None
    take: int = 1
    audio: Path | None = None
    """A recording that is used as it is, instead of speech."""

    caption: str | None = None
    """What captions show, if not the text; "" shows none."""

    script: str | None = None
    """The name of its script, where several are narrated together."""

    slot: tuple[float, float] | None = None
    """Start and end in seconds, where the script gives them, as SRT and VTT do."""

    @property
    def stem(self) -> str:
        """The name of the segment's file, without its suffix."""
        return self.id.replace("/", "__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Consecutive segments with a name, and the seconds that they may take."""

    id: str
    segments: tuple[str, ...]
    title: str | None = None
    budget: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the author wrote."""

    path: Path | None
    """None for standard input."""

    name: str
    folder: Path
    """Where relative paths in the script start."""

    title: str | None
    language: str | None
    fps: str | int | float | None
    pause_after: float | None
    """Seconds of silence after a segment that does not set its own pause."""

    voices: dict[str, WrittenVoice]
    scenes: tuple[Scene, ...]
    segments: tuple[Segment, ...]
    inputs: tuple[Path, ...]
    """Every file and folder that was read."""

    reading: ReadingMode | None = None
    mathematics: Mathematics | None = None
    lexicon: Lexicon = ()
    lock: Lock = Lock()
    """The takes of it that a person approved."""

    notes: tuple[Note, ...] = ()
    omissions: tuple[Omission, ...] = ()

    @property
    def named(self) -> str:
        """The script as it was named on the command line."""
        return str(self.path or self.name)
