"""One line by itself: a segment of a script, or a text in the way of a script."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import msgspec

from narrate import build, config
from narrate.base.events import Emit
from narrate.base.text import did_you_mean
from narrate.config import Config, Format
from narrate.errors import EnvironmentProblem, UsageError
from narrate.planning.planner import PlannedSegment
from narrate.script import Script, with_lexicon
from narrate.script.check import resolve
from narrate.script.read import Source
from narrate.session import Prepared, opened

PLAYERS = (
    ("ffplay", "-autoexit", "-nodisp", "-loglevel", "error"),
    ("afplay",),
    ("aplay", "-q"),
)
"""Programs that play a WAV file, and how they are called."""


def prepare(
    words: str, voice: str | None, source: str | None, flags: Mapping[str, Any], emit: Emit
) -> Prepared:
    """The segment of a script that has this id, or else a text, as a script of its own.

    A text is said in the voice of the script's first segment. Raises UsageError for a voice that
    the script does not have, and what reading a script raises.
    """
    text = _text(words)
    if source is None:
        script, configuration = with_lexicon(text), config.resolve(flags, {}, Path.cwd())
    else:
        script, configuration = build.prepare(source, flags, emit)
    first = script.segments[0]
    said = replace(text.segments[0], voice=first.voice, language=first.language)
    segment = next((each for each in script.segments if each.id == words), said)
    if voice is not None and voice not in script.voices:
        hint = did_you_mean(voice, script.voices, "name a voice of the script")
        raise UsageError(f"there is no voice {voice!r}", where="--voice", hint=hint)
    segment = replace(segment, voice=voice or segment.voice, scene=None)
    # Without a path, nothing is remembered of the script that it is from.
    return replace(script, path=None, scenes=(), segments=(segment,)), configuration


def _text(words: str) -> Script:
    """A script of one text. Raises ScriptError."""
    tree = {"segments": [{"id": "line", "text": words}]}
    return resolve(Source(name="TEXT", path=None, base=Path(), tree=tree, lines={"$": "TEXT"}))


def plan(line: Prepared, emit: Emit) -> PlannedSegment:
    """What would be said; nothing is spoken."""
    with opened([line], emit) as sessions:
        return sessions[0].plan().segments[0]


def speak(line: Prepared, path: Path, emit: Emit) -> None:
    """Speak a line into a file, whose suffix says the format. Raises what a run raises."""
    script, configuration = line
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in get_args(Format):
        hint = f"use a name that ends in one of: {', '.join(get_args(Format))}"
        raise UsageError("the suffix is not that of an audio format", where=str(path), hint=hint)
    if os.path.lexists(path):
        raise UsageError("it exists", where=str(path), hint="name another file, or remove this one")
    with TemporaryDirectory() as temp:
        settings = msgspec.structs.replace(
            configuration.settings, out=str(Path(temp) / "out"), format=suffix
        )
        made = build.perform(
            script, Config(settings, {}, configuration.files), build.Options(), emit
        )
        shutil.copyfile(made.out / made.manifest.audio.file, path)


def play(line: Prepared, emit: Emit) -> None:
    """Speak a line, and play it. Raises EnvironmentProblem if there is nothing that plays it."""
    player = next((each for each in PLAYERS if shutil.which(each[0])), None)
    if player is None:
        names = ", ".join(each[0] for each in PLAYERS)
        hint = f"write it to a file with -o FILE, or install one of: {names}"
        raise EnvironmentProblem("no program that plays audio was found", hint=hint)
    with TemporaryDirectory() as temp:
        path = Path(temp) / "line.wav"
        speak(line, path, emit)
        subprocess.run([*player, str(path)], check=False, stdin=subprocess.DEVNULL)
