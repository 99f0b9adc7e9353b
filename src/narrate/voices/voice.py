"""A recorded voice of a script -> what engines take: samples decoded once, the transcript, and
digests of both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.base import facts
from narrate.base.facts import Fact
from narrate.base.files import encoding, regular
from narrate.base.files.encoding import NotUtf8
from narrate.base.files.regular import TooLarge
from narrate.base.limits import TRANSCRIPT_BYTES
from narrate.engines.base import Reference
from narrate.errors import ScriptError
from narrate.request import Clone
from narrate.script import RecordedVoice
from narrate.sound import audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 24_000
"""Hz, of the speech codecs. References are resampled to it here, so that every engine gets the same
samples.
"""

TAIL_SECONDS = 0.5
"""Silence appended to a reference; without it its last sound is echoed (QwenLM/Qwen3-TTS#341)."""


@dataclass(frozen=True, slots=True)
class LoadedVoice:
    """A recording ready for cloning, and the digests of it that a Request holds.

    `facts` are those of the files that it was read from or looked for, taken before they were read.
    """

    reference: Reference
    clone: Clone
    facts: dict[str, Fact]


def load(voice: RecordedVoice, folder: Path, where: str, within: Path | None = None) -> LoadedVoice:
    """Read the recording and the transcript of a voice; paths are relative to `folder`.

    The transcript is the voice's own, else the .txt beside the recording. An empty one means that
    only the colour of the voice is wanted. Raises ScriptError, also for a file outside the folder
    `within`.
    """
    path = folder / voice.ref
    beside = path.with_suffix(".txt")
    before = facts.take((path, beside))
    audio.admit_file(path, where, within)
    samples = prepare(*audio.decode_float(path, where))
    transcript = (
        voice.transcript
        if voice.transcript is not None
        else _read_transcript(beside, where, within)
    )
    spoken = (
        hashlib.blake2b(transcript.encode(), digest_size=32).hexdigest() if transcript else None
    )
    clone = Clone(digest(samples), spoken)
    return LoadedVoice(Reference(samples, RATE, transcript or None), clone, before)


def prepare(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """A mono recording at 24 kHz with the silence that engines need after it."""
    import numpy as np
    import soxr

    resampled = samples if rate == RATE else soxr.resample(samples, rate, RATE, quality="HQ")
    return np.concatenate([resampled, np.zeros(round(TAIL_SECONDS * RATE))]).astype("<f4")


def digest(samples: NDArray[np.float32]) -> str:
    """BLAKE2b-256 over the rate and the samples as float32: the same for a WAV and its FLAC."""
    return hashlib.blake2b(f"{RATE} ".encode() + samples.tobytes(), digest_size=32).hexdigest()


def _read_transcript(path: Path, where: str, within: Path | None) -> str:
    if path.exists():
        audio.admit_file(path, where, within)
    try:
        return " ".join(encoding.decode(regular.read(path, TRANSCRIPT_BYTES)).split())
    except (OSError, NotUtf8) as error:
        reason = f"{path.name} cannot be read"
        if isinstance(error, TooLarge):
            reason = f"{path.name} {error.strerror}"
        if isinstance(error, NotUtf8):
            reason = f"{path.name}: {error}"
        raise ScriptError(
            f"the recording {path.stem} has no transcript ({reason})",
            where=where,
            hint=f'write what it says into {path.name}, or set "transcript": ""'
            " to take only the colour of the voice",
        ) from error
