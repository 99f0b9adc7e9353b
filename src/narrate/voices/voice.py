"""A voice of a script -> what engines take: reference audio decoded once, its transcript, and
digests of both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from narrate import script
from narrate.base import facts, regular
from narrate.base.facts import Fact
from narrate.base.limits import TRANSCRIPT_BYTES
from narrate.base.regular import TooLarge
from narrate.engines.base import Reference
from narrate.errors import ScriptError
from narrate.sound import audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 24_000
"""Hz, of the speech codecs; references are brought to it here, so that every engine hears the same
samples.
"""

TAIL_SECONDS = 0.5
"""Silence appended to a reference; without it its last sound is echoed (QwenLM/Qwen3-TTS#341)."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A recording ready for cloning. `parts` is what a Request says of it: digests of the samples
    and of the text.

    `facts` are those of the files that it was read from or looked for, taken before they were read.
    """

    reference: Reference
    parts: dict[str, str]
    facts: dict[str, Fact]


def load(voice: script.Voice, folder: Path, where: str, within: Path | None = None) -> Voice:
    """Read the recording and the transcript of a cloned voice; paths are relative to `folder`.

    The transcript is the voice's own, else the .txt beside the recording. An empty one means that
    only the colour of the voice is wanted. Raises ScriptError, also for a file that is not in the
    folder `within`.
    """
    assert voice.ref is not None
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
    parts = {"ref": digest(samples)}
    if transcript:
        parts["transcript"] = hashlib.blake2b(transcript.encode(), digest_size=32).hexdigest()
    return Voice(Reference(samples, RATE, transcript or None), parts, before)


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
        return " ".join(regular.read(path, TRANSCRIPT_BYTES).decode().split())
    except (OSError, UnicodeDecodeError) as error:
        reason = (
            f"{path.name} {error.strerror}"
            if isinstance(error, TooLarge)
            else f"{path.name} cannot be read"
        )
        raise ScriptError(
            f"the recording {path.stem} has no transcript ({reason})",
            where=where,
            hint=f'write what it says into {path.name}, or set "transcript": "" to take only the colour of the voice',
        ) from error
