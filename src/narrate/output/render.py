"""Timeline -> audio files, one clip at a time, in constant memory however long the narration is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import xxhash

from narrate.base.durable import write_all
from narrate.cache import Store
from narrate.config import Format
from narrate.errors import EnvironmentProblem
from narrate.output.stage import BLOCK_BYTES, Stage, digest_of
from narrate.output.timeline import Part, Slot, Timeline
from narrate.planning.planner import PlannedSegment
from narrate.sound import audio, wav

RENDERING = 1
"""Raised when the same clips must give other files, so that files made before are made again."""

SOUNDFILE_FORMATS: dict[str, tuple[str, str]] = {
    "flac": ("FLAC", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
}

Block = bytes | memoryview
SOUNDFILE_SAMPLES = 1 << 14


def recipe(parts: Iterable[Part], rate: int, format: Format) -> str:
    """A digest of everything that an audio file is made of."""
    made_of = [(part.samples, part.clip.digest if part.clip else "") for part in parts]
    return xxhash.xxh3_128_hexdigest(repr((RENDERING, rate, format, made_of)).encode())


def whole(timeline: Timeline) -> Iterator[Part]:
    """Every part of a timeline, pauses included."""
    for slot in timeline.slots:
        yield from slot.parts
        if slot.pause:
            yield Part(slot.pause)


def sounds(
    stage: Stage, timeline: Timeline, format: Format, store: Store
) -> tuple[str, dict[str, str]]:
    """Make the narration and a file for every segment; return the digest of the first and, by id,
    of the others.

    Each clip is read once, for both. Raises cache.Gone if a clip is no longer what it was, and
    EnvironmentProblem for M4A without an ffmpeg.
    """
    rate = timeline.rate
    segments: dict[str, str] = {}

    def segment(slot: Slot, blocks: Iterable[Block]) -> str:
        made_of = recipe(slot.parts, rate, format)
        name = file_name(slot.planned, format)
        return stage.make(
            name, made_of, lambda path: write(path, format, rate, slot.samples, blocks)
        )

    def everything() -> Iterator[Block]:
        for slot in timeline.slots:
            blocks = list(_blocks(slot.parts, rate, store))
            segments[slot.planned.segment.id] = segment(slot, blocks)
            yield from blocks
            yield from _silence(slot.pause)

    made_of = recipe(whole(timeline), rate, format)
    name = f"narration.{format}"
    narration = stage.make(
        name, made_of, lambda path: write(path, format, rate, timeline.samples, everything())
    )
    for slot in timeline.slots:
        if slot.planned.segment.id not in segments:
            segments[slot.planned.segment.id] = segment(slot, _blocks(slot.parts, rate, store))
    return narration, segments


def file_name(planned: PlannedSegment, format: Format) -> str:
    """The name of a segment's file in the output folder."""
    return f"segments/{planned.segment.stem}.{format}"


def render(parts: Iterable[Part], rate: int, format: Format, store: Store, path: Path) -> str:
    """Write parts to an audio file, as `write` does. Raises cache.Gone if a clip is no longer what
    it was.
    """
    parts = tuple(parts)
    return write(
        path, format, rate, sum(part.samples for part in parts), _blocks(parts, rate, store)
    )


def write(path: Path, format: Format, rate: int, samples: int, blocks: Iterable[Block]) -> str:
    """Write PCM_16 blocks of so many samples to a mono file at `rate` Hz; return its digest.

    The digest is xxh3_128 of the file's bytes, in hex. Raises EnvironmentProblem for M4A without an
    ffmpeg.
    """
    if format == "wav":
        return _write_wav(path, wav.header(samples, rate), blocks)
    if format == "m4a":
        _write_m4a(path, rate, blocks)
    else:
        _write_soundfile(path, rate, format, blocks)
    return digest_of(path)


def _blocks(parts: Iterable[Part], rate: int, store: Store) -> Iterator[Block]:
    """The samples of parts, as PCM_16."""
    for part in parts:
        if part.clip is None:
            yield from _silence(part.samples)
        elif part.clip.rate == rate:
            yield store.read(part.clip)
        else:
            yield audio.resample(store.read(part.clip), part.clip.rate, rate)


def _silence(samples: int) -> Iterator[Block]:
    whole_blocks, rest = divmod(samples * wav.SAMPLE_BYTES, BLOCK_BYTES)
    for _ in range(whole_blocks):
        yield bytes(BLOCK_BYTES)
    yield bytes(rest)


def _write_wav(path: Path, header: bytes, blocks: Iterable[Block]) -> str:
    digest = xxhash.xxh3_128(header)
    with path.open("wb", buffering=0) as file:
        file.write(header)
        for block in blocks:
            write_all(file.write, block)
            digest.update(block)
    return digest.hexdigest()


def _write_soundfile(path: Path, rate: int, format: Format, blocks: Iterable[Block]) -> None:
    import numpy as np
    import soundfile

    container, subtype = SOUNDFILE_FORMATS[format]
    try:
        with soundfile.SoundFile(
            os.fsencode(path), "w", rate, 1, subtype, format=container
        ) as file:
            for block in blocks:
                samples = np.frombuffer(block, "<i2")
                # libsndfile's Vorbis encoder keeps a whole write on the stack; large ones overflow
                # it.
                for start in range(0, samples.size, SOUNDFILE_SAMPLES):
                    file.write(samples[start : start + SOUNDFILE_SAMPLES])
    except soundfile.SoundFileError as error:
        raise EnvironmentProblem(
            f"{format} could not be written ({error})",
            where=str(path),
            hint="see whether the disk is full, or choose another --format",
        ) from error


def _write_m4a(path: Path, rate: int, blocks: Iterable[Block]) -> None:
    """AAC through ffmpeg, fed as it is made: pydub would hold the whole narration in memory."""
    command = [
        audio.ffmpeg("writing M4A"),
        "-v",
        "error",
        "-y",
        "-f",
        "s16le",
        "-ar",
        str(rate),
        "-ac",
        "1",
    ]
    command += ["-i", "pipe:0", "-c:a", "aac", "-b:a", "128k", "-bitexact", "-f", "mp4", str(path)]
    # Unbuffered, as what is left in a buffer when ffmpeg ends early would be an error of its own at
    # the close.
    with subprocess.Popen(
        command, bufsize=0, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        try:
            for block in blocks:
                write_all(process.stdin.write, block)
            process.stdin.close()
        except BrokenPipeError:
            pass
        complaint = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise EnvironmentProblem(
            f"ffmpeg could not write M4A: {complaint}",
            where=str(path),
            hint="choose another --format",
        )
