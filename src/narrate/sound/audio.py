"""Reads recordings, converts float samples to PCM_16, and changes sample rates."""

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
"""The suffixes that ffmpeg reads, and the demuxer for each: a fixed one cannot follow a playlist
to other files.
"""

BLOCK_SAMPLES = 1 << 16


def pcm16(samples: NDArray[np.float32]) -> bytes:
    """Finite samples, full scale 1.0, as little-endian 16-bit PCM; louder samples are clipped."""
    import numpy as np

    clipped: NDArray[np.int16] = np.rint(np.clip(samples, -1.0, 32767 / 32768) * 32768.0).astype(
        "<i2"
    )
    return clipped.tobytes()


def resample(pcm: memoryview | bytes, rate: int, to: int) -> bytes:
    """PCM_16 mono at another rate: exactly round(samples · to / rate) samples; by soxr, HQ."""
    import numpy as np
    import soxr

    source = np.frombuffer(pcm, "<i2")
    wanted = resampled_length(source.size, rate, to)
    result = soxr.resample(source, rate, to, quality="HQ")[:wanted]
    return np.pad(result, (0, wanted - result.size)).astype("<i2").tobytes()


def resampled_length(samples: int, rate: int, to: int) -> int:
    """The number of samples of a clip at another rate, rounded half up in integers."""
    return (2 * samples * to + rate) // (2 * rate)


def decode(path: Path, where: str) -> tuple[bytes, int]:
    """A recording as PCM_16 mono and its rate in Hz, as `decode_float` reads it."""
    samples, rate = decode_float(path, where)
    return pcm16(samples), rate


def decode_float(path: Path, where: str) -> tuple[NDArray[np.float32], int]:
    """A recording as mono float32 samples and its rate in Hz; channels are averaged.

    Raises ScriptError if it cannot be used as it is; `where` is the place in the script that names
    the recording.
    """
    import numpy as np

    read = _decode_ffmpeg if path.suffix.lower() in DEMUXERS else _decode_soundfile
    samples, rate = read(path, where)
    if not samples.size:
        raise _refused(path, where, "holds no samples")
    if samples.size > _longest(rate):
        raise _refused(path, where, f"is longer than {RECORDING_SECONDS:.0f} s")
    if not np.isfinite(samples).all():
        raise _refused(path, where, "holds samples that are not finite numbers")
    return samples, rate


def ffmpeg(purpose: str) -> str:
    """The path of ffmpeg: the one on PATH, else the one of the m4a extra.

    Raises EnvironmentProblem, which says that `purpose` needs it.
    """
    found = shutil.which("ffmpeg")
    if found is None:
        try:
            from imageio_ffmpeg import get_ffmpeg_exe

            found = str(get_ffmpeg_exe())
        except (ImportError, RuntimeError) as error:
            raise EnvironmentProblem(
                f"{purpose} needs ffmpeg, which is not installed",
                where="ffmpeg",
                hint="install ffmpeg, or run: pip install 'narrate-cli[m4a]'",
            ) from error
    return found


def _decode_soundfile(path: Path, where: str) -> tuple[NDArray[np.float32], int]:
    import numpy as np
    import soundfile

    try:
        # The mean of finite samples may overflow; decode_float refuses the result.
        with soundfile.SoundFile(os.fsencode(path)) as file, np.errstate(over="ignore"):
            _admit(path, where, file.samplerate, file.channels)
            rate = int(file.samplerate)
            # Up to one sample more than allowed, as the length in a header may be wrong.
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
    """Read M4A, video and other formats that soundfile cannot, through pydub."""
    import numpy as np

    converter = ffmpeg(f"reading {path.name}")
    with warnings.catch_warnings():
        # pydub warns if ffmpeg is not on PATH, and about escapes in its own source.
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
    """Refuse a recording that is too large, not a regular file, or outside the folder `within`.

    A link counts as the file that it leads to. Raises ScriptError.
    """
    if within and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(within)):
        raise ScriptError(
            f"the recording {path.name} is outside the script's folder",
            where=where,
            hint="move it there, or allow it with --allow-outside, or with allow_outside = true in "
            "narrate.toml",
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
        allowed = f"{RATES.start} to {RATES.stop - 1}"
        raise _refused(path, where, f"has a sample rate of {rate} Hz ({allowed} are supported)")
    if channels > RECORDING_CHANNELS:
        what = f"has {channels} channels (at most {RECORDING_CHANNELS} are supported)"
        raise _refused(path, where, what)


def _refused(path: Path, where: str, what: str) -> ScriptError:
    hint = "record it again, or convert it: ffmpeg -i RECORDING -ac 1 -ar 48000 recording.wav"
    return ScriptError(f"the recording {path.name} {what}", where=where, hint=hint)
