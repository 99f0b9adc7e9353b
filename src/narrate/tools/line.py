"""One line by itself: a segment of a script, or a text in the way of a script."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from narrate import config
from narrate.base import events
from narrate.base.events import Emit
from narrate.base.text import did_you_mean, quoted
from narrate.cache import Store
from narrate.config import Config
from narrate.errors import UsageError
from narrate.planning import planner
from narrate.planning.plan import PlannedSegment
from narrate.script import ReadOptions, Script, Segment, with_lexicon
from narrate.script.check import resolve
from narrate.script.files import read_pipe
from narrate.script.read import STDIN, Source
from narrate.store.entry import Clip

if TYPE_CHECKING:
    from narrate.session import Prepared

NAME = "TEXT"
"""What errors call a text that is not in a script."""


def prepare(
    words: str, voice: str | None, source: str | None, flags: Mapping[str, Any], emit: Emit
) -> Prepared:
    """The segment of a script that has this id, or else a text, as a script of its own.

    `-` stands for a text from standard input. A text is said as the first segment of the script is,
    or the first one in that `voice`. Raises UsageError for a voice that the script does not have,
    and what reading a script raises.
    """
    if source is None:
        configuration = _settings(flags, emit)
        script = with_lexicon(_text(words, configuration))
        segment = script.segments[0]
    else:
        # It imports what writes narrations, which explaining a text need not wait for.
        from narrate import build

        script, configuration = build.prepare(source, flags, emit)
        segment = _by_id(words, script) or _like(script, voice, _text(words, configuration))
        if segment.id != words and (meant := _meant(words, script)):
            emit(events.Warned(message=f"no segment is called {quoted(words)}; {meant}"))
    if voice is not None and voice not in script.voices:
        hint = did_you_mean(voice, script.voices, "name a voice of the script")
        raise UsageError(f"there is no voice {voice!r}", where="--voice", hint=hint)
    segment = replace(segment, voice=voice or segment.voice, scene=None)
    # Without a path, nothing is remembered of the script that it is from.
    return replace(script, path=None, scenes=(), segments=(segment,)), configuration


def _settings(flags: Mapping[str, Any], emit: Emit) -> Config:
    """The settings of this folder, for a text without a script."""
    configuration = config.resolve(flags, {}, Path.cwd())
    for text in configuration.warnings:
        emit(events.Warned(message=text))
    return configuration


def _text(words: str, configuration: Config) -> Script:
    """A script of one text. Raises ScriptError."""
    if words == STDIN and sys.stdin is not None:
        words = read_pipe(sys.stdin.buffer, NAME)
    tree = {"segments": [{"id": "line", "text": words}]}
    source = Source(name=NAME, path=None, base=Path(), tree=tree, lines={"$": NAME})
    return resolve(source, ReadOptions(markup=configuration.settings.markup))


def _by_id(words: str, script: Script) -> Segment | None:
    return next((each for each in script.segments if each.id == words), None)


def _meant(words: str, script: Script) -> str:
    """A question for a word that is almost the id of a segment; empty for any other text."""
    if words == STDIN or any(map(str.isspace, words)):
        return ""
    ids = [each.id for each in script.segments]
    within = [each for each in ids if each.endswith(f"/{words}")]
    return did_you_mean((within or [words])[0], ids, " ").strip()


def _like(script: Script, voice: str | None, text: Script) -> Segment:
    """A text as a segment that is said as the first one of a script, or the first in a voice."""
    spoken = [each for each in script.segments if voice in (None, each.voice)]
    model = (spoken or script.segments)[0]
    said = text.segments[0]
    return replace(said, voice=model.voice, language=model.language, reading=model.reading)


def explain(line: Prepared, emit: Emit) -> PlannedSegment:
    """What would be said. Nothing is spoken, and neither cache nor engine is looked at. Raises
    ScriptErrors with all that cannot be read aloud.
    """
    script, configuration = line
    settings = msgspec.structs.replace(configuration.settings, stand_in=None)
    return planner.make(script, settings, _NoClips(), warn=events.warner(emit)).segments[0]


class _NoClips(Store):
    """An empty cache: what is said does not depend on what was said before."""

    def __init__(self) -> None:
        """There is nothing to open."""

    def find(self, canonical: bytes) -> Clip | None:
        """No clip."""
        return None
