"""Clips -> sounds of a page: a file beside it, a waveform, and what the checks measured."""

from __future__ import annotations

import msgspec

from narrate.cache import Gone, Store
from narrate.output import render
from narrate.output.timeline import Part, parts_of
from narrate.review import measured, peaks
from narrate.review.folder import Folder
from narrate.review.measured import Spoken
from narrate.review.model import Rendering
from narrate.sound import wav


def digest(spoken: Spoken) -> str:
    """What the sound of a segment is made of, as 32 hexadecimal digits."""
    parts, rate = _parts(spoken)
    return render.recipe(parts, rate, "wav")


def rendering(spoken: Spoken, folder: Folder, store: Store) -> Rendering:
    """The sound of a segment, with its silences, in the folder of the page; without a file if a
    clip is gone.
    """
    parts, rate = _parts(spoken)
    found = measured.of(spoken)
    try:
        pcm = b"".join(map(bytes, render.blocks(parts, rate, store)))
    except Gone:
        return found
    name = render.recipe(parts, rate, "wav")
    address = folder.add(name, wav.header(len(pcm) // wav.SAMPLE_BYTES, rate) + pcm)
    return msgspec.structs.replace(
        found,
        audio=address,
        seconds=round(len(pcm) / wav.SAMPLE_BYTES / rate, 3),
        peaks=peaks.encoded(pcm),
    )


def _parts(spoken: Spoken) -> tuple[list[Part], int]:
    rate = max(clip.rate for _, clip in spoken)
    return [part for each, clip in spoken for part in parts_of(each, clip, rate)], rate
