"""Audio files written block by block: WAV, what libsndfile encodes, and M4A through ffmpeg."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import xxhash

from narrate.base.durable import write_all
from narrate.config import Format
from narrate.errors import EnvironmentProblem
from narrate.output.stage import digest_of
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

M4A_OPTIONS = ("-c:a", "aac", "-b:a", "128k", "-bitexact", "-f", "mp4")
"""`-bitexact` keeps the version of ffmpeg out of the file."""


class Encoder(Protocol):
    """An audio file that is being written."""

    def write(self, block: Block) -> None:
        """Append a block. Raises EnvironmentProblem or OSError if that is not possible."""

    def finish(self) -> str:
        """Complete the file; return the xxh3_128 of its bytes in hex. Raises as `write` does."""

    def close(self) -> None:
        """Release what is open; without `finish` before, the file is incomplete."""


def encode(path: Path, format: Format, rate: int, samples: int) -> Encoder:
    """Start a mono file of so many samples at `rate` Hz.

    Raises EnvironmentProblem if the format cannot be written here, such as M4A without ffmpeg.
    """
    if format == "wav":
        return WavEncoder(path, rate, samples)
    if format == "m4a":
        return M4aEncoder(path, rate)
    return SoundfileEncoder(path, format, rate)


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

    def __init__(self, path: Path, format: Format, rate: int) -> None:
        import soundfile

        self._path, self._format = path, format
        container, encoding = SOUNDFILE_FORMATS[format]
        with self._problems():
            self._file = soundfile.SoundFile(
                os.fsencode(path), "w", rate, 1, encoding, format=container
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

    def __init__(self, path: Path, rate: int) -> None:
        self._path = path
        source = ("-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0")
        # Unbuffered, as data left in a buffer when ffmpeg ends early would make the close fail.
        self._process = subprocess.Popen(
            [audio.ffmpeg("writing M4A"), "-v", "error", "-y", *source, *M4A_OPTIONS, str(path)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
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
