"""A stored voice says a line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from narrate import build
from narrate import script as scripts
from narrate.base.events import Emit
from narrate.config import Config, Settings
from narrate.voices.library import TEST

LINE = (
    "This is how I sound when I read a script: one thought at a time, and every word of it clear."
)
"""What a new voice says unless it is told otherwise."""


def speak(folder: Path, text: str, settings: Settings, emit: Emit) -> Path:
    """Have a stored voice say a line, and return where it is: test.wav beside the voice.

    Raises what a run raises; EnvironmentProblem if there is no engine that can speak a cloned
    voice.
    """
    with TemporaryDirectory() as temp:
        script = Path(temp) / "script.json"
        voice = {"voice": {"ref": str((folder / "ref.wav").absolute())}}
        script.write_text(
            json.dumps(
                {"voices": voice, "segments": [{"id": "test", "text": text, "voice": "voice"}]}
            )
        )
        # Settings that are passed on as they are keep their origin: what a project named is not the
        # user's word.
        own = msgspec.structs.replace(
            settings, out=str(Path(temp) / "out"), format="wav", allow_outside=True
        )
        made = build.perform(scripts.load(script), Config(own, {}, ()), build.Options(), emit)
        with TemporaryDirectory(prefix=".clone-", dir=folder.parent) as aside:
            copy = shutil.copyfile(made.out / made.manifest.audio.file, Path(aside, TEST))
            return copy.replace(folder / TEST)
