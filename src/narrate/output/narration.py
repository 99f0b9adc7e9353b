"""The files of a narration, all of them made aside."""

from __future__ import annotations

from pathlib import Path

import xxhash

from narrate.cache import Store
from narrate.config import Format, Settings
from narrate.output import manifest, render
from narrate.output.manifest import Manifest
from narrate.output.stage import Stage
from narrate.output.timeline import Timeline
from narrate.output.writers import captions, tags
from narrate.planning.plan import Plan

SIDECARS = ("srt", "vtt")


def names(planned: Plan, format: Format) -> list[str]:
    """The name of every file that a narration consists of."""
    sounds = [f"narration.{format}", *(render.file_name(each, format) for each in planned.segments)]
    return ["manifest.json", *sounds, *(f"narration.{suffix}" for suffix in SIDECARS)]


def write(
    stage: Stage, planned: Plan, timeline: Timeline, settings: Settings, store: Store
) -> Manifest:
    """Make every file of the narration aside. Raises cache.Gone."""
    narration, segments = render.write_audio(
        stage, timeline, settings.format, store, settings.bitrate, tags.of(planned, timeline)
    )
    sidecars = _write_captions(stage, timeline)
    made = manifest.build(planned, timeline, settings, narration, segments, sidecars)
    _write_text(stage, "manifest.json", made.encode())
    return made


def _write_captions(stage: Stage, timeline: Timeline) -> dict[str, str]:
    """Make the captions, and return their files' names by suffix."""
    cues = list(captions.cues(timeline))
    files = {suffix: f"narration.{suffix}" for suffix in SIDECARS}
    _write_text(stage, files["srt"], captions.srt(cues).encode())
    _write_text(stage, files["vtt"], captions.vtt(cues).encode())
    return files


def _write_text(stage: Stage, name: str, content: bytes) -> None:
    digest = xxhash.xxh3_128_hexdigest(content)

    def write(path: Path) -> str:
        path.write_bytes(content)
        return digest

    stage.make(name, digest, write)
