"""A script as the rest of the house sees it: every id whole, every text checked.

Its `language`, `fps` and `pause_after` are settings, which flags and the environment can override.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1)]


class Voice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A voice is exactly one of: a recording to clone, a stock speaker, a description."""

    ref: Annotated[Name | None, Meta(description="recording to clone, relative to the script")] = (
        None
    )
    transcript: Annotated[
        str | None, Meta(description="what the recording says, word for word")
    ] = None
    speaker: Annotated[
        Name | None, Meta(description="name of one of the engine's own speakers")
    ] = None
    instruct: Annotated[Name | None, Meta(description="how to speak, such as 'calm'")] = None
    design: Annotated[Name | None, Meta(description="description of a voice to make up")] = None


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
    pause_after: float | None = None
    seed: int | None = None
    take: int = 1
    audio: Path | None = None
    """A recording to use as it is."""

    @property
    def stem(self) -> str:
        """The name of the segment's file, without its suffix."""
        return self.id.replace("/", "__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A run of segments with a name, and the seconds that they may take."""

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
    """Seconds of silence after a segment that asks for none itself."""

    voices: dict[str, Voice]
    scenes: tuple[Scene, ...]
    segments: tuple[Segment, ...]
    inputs: tuple[Path, ...]
    """Every file and folder that was read."""
