"""The header of a PCM WAV file: RIFF, or RF64 for sizes that need more than 32 bits."""

from __future__ import annotations

import struct

SAMPLE_BYTES = 2
HEADER_BYTES = 44
"""Bytes before the samples of a RIFF file that `header` begins."""

RIFF_LIMIT = 2**32 - 1


def header(samples: int, rate: int, extra: int = 0) -> bytes:
    """The header of a mono 16-bit file with this number of samples at `rate` Hz, and `extra` bytes
    after them.

    From 4 GiB on, it is an RF64 header with the sizes in a ds64 chunk (EBU Tech 3306).
    """
    data = samples * SAMPLE_BYTES
    fmt = _fmt(rate)
    if data + extra + HEADER_BYTES - 8 <= RIFF_LIMIT:
        riff = struct.pack("<4sI4s", b"RIFF", data + extra + HEADER_BYTES - 8, b"WAVE")
        return riff + fmt + struct.pack("<4sI", b"data", data)
    ds64 = struct.pack(
        "<4sIQQQI", b"ds64", 28, data + extra + HEADER_BYTES + 36 - 8, data, samples, 0
    )
    riff = struct.pack("<4sI4s", b"RF64", RIFF_LIMIT, b"WAVE")
    return riff + ds64 + fmt + struct.pack("<4sI", b"data", RIFF_LIMIT)


def endless(rate: int) -> bytes:
    """The header of a stream whose length is not known yet: its sizes are the largest that fit, as
    those that ffmpeg writes to a pipe.
    """
    riff = struct.pack("<4sI4s", b"RIFF", RIFF_LIMIT, b"WAVE")
    return riff + _fmt(rate) + struct.pack("<4sI", b"data", RIFF_LIMIT)


def _fmt(rate: int) -> bytes:
    return struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 16)
