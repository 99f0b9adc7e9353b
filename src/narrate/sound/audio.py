"""Reads recordings, converts float samples to PCM_16, and changes sample rates."""

from __future__ import annotations

import os
import shutil
import warnings
from dataclasses import dataclass
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

HIGHEST_PEAK = 0.99
"""To which a recording is turned down that is louder than full scale."""

CANCELLED_SHARE = 0.1
"""Channels that have nothing in common keep 1/n of their energy when n of them are averaged. If
less than a tenth of that is left, they cancel each other out.
"""


def pcm16(samples: NDArray[np.float32]) -> bytes:
    """Finite samples, full scale 1.0, as little-endian 16-bit PCM; louder samples are clipped."""
    import numpy as np

    clipped: NDArray[np.int16] = np.rint(np.clip(samples, -1.0, 32767 / 32768) * 32768.0).astype(
        "<i2"
    )
    return clipped.tobytes()


def floats(pcm: memoryview | bytes) -> NDArray[np.float32]:
    """The inverse of `pcm16`."""
    import numpy as np

    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)


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


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as mono float32 samples of at most full scale, and its rate in Hz.

    It was turned down by the factor `gain`. If its channels cancel each other out when they are
    averaged (`cancels`), the samples are those of the loudest one.
    """

    samples: NDArray[np.float32]
    rate: int
    gain: float = 1.0
    cancels: bool = False


def recording(path: Path, where: str) -> Recording:
    """Read a recording that is used as it is. Raises ScriptError as `decode_float` does."""
    import numpy as np

    mixed, energies, rate = _mixed(path, where)
    left = float(np.einsum("i,i->", mixed, mixed, dtype=np.float64))
    cancels = left < float(energies.mean()) * CANCELLED_SHARE / energies.size
    if cancels:
        mixed, _, _ = _mixed(path, where, int(energies.argmax()))
    peak = max(float(mixed.max()), -float(mixed.min()))
    gain = HIGHEST_PEAK / peak if peak > 1 else 1.0
    return Recording(mixed * np.float32(gain) if gain != 1 else mixed, rate, gain, cancels)


def decode(path: Path, where: str) -> tuple[bytes, int]:
    """A recording as PCM_16 mono and its rate in Hz, as `recording` reads it."""
    read = recording(path, where)
    return pcm16(read.samples), read.rate


def decode_float(path: Path, where: str) -> tuple[NDArray[np.float32], int]:
    """A recording as mono float32 samples and its rate in Hz; channels are averaged.

    Raises ScriptError if it cannot be used as it is; `where` is the place in the script that names
    the recording.
    """
    samples, _, rate = _mixed(path, where)
    return samples, rate


Mixed = tuple["NDArray[np.float32]", "NDArray[np.float64]", int]
"""Samples of one channel, the energy of each channel of the file, and the rate in Hz."""


def _mixed(path: Path, where: str, channel: int | None = None) -> Mixed:
    """A recording with its channels averaged, or one channel of it. Raises ScriptError."""
    import numpy as np

    read = _decode_ffmpeg if path.suffix.lower() in DEMUXERS else _decode_soundfile
    # The mean of finite samples may overflow, and is refused below.
    with np.errstate(over="ignore", invalid="ignore"):
        samples, energies, rate = read(path, where, channel)
    if not samples.size:
        raise _refused(path, where, "holds no samples")
    if samples.size > _longest(rate):
        raise _refused(path, where, f"is longer than {RECORDING_SECONDS:.0f} s")
    if not np.isfinite(samples).all():
        raise _refused(path, where, "holds samples that are not finite numbers")
    return samples, energies, rate


def _mix(block: NDArray[np.float32], channel: int | None) -> NDArray[np.float32]:
    import numpy as np

    return block.mean(axis=1, dtype=np.float32) if channel is None else block[:, channel]


def _energy(block: NDArray[np.float32]) -> NDArray[np.float64]:
    import numpy as np

    energy: NDArray[np.float64] = np.einsum("ij,ij->j", block, block, dtype=np.float64)
    return energy


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


def _decode_soundfile(path: Path, where: str, channel: int | None) -> Mixed:
    import numpy as np
    import soundfile

    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            _admit(path, where, file.samplerate, file.channels)
            rate, energies = int(file.samplerate), np.zeros(file.channels)
            # Up to one sample more than allowed, as the length in a header may be wrong.
            mono, left = [np.empty(0, "float32")], _longest(rate) + 1
            while (
                block := file.read(min(left, BLOCK_SAMPLES), dtype="float32", always_2d=True)
            ).size:
                mono.append(_mix(block, channel))
                energies += _energy(block)
                left -= len(block)
    except soundfile.SoundFileError as error:
        raise _refused(path, where, f"cannot be read as audio ({error})") from error
    return np.concatenate(mono), energies, rate


def _decode_ffmpeg(path: Path, where: str, channel: int | None) -> Mixed:
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
    samples /= full_scale
    return _mix(samples, channel), _energy(samples), int(sound.frame_rate)


def admit_file(path: Path, where: str, within: Path | None = None) -> None:
    """Refuse a recording that is too large, not a regular file, or outside the folder `within`.

    A link counts as the file that it leads to. Raises ScriptError.
    """
    if within and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(within)):
        raise ScriptError(
            f"the recording {path} is outside the script's folder",
            where=where,
            hint="move it there, or allow it with --allow-outside, or with allow_outside = true in "
            "narrate.toml",
        )
    try:
        status = path.stat()
    except OSError as error:
        hint = "check its name, which is relative to the script, and its permissions"
        what = f"the recording {path} cannot be read ({error.strerror})"
        raise ScriptError(what, where=where, hint=hint) from error
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
