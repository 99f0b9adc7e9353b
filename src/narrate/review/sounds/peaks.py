"""A sound as the heights of a waveform, small enough to stand in a page."""

from __future__ import annotations

import base64

from narrate.sound import audio

COLUMNS = 160
"""Columns of a waveform: about four pixels each on a wide screen, and 216 characters in a page."""


def encoded(pcm: bytes) -> str:
    """The loudest sample in each of `COLUMNS` equal parts of mono PCM_16, as base64 of a byte
    each; 255 is full scale. "" for no samples.
    """
    import numpy as np

    level = np.abs(audio.floats(pcm))
    if not level.size:
        return ""
    starts = np.linspace(0, level.size, COLUMNS, endpoint=False).astype(np.int64)
    heights = np.minimum(np.maximum.reduceat(level, starts), 1.0)
    return base64.b64encode(np.round(heights * 255).astype(np.uint8).tobytes()).decode()
