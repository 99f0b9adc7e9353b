"""Samples in and out of files and rates: recordings decoded, float turned into PCM_16, rates
changed.
"""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.base.limits import RATES, RECORDING_BYTES, RECORDING_CHANNELS, RECORDING_SECONDS
from narrate.errors import EnvironmentProblem, ScriptError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEMUXERS = {
    ".aac": "aac",
    ".m4a": "mp4",
    ".m4v": "mp4",
    ".mka": "matroska",
    ".mkv": "matroska",
    ".mov": "mp4",
    ".mp4": "mp4",
    ".webm": "matroska",
    ".wma": "asf",
}
"""What ffmpeg may be asked to read, and as what: a fixed demuxer never follows a playlist to other
files.
"""

BLOCK_SAMPLES = 1 << 16


def pcm16(samples: NDArray[np.float32]) -> bytes:
    """Finite samples, full scale 1.0, as little-endian 16-bit PCM; what is louder saturates."""
    import numpy as np

    saturated: NDArray[np.int16] = np.rint(np.clip(samples, -1.0, 32767 / 32768) * 32768.0).astype(
        "<i2"
    )
    return saturated.tobytes()


def resample(pcm: memoryview | bytes, rate: int, to: int) -> bytes:
    """PCM_16 mono at another rate: exactly round(samples · to / rate) samples, by soxr at its high
    quality.
    """
    import numpy as np
    import soxr

    source = np.frombuffer(pcm, "<i2")
    wanted = resampled_length(source.size, rate, to)
    result = soxr.resample(source, rate, to, quality="HQ")[:wanted]
    return np.pad(result, (0, wanted - result.size)).astype("<i2").tobytes()


def resampled_length(samples: int, rate: int, to: int) -> int:
    """How many samples a clip has after a change of rate, rounded half up in integers."""
    return (2 * samples * to + rate) // (2 * rate)


def decode(path: Path, where: str) -> tuple[bytes, int]:
    """A recording as PCM_16 mono and its rate in Hz, as `decode_float` reads it."""
    samples, rate = decode_float(path, where)
    return pcm16(samples), rate


def decode_float(path: Path, where: str) -> tuple[NDArray[np.float32], int]:
    """A recording as mono float32 samples and its rate in Hz; channels are averaged.

    Raises ScriptError, naming `where` in the script it was asked for, if it cannot be used as it
    is.
    """
    import numpy as np

    samples, rate = (
        _decode_ffmpeg(path, where) if path.suffix.lower() in DEMUXERS else _decode(path, where)
    )
    if not samples.size:
        raise _refused(path, where, "holds no samples")
    if samples.size > _longest(rate):
        raise _refused(path, where, f"is longer than {RECORDING_SECONDS:.0f} s")
    if not np.isfinite(samples).all():
        raise _refused(path, where, "holds samples that are not finite numbers")
    return samples, rate


def ffmpeg(purpose: str) -> str:
    """The path of an ffmpeg: the one on PATH, else the one of the m4a extra. Raises
    EnvironmentProblem.
    """
    found = shutil.which("ffmpeg")
    if found is None:
        try:
            from imageio_ffmpeg import get_ffmpeg_exe

            found = str(get_ffmpeg_exe())
        except (ImportError, RuntimeError) as error:
            raise EnvironmentProblem(
                f"{purpose} needs ffmpeg, and there is none",
                where="ffmpeg",
                hint="install ffmpeg, or run: pip install 'narrate-cli[m4a]'",
            ) from error
    return found


def _decode(path: Path, where: str) -> tuple[NDArray[np.float32], int]:
    import numpy as np
    import soundfile

    try:
        # The sum of finite samples may not be finite; that is refused below.
        with soundfile.SoundFile(os.fsencode(path)) as file, np.errstate(over="ignore"):
            _admit(path, where, file.samplerate, file.channels)
            rate = int(file.samplerate)
            # One sample more than allowed: a header may lie about the length, in either direction.
            mono, left = [np.empty(0, "float32")], _longest(rate) + 1
            while (
                block := file.read(min(left, BLOCK_SAMPLES), dtype="float32", always_2d=True)
            ).size:
                mono.append(block.mean(axis=1, dtype="float32"))
                left -= len(block)
    except soundfile.SoundFileError as error:
        raise _refused(path, where, f"cannot be read as audio ({error})") from error
    return np.concatenate(mono), rate


def _decode_ffmpeg(path: Path, where: str) -> tuple[NDArray[np.float32], int]:
    """Read what soundfile cannot, such as M4A and video, through pydub."""
    import numpy as np

    converter = ffmpeg(f"reading {path.name}")
    with warnings.catch_warnings():
        # pydub warns when there is no ffmpeg on PATH and has regular expressions in plain strings.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
        from pydub.exceptions import CouldntDecodeError

        AudioSegment.converter = converter
        try:
            sound = AudioSegment.from_file_using_temporary_files(
                str(path),
                format=DEMUXERS[path.suffix.lower()],
                parameters=["-vn", "-t", str(RECORDING_SECONDS + 1)],
            )
        except (CouldntDecodeError, IndexError, OSError) as error:
            raise _refused(path, where, "cannot be read by ffmpeg") from error
    _admit(path, where, sound.frame_rate, sound.channels)
    full_scale = float(1 << (8 * sound.sample_width - 1))
    samples = np.array(sound.get_array_of_samples(), dtype=np.float32).reshape(-1, sound.channels)
    return (samples / full_scale).mean(axis=1, dtype=np.float32), int(sound.frame_rate)


def admit_file(path: Path, where: str, within: Path | None = None) -> None:
    """Refuse a recording that is not a regular file of a sensible size, or not in the folder
    `within`.

    A link counts as what it points to. Raises ScriptError.
    """
    if within and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(within)):
        raise ScriptError(
            f"the recording {path.name} lies outside of the script's folder",
            where=where,
            hint="move it there, or allow it: --allow-outside, or allow_outside = true in narrate.toml",
        )
    try:
        status = path.stat()
    except OSError as error:
        raise _refused(path, where, f"cannot be read ({error.strerror})") from error
    if not path.is_file():
        raise _refused(path, where, "is not a regular file")
    if status.st_size > RECORDING_BYTES:
        raise _refused(path, where, f"is larger than {RECORDING_BYTES:,} bytes")


def _longest(rate: int) -> int:
    return int(RECORDING_SECONDS * rate)


def _admit(path: Path, where: str, rate: int, channels: int) -> None:
    if rate not in RATES:
        raise _refused(
            path,
            where,
            f"has a sample rate of {rate} Hz ({RATES.start} to {RATES.stop - 1} are read)",
        )
    if channels > RECORDING_CHANNELS:
        raise _refused(
            path, where, f"has {channels} channels (at most {RECORDING_CHANNELS} are read)"
        )


def _refused(path: Path, where: str, what: str) -> ScriptError:
    hint = "record it again, or convert it: ffmpeg -i RECORDING -ac 1 -ar 48000 recording.wav"
    return ScriptError(f"the recording {path.name} {what}", where=where, hint=hint)
