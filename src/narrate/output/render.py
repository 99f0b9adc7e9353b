"""Timeline -> audio files, one clip at a time, in constant memory however long the narration is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType

import xxhash

from narrate.cache import Store
from narrate.config import Format
from narrate.output.stage import BLOCK_BYTES, Stage
from narrate.output.timeline import Part, Timeline
from narrate.output.writers.encoders import BITRATE, LOSSY, Block, encode
from narrate.output.writers.tags import NO_TAGS, Tags
from narrate.planning.plan import PlannedSegment
from narrate.sound import audio, wav

RENDERING = 1
"""Raised when the same clips must give other files, so that existing files are made again."""


def write_audio(
    stage: Stage,
    timeline: Timeline,
    format: Format,
    store: Store,
    bitrate: int = BITRATE,
    tags: Tags = NO_TAGS,
) -> tuple[str, dict[str, str]]:
    """Write the narration, with tags, and a file for every segment; return the digest of the first
    and, by id, of the others.

    Each clip is read once, for both, and not at all if neither file has to be written. Raises
    cache.Gone if a clip is no longer what it was, and EnvironmentProblem for M4A without ffmpeg.
    """
    rate = timeline.rate
    segments: dict[str, str] = {}
    name = f"narration.{format}"
    with Output(stage, name, whole(timeline), rate, format, bitrate, tags) as narration:
        for slot in timeline.slots:
            name = file_name(slot.planned, format)
            with Output(stage, name, slot.parts, rate, format, bitrate) as segment:
                _copy(blocks(slot.parts, rate, store), segment, narration)
            segments[slot.planned.segment.id] = segment.digest
            _copy(_silence(slot.pause), narration)
    return narration.digest, segments


class Output:
    """An audio file that is being written, or that is unchanged as it was made of the same parts.

    `digest` is known at once for an unchanged file, and after the `with` block for a written one.
    """

    def __init__(
        self,
        stage: Stage,
        name: str,
        parts: Iterable[Part],
        rate: int,
        format: Format,
        bitrate: int,
        tags: Tags = NO_TAGS,
    ) -> None:
        parts = tuple(parts)
        self._stage, self._name = stage, name
        self._recipe = recipe(parts, rate, format, bitrate, tags)
        unchanged = stage.reuse(name, self._recipe)
        self.digest = unchanged or ""
        samples = sum(part.samples for part in parts)
        self._encoder = (
            None
            if unchanged
            else encode(stage.path_for(name), format, rate, samples, bitrate, tags)
        )

    @property
    def unchanged(self) -> bool:
        """Whether the file is left as it is."""
        return self._encoder is None

    def write(self, block: Block) -> None:
        """Append a block, unless the file is unchanged."""
        if self._encoder:
            self._encoder.write(block)

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._encoder is None:
            return
        try:
            if kind is None:
                self.digest = self._encoder.finish()
                self._stage.add(self._name, self._recipe, self.digest)
        finally:
            self._encoder.close()


def _copy(blocks: Iterable[Block], *outputs: Output) -> None:
    """Write every block to each output; without an output to write, no block is even made."""
    written = [output for output in outputs if not output.unchanged]
    if not written:
        return
    for block in blocks:
        for output in written:
            output.write(block)


def recipe(
    parts: Iterable[Part], rate: int, format: Format, bitrate: int = BITRATE, tags: Tags = NO_TAGS
) -> str:
    """A digest of everything that an audio file is made of."""
    made_of = [(part.samples, part.clip.digest if part.clip else "") for part in parts]
    # WAV has neither a bitrate nor tags.
    encoded = (
        *([bitrate] if format in LOSSY else []),
        *([tags] if tags.title and format != "wav" else []),
    )
    return xxhash.xxh3_128_hexdigest(repr((RENDERING, rate, format, made_of, *encoded)).encode())


def whole(timeline: Timeline) -> Iterator[Part]:
    """Every part of a timeline, pauses included."""
    for slot in timeline.slots:
        yield from slot.parts
        if slot.pause:
            yield Part(slot.pause)


def file_name(planned: PlannedSegment, format: Format) -> str:
    """The name of a segment's file in the output folder."""
    return f"segments/{planned.segment.stem}.{format}"


def blocks(parts: Iterable[Part], rate: int, store: Store) -> Iterator[Block]:
    """The samples of parts at `rate` Hz. Raises cache.Gone if a clip is no longer what it was."""
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
