"""Which recognizer listens, and whether it is on this machine.

The setting names one of four kinds:

    /models/whisper                         a folder, in the format of faster-whisper
    small.en                                a Whisper model by its name
    owner/name                              one on the hub, in the format of faster-whisper
    mlx:owner/name, mlx:/models/parakeet    any speech-to-text model of mlx-audio

Without it, the first of DEFAULTS that is on this machine listens; nothing is downloaded unasked.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from narrate.checks import recognizer
from narrate.checks.recognizer import Hearing, Recognizer
from narrate.config import Settings
from narrate.engines.base import ModelRef
from narrate.errors import EnvironmentProblem
from narrate.hearing.remote import Remote
from narrate.workers import environments, models
from narrate.workers.environments import Warn

DEFAULTS = ("base", "tiny.en")
"""The first is what `narrate models pull recogniser` downloads: 145 MB, 99 languages. It hears 85
to 90 % of repeated words; tiny.en (75 MB, English only) hears 65 to 83 % in half the time. On five
LibriVox clips base makes no error, and tiny.en 2.9 %.
"""

MLX = "mlx:"

WORD = "recogniser"
"""What stands for the default model in commands."""

PULL = f"run: narrate models pull {WORD}"

WHERE = "speech recognition"

FILES = ("model.bin", "config.json", "tokenizer.json")
"""A folder in the format of faster-whisper. Without the last file, it would ask the hub."""

SYSTRAN = "Systran/faster-whisper-{}"
NAMES = {
    **{
        name: SYSTRAN.format(name)
        for size in ("tiny", "base", "small", "medium")
        for name in (f"{size}.en", size)
    },
    **{name: SYSTRAN.format(name) for name in ("large-v1", "large-v2", "large-v3")},
    "large": SYSTRAN.format("large-v3"),
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""The names that faster-whisper 1.2.1 knows, and what they stand for on the hub."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recognizer that is ready to be loaded; both fields are strings, so that it can be handed to
    another process.

    `folder` holds the model. `python` is an interpreter with mlx-audio, or "" if faster-whisper
    reads the folder in this one.
    """

    folder: str
    python: str = ""


def find(named: str | None, settings: Settings, warn: Warn = lambda text: None) -> Source:
    """The recognizer that the setting names, or the default one, from what is on this machine.

    Nothing is loaded or downloaded. It takes milliseconds, and for "mlx:" the start of a Python.
    Raises EnvironmentProblem, whose hint is the command that helps.
    """
    if named:
        model, in_mlx = _wanted(named)
        python = _python(in_mlx, settings, warn)
        return _source(_folder(model, in_mlx), python)
    _python(False, settings, warn)
    for name in DEFAULTS:
        if folder := models.find(NAMES[name]):
            return Source(str(folder))
    raise EnvironmentProblem(
        f"no model is on this machine ({' or '.join(DEFAULTS)})", where=WHERE, hint=PULL
    )


def unavailable(named: str | None, settings: Settings) -> EnvironmentProblem | None:
    """Why nothing can listen here, with the command that helps; None if something can."""
    try:
        find(named, settings)
    except EnvironmentProblem as problem:
        return problem
    return None


def fetch(
    named: str | None,
    settings: Settings,
    on_progress: models.Progress = lambda done, total: None,
    warn: Warn = lambda text: None,
    *,
    check_for_updates: bool = False,
) -> Source:
    """The same as `find`, but a model of the hub is downloaded unless it is here or the settings
    say `offline`; without a name, the first of DEFAULTS. `check_for_updates` asks the hub in any
    case.
    """
    model, in_mlx = _wanted(named or DEFAULTS[0])
    python = _python(in_mlx, settings, warn)
    if settings.offline or Path(model.name).is_absolute():
        return _source(_folder(model, in_mlx), python)
    client = python or sys.executable
    found = models.fetch(model, client, on_progress, check_for_updates=check_for_updates)
    return _source(found, python)


def load(source: Source, threads: int = 1) -> Hearing:
    """A recognizer, ready to listen; one of mlx-audio loads its model with the first clip.

    `threads` count for faster-whisper. Raises EnvironmentProblem.
    """
    if source.python:
        return Remote(source.folder, source.python)
    return Recognizer(source.folder, threads)


def _wanted(named: str) -> tuple[ModelRef, bool]:
    """The model of a setting, and whether mlx-audio reads it. Raises EnvironmentProblem."""
    in_mlx = named.startswith(MLX)
    bare = named.removeprefix(MLX)
    # Names come first, as a folder in the current one may be called "base" by chance.
    id = bare if in_mlx else NAMES.get(bare, bare)
    folder = Path(id).expanduser()
    if id and folder.is_dir():
        return ModelRef(str(folder.absolute())), in_mlx
    if not models.HUB_ID.fullmatch(id):
        raise EnvironmentProblem(
            f"{named!r} is neither a folder, the name of a Whisper model nor a hub id",
            where=WHERE,
            hint="write a folder, a name such as tiny.en, owner/name or mlx:owner/name with"
            " --asr-model or in NARRATE_ASR_MODEL",
        )
    name, _, revision = id.partition("@")
    return ModelRef(name, revision), in_mlx


def _python(in_mlx: bool, settings: Settings, warn: Warn) -> str:
    """The interpreter with mlx-audio, or "" for faster-whisper in this one. Raises
    EnvironmentProblem if the packages are missing.
    """
    if in_mlx:
        return environments.require("mlx", settings, warn).path
    if not recognizer.installed():
        raise EnvironmentProblem(
            "faster-whisper is not installed", where=WHERE, hint=recognizer.INSTALL
        )
    return ""


def _source(folder: Path, python: str) -> Source:
    """A folder, if what reads it finds all that it needs. Raises EnvironmentProblem."""
    needed = FILES[1:2] if python else FILES
    if missing := [name for name in needed if not (folder / name).is_file()]:
        kind = "mlx-audio" if python else "faster-whisper"
        raise EnvironmentProblem(
            f"{folder} is not a model in the format of {kind} (no {missing[0]})",
            where=WHERE,
            hint=f"name another one with --asr-model or NARRATE_ASR_MODEL, or {PULL}",
        )
    return Source(str(folder), python)


def _folder(model: ModelRef, in_mlx: bool) -> Path:
    """Where a model is. Raises EnvironmentProblem."""
    if Path(model.name).is_absolute():
        return Path(model.name)
    if folder := models.find(model.name, model.revision):
        return folder
    named = f"{model.name}@{model.revision}" if model.revision else model.name
    raise EnvironmentProblem(
        f"{named} is not on this machine",
        where=WHERE,
        hint=f"{PULL} --asr-model {MLX if in_mlx else ''}{named}",
    )
