"""Clips -> sounds of a page: a file beside it, and a waveform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec
import xxhash

from narrate.cache import Gone, Store
from narrate.output import render
from narrate.output.timeline import Part, parts_of
from narrate.planning.planner import sound_of
from narrate.review.folder import Folder
from narrate.review.model import Rendering
from narrate.review.sounds import measured, peaks
from narrate.review.sounds.spoken import Spoken
from narrate.sound import wav

R = TypeVar("R", bound=Rendering)


def digest(spoken: Spoken, store: Store) -> str:
    """What is heard of a segment, as 32 hexadecimal digits: its sounds, and the silence before
    each.
    """
    heard = [(each.pause_before, clip.rate, sound_of(clip, store)) for each, clip in spoken]
    return xxhash.xxh3_128_hexdigest(repr(heard).encode())


def rendering(spoken: Spoken, reasons: Iterable[str], folder: Folder, store: Store) -> Rendering:
    """The sound of a segment, with its silences, in the folder of the page; without a file if a
    clip is gone. `reasons` are those for refusing it.
    """
    found = measured.of(spoken, reasons)
    try:
        pcm, rate = samples(spoken, store)
    except Gone:
        return found
    return placed(found, pcm, rate, digest(spoken, store), folder)


def samples(spoken: Spoken, store: Store) -> tuple[bytes, int]:
    """The PCM_16 samples of a segment, with its silences, and their rate in Hz. Raises Gone."""
    parts, rate = _parts(spoken)
    return b"".join(map(bytes, render.blocks(parts, rate, store))), rate


def placed(found: R, pcm: bytes, rate: int, name: str, folder: Folder) -> R:
    """A sound with its samples in a file that is called after `name`, 32 hexadecimal digits."""
    count = len(pcm) // wav.SAMPLE_BYTES
    return msgspec.structs.replace(
        found,
        audio=folder.add(name, wav.header(count, rate) + pcm),
        seconds=round(count / rate, 3),
        peaks=peaks.encoded(pcm),
    )


def _parts(spoken: Spoken) -> tuple[list[Part], int]:
    rate = max(clip.rate for _, clip in spoken)
    return [part for each, clip in spoken for part in parts_of(each, clip, rate)], rate
