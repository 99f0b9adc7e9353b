"""A line, spoken now: into a file, on standard output, by a player."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import msgspec

from narrate import build, config
from narrate.base import events
from narrate.base.events import Emit, Event
from narrate.base.files import durable
from narrate.build import Failed, Result
from narrate.cache import Gone, Store
from narrate.config import Config, Format
from narrate.errors import UsageError
from narrate.output import render
from narrate.output.timeline import parts_of
from narrate.planning import planner
from narrate.planning.plan import Plan, PlannedUtterance
from narrate.session import Prepared
from narrate.sound import audio, wav
from narrate.store.entry import Clip
from narrate.tools import players, preview
from narrate.tools.playback import Outlet, Playback, Stdout


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a line goes, and how.

    With `stream`, standard output and the player get each utterance as soon as it is there. With
    `force_output`, `file` may replace a file with another content.
    """

    file: Path | None = None
    stdout: bool = False
    play: bool = False
    stream: bool = False
    force_output: bool = False


def speak(line: Prepared, to: Outputs, emit: Emit) -> None:
    """Speak a line and hand it on. What fails the checks is neither written nor played.

    Raises what a run raises, UsageError for a file that cannot be written, EnvironmentProblem if
    there is nothing that plays a sound or if it fails, and StdoutLost.
    """
    outlets: list[Outlet] = [players.find(stream=to.stream)] if to.play else []
    if to.stdout:
        outlets.insert(0, Stdout(to.stream))
    suffix = _suffix(to.file) if to.file else None
    seamless = all(outlet.is_seamless for outlet in outlets)
    with TemporaryDirectory() as temp, Playback(outlets) as playback:
        feed = _Feed(line, playback, emit)
        if to.stream and not to.file and seamless and _preview(line, playback, emit):
            return
        if outlets:
            made = _narrate(line, "wav", Path(temp, "wav"), feed.watch if to.stream else emit)
            feed.finish(made)
        if to.file and suffix:
            made = _narrate(line, suffix, Path(temp, "file"), emit)
            _keep(made.out / made.manifest.audio.file, to.file, to.force_output)
        playback.finish()


def _preview(line: Prepared, playback: Playback, emit: Emit) -> bool:
    """Hand a line on while it is spoken, if its engine can do that; say whether it could."""
    script, configuration = line
    settings = configuration.settings
    with Store(config.cache_dir(settings)) as store:
        plan = planner.make(script, settings, store)
        if not preview.is_possible(plan):
            return False
        preview.speak(plan, settings, store, playback, emit)
        playback.finish()
    return True


def _suffix(path: Path) -> Format:
    """The format of a file that is to be written. Raises UsageError if it cannot be."""
    formats: Sequence[Format] = get_args(Format)
    found = [each for each in formats if f".{each}" == path.suffix.lower()]
    if not found:
        hint = f"use a name that ends in one of: {', '.join(formats)}"
        raise UsageError("the suffix is not that of an audio format", where=str(path), hint=hint)
    if not path.parent.is_dir():
        hint = "make the folder, or name another file after -o"
        raise UsageError("there is no such folder", where=str(path.parent), hint=hint)
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        hint = "name another file after -o"
        raise UsageError("this is not a regular file", where=str(path), hint=hint)
    return found[0]


def _narrate(line: Prepared, format: Format, out: Path, emit: Emit) -> Result:
    """Narrate a line into a folder. Raises what a run raises, with the error of the line itself."""
    script, configuration = line
    settings = msgspec.structs.replace(configuration.settings, out=str(out), format=format)
    own = Config(settings, {}, configuration.files)
    try:
        return build.perform(script, own, build.Options(), emit)
    except Failed as failed:
        raise next(iter(failed.failures.values())) from None


def _keep(made: Path, path: Path, force: bool) -> None:
    """Give a sound its name, unless the file has this content. Raises UsageError for a file with
    another content.
    """
    exists = path.exists() and path.stat().st_size > 0
    if exists and cmp(made, path, shallow=False):
        return
    if exists and not force:
        hint = "replace it with --force-output, or name another file after -o"
        raise UsageError("it exists, and says something else", where=str(path), hint=hint)
    with made.open("rb") as source, durable.replacing(path) as file:
        shutil.copyfileobj(source, file)


class _Feed:
    """Hands a line to a playback: its utterances as they come, and at the end all that is left."""

    def __init__(self, line: Prepared, playback: Playback, emit: Emit) -> None:
        self._line, self._playback, self._emit = line, playback, emit
        self._utterances = self._samples = self._rate = 0
        """How much was handed on, and at which rate."""

    def watch(self, event: Event) -> None:
        """Pass an event on, and hand on each utterance that is there, up to the first missing."""
        self._emit(event)
        if isinstance(event, events.Planned | events.Spoken | events.Shared):
            script, configuration = self._line
            settings = configuration.settings
            with suppress(Gone), Store(config.cache_dir(settings)) as store:
                self._advance(planner.make(script, settings, store), store)

    def finish(self, made: Result) -> None:
        """Hand on what is left of the finished narration."""
        sound = made.manifest.audio
        pcm = (made.out / sound.file).read_bytes()[-sound.samples * wav.SAMPLE_BYTES :]
        if self._rate not in (0, sound.sample_rate):
            pcm = audio.resample(pcm, sound.sample_rate, self._rate)
        rest = pcm[self._samples * wav.SAMPLE_BYTES :]
        if rest:
            self._playback.add(rest, self._rate or sound.sample_rate)

    def _advance(self, plan: Plan, store: Store) -> None:
        """Hand on utterances. Raises Gone if a clip is no longer what it was."""
        for utterance in list(plan.utterances())[self._utterances :]:
            if utterance.clip is None:
                return
            self._add(utterance, utterance.clip, store)

    def _add(self, utterance: PlannedUtterance, clip: Clip, store: Store) -> None:
        self._rate = self._rate or clip.rate
        parts = parts_of(utterance, clip, self._rate)
        pcm = b"".join(render.blocks(parts, self._rate, store))
        self._playback.add(pcm, self._rate)
        self._utterances += 1
        self._samples += len(pcm) // wav.SAMPLE_BYTES
