"""An engine that plays prepared clips: an installed plug-in, for runs on clips with faults.

The folder that NARRATE_PLAYBACK names holds a WAV file for each text; see `prepare`. A text with no
file makes the engine fail.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from narrate.engines.base import Capabilities, Job, ModelRef, Reference, Synthesis

FOLDER = "NARRATE_PLAYBACK"

CAPABILITIES = Capabilities(
    name="playback",
    behaviour=1,
    model="clips",
    languages=("en",),
    speakers=("one",),
    voices=("speaker", "clone"),
    packages=(),
    rtf=0.001,
)


def install(site: Path) -> None:
    """Lay the engine out as an installer does."""
    info = site / "playback-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: playback\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[narrate.engines]\nplayback = playback\n")
    (site / "playback.py").write_bytes(Path(__file__).read_bytes())


def file(folder: Path, text: str) -> Path:
    """Where the clip of a text is."""
    return folder / f"{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}.wav"


class Engine:
    """Plays the same clip at each attempt."""

    def load(self, model: ModelRef) -> None:
        self._folder = Path(os.environ[FOLDER])

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis]:
        import soundfile

        for job in jobs:
            samples, rate = soundfile.read(file(self._folder, job.request.text), dtype="float32")
            yield Synthesis(samples, rate)

    def close(self) -> None:
        """There is nothing to close."""
