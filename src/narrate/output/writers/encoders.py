"""Audio files written block by block: WAV, what libsndfile encodes, and M4A through ffmpeg."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Protocol

import xxhash

from narrate.base.files.durable import write_all
from narrate.config import Format
from narrate.errors import EnvironmentProblem
from narrate.output.stage import digest_of
from narrate.output.writers.tags import NO_TAGS, Tags, ffmetadata
from narrate.output.writers.tags import write as write_tags
from narrate.sound import audio, wav

Block = bytes | memoryview
"""Some samples as PCM_16, mono and little-endian."""

SOUNDFILE_FORMATS: dict[str, tuple[str, str]] = {
    "flac": ("FLAC", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
}
"""The container and the encoding that libsndfile uses for each format."""

SOUNDFILE_SAMPLES = 1 << 14
"""libsndfile's Vorbis encoder keeps each write on the stack, which a longer one overflows."""

M4A_OPTIONS = ("-c:a", "aac", "-bitexact", "-f", "mp4")
"""`-bitexact` keeps the version of ffmpeg out of the file."""

BITRATE = 128
LOSSY: tuple[Format, ...] = ("mp3", "ogg", "opus", "m4a")
"""The formats that have a bitrate, in kb/s."""

MP3_BITRATES = ((32_000, 320, 32), (16_000, 160, 8), (0, 64, 8))
"""From which sample rate on in Hz, the highest and the lowest bitrate that MP3 has."""

OPUS_BITRATES = 256, 6
VORBIS_PROBES = 8
"""So many halvings find a Vorbis quality that is exact to half a percent."""


class Encoder(Protocol):
    """An audio file that is being written."""

    def write(self, block: Block) -> None:
        """Append a block. Raises EnvironmentProblem or OSError if that is not possible."""

    def finish(self) -> str:
        """Complete the file; return the xxh3_128 of its bytes in hex. Raises as `write` does."""

    def close(self) -> None:
        """Release what is open; without `finish` before, the file is incomplete."""


def encode(
    path: Path,
    format: Format,
    rate: int,
    samples: int,
    bitrate: int = BITRATE,
    tags: Tags = NO_TAGS,
) -> Encoder:
    """Start a mono file of so many samples at `rate` Hz; a lossy one has about `bitrate` kb/s.

    Raises EnvironmentProblem if the format cannot be written here, such as M4A without ffmpeg.
    """
    if format == "wav":
        return WavEncoder(path, rate, samples)
    if format == "m4a":
        return M4aEncoder(path, rate, bitrate, tags)
    return SoundfileEncoder(path, format, rate, bitrate, tags)


def compression(format: Format, rate: int, bitrate: int) -> dict[str, Any]:
    """The parameters of libsndfile for a bitrate in kb/s, or the nearest one that the format has at
    this rate in Hz.

    MP3 keeps to it, Opus comes close, and Vorbis, whose bitrate varies, has it as its nominal one.
    """
    if format == "mp3":
        most, least = next((most, least) for above, most, least in MP3_BITRATES if rate >= above)
        return {"compression_level": _level(bitrate, most, least), "bitrate_mode": "CONSTANT"}
    if format == "opus":
        return {"compression_level": _level(bitrate, *OPUS_BITRATES)}
    return {"compression_level": _vorbis_level(rate, bitrate)} if format == "ogg" else {}


def _level(bitrate: int, most: int, least: int) -> float:
    """Where a bitrate lies between the highest (0) and the lowest (1).

    LAME refuses a level of exactly 1.
    """
    return min(max(0.0, (most - bitrate) / (most - least)), 0.999)


@cache
def _vorbis_level(rate: int, bitrate: int) -> float:
    """The level with the highest nominal bitrate that is not above the wanted one."""
    low, high = 0.0, 1.0
    if _vorbis_nominal(rate, low) <= 1000 * bitrate:
        return low
    for _ in range(VORBIS_PROBES):
        middle = (low + high) / 2
        if _vorbis_nominal(rate, middle) > 1000 * bitrate:
            low = middle
        else:
            high = middle
    return high


def _vorbis_nominal(rate: int, level: float) -> int:
    """The bitrate in bits per second that Vorbis writes into its header."""
    import soundfile

    file = BytesIO()
    soundfile.SoundFile(file, "w", rate, 1, "VORBIS", format="OGG", compression_level=level).close()
    header = file.getvalue().partition(b"\x01vorbis")[2]
    return int.from_bytes(header[13:17], "little")


class WavEncoder:
    """A WAV file, whose digest is computed on the way as there is nothing to encode."""

    def __init__(self, path: Path, rate: int, samples: int) -> None:
        header = wav.header(samples, rate)
        self._digest = xxhash.xxh3_128(header)
        self._file = path.open("wb", buffering=0)
        self._file.write(header)

    def write(self, block: Block) -> None:
        """Append a block."""
        write_all(self._file.write, block)
        self._digest.update(block)

    def finish(self) -> str:
        """Complete the file and return its digest."""
        self.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SoundfileEncoder:
    """A FLAC, MP3, Ogg Vorbis or Opus file, encoded by libsndfile."""

    def __init__(self, path: Path, format: Format, rate: int, bitrate: int, tags: Tags) -> None:
        import soundfile

        self._path, self._format, self._tags = path, format, tags
        container, encoding = SOUNDFILE_FORMATS[format]
        with self._problems():
            options = compression(format, rate, bitrate)
            self._file = soundfile.SoundFile(
                os.fsencode(path), "w", rate, 1, encoding, format=container, **options
            )

    def write(self, block: Block) -> None:
        """Append a block."""
        import numpy as np

        samples = np.frombuffer(block, "<i2")
        with self._problems():
            for start in range(0, samples.size, SOUNDFILE_SAMPLES):
                self._file.write(samples[start : start + SOUNDFILE_SAMPLES])

    def finish(self) -> str:
        """Complete the file and return its digest."""
        self.close()
        write_tags(self._path, self._format, self._tags)
        return digest_of(self._path)

    def close(self) -> None:
        """Close the file."""
        with self._problems():
            self._file.close()

    @contextmanager
    def _problems(self) -> Iterator[None]:
        """Report an error of libsndfile as an EnvironmentProblem."""
        import soundfile

        try:
            yield
        except soundfile.SoundFileError as error:
            raise EnvironmentProblem(
                f"{self._format} could not be written ({error})",
                where=str(self._path),
                hint="check that the disk is not full, or choose another --format",
            ) from error


class M4aEncoder:
    """An M4A file with AAC, encoded by ffmpeg as it is made.

    pydub would hold the whole narration in memory.
    """

    def __init__(self, path: Path, rate: int, bitrate: int, tags: Tags) -> None:
        self._path, self._tags = path, tags
        source = ("-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0")
        with TemporaryFile() as described:
            described.write(ffmetadata(tags).encode())
            described.flush()
            described.seek(0)
            number = described.fileno()
            shown = ("-f", "ffmetadata", "-i", f"/dev/fd/{number}", "-map", "0:a")
            options = (*source, *(shown if tags.title else ()), "-b:a", f"{bitrate}k", *M4A_OPTIONS)
            # Unbuffered, as data left in a buffer when ffmpeg ends early would make the close fail.
            self._process = subprocess.Popen(
                [audio.ffmpeg("writing M4A"), "-v", "error", "-y", *options, str(path)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(number,),
            )

    def write(self, block: Block) -> None:
        """Append a block."""
        assert self._process.stdin is not None
        try:
            write_all(self._process.stdin.write, block)
        except BrokenPipeError as error:
            _, complaint = self._process.communicate()
            raise self._failed(complaint) from error

    def finish(self) -> str:
        """Complete the file and return its digest."""
        _, complaint = self._process.communicate()
        if self._process.returncode:
            raise self._failed(complaint)
        write_tags(self._path, "m4a", self._tags)
        return digest_of(self._path)

    def close(self) -> None:
        """Stop ffmpeg if it still runs."""
        with self._process:
            self._process.kill()

    def _failed(self, complaint: bytes) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"ffmpeg could not write M4A: {complaint.decode(errors='replace').strip()}",
            where=str(self._path),
            hint="choose another --format",
        )
