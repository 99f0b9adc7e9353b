"""WAV files as servers send them: whole, or streamed behind a header that does not know its length.

Standard library and numpy only: workers run this file.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from narrate.base.limits import ENTRY_BYTES, RATES, RECORDING_CHANNELS
from narrate.engines.base import Synthesis

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
FULL_SCALE = {(PCM, 16): ("<i2", 32768.0), (FLOAT, 32): ("<f4", 1.0)}
"""The kinds of samples that are read: format and bits, how numpy names them, and the value of full
scale.
"""


class BadSound(Exception):
    """These bytes are not the sound that they claim to be, or not all of it."""


def read(body: bytes, *, whole: bool) -> Synthesis:
    """The sound of a WAV file; channels are averaged. Raises BadSound.

    `whole` says that the body is known to be complete, without which a header that names no length
    proves nothing.
    """
    fmt, data = _chunks(body, whole)
    if len(fmt) < 16:
        raise BadSound("the WAV does not say what its samples are")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
    if kind == EXTENSIBLE and len(fmt) >= 26:
        kind = struct.unpack_from("<H", fmt, 24)[0]
    if (kind, bits) not in FULL_SCALE:
        raise BadSound(
            f"the WAV holds samples of format {kind} in {bits} bits; "
            "only 16-bit PCM and 32-bit float are read"
        )
    if rate not in RATES or not 0 < channels <= RECORDING_CHANNELS:
        raise BadSound(
            f"the WAV has an impossible rate or number of channels: {rate} Hz, {channels}"
        )
    return Synthesis(_samples(data, channels, *FULL_SCALE[kind, bits]), rate)


def read_pcm(body: bytes, rate: int) -> Synthesis:
    """The sound of bare 16-bit mono samples that are known to be complete. Raises BadSound."""
    if rate not in RATES:
        raise BadSound(f"the server names an impossible rate: {rate} Hz")
    return Synthesis(_samples(body, 1, *FULL_SCALE[PCM, 16]), rate)


def _chunks(body: bytes, whole: bool) -> tuple[bytes, bytes]:
    """The format and the samples. Every byte must belong to a chunk: a size that is too small cuts
    as well.
    """
    if not body:
        raise BadSound("it is empty")
    if body[:4] != b"RIFF" or body[8:12] != b"WAVE":
        raise BadSound("it is not a WAV file")
    found: dict[bytes, bytes] = {}
    place = 12
    while place < len(body):
        head = body[place : place + 8]
        size = int.from_bytes(head[4:], "little")
        place += 8
        left = len(body) - place
        if left < 0 or not all(0x20 <= byte < 0x7F for byte in head[:4]):
            raise BadSound("the header of the WAV and its bytes do not agree")
        if head[:4] == b"data" and _unknown(size, left):
            if not whole:
                raise BadSound(
                    "nothing says whether the WAV is complete: "
                    "neither its header nor HTTP gives a length"
                )
            size = left
        if size > left:
            raise BadSound(f"the WAV is cut short: {left} of {size} bytes are there")
        found.setdefault(head[:4], body[place : place + size])
        place += size + size % 2
    return found.get(b"fmt ", b""), found.get(b"data", b"")


def _unknown(size: int, left: int) -> bool:
    """Whether a size stands for "not known yet": 0 before samples, or one of the several values
    near 2 or 4 GiB.
    """
    return size > ENTRY_BYTES or (size == 0 and left > 0)


def _samples(data: bytes, channels: int, dtype: str, full_scale: float) -> NDArray[np.float32]:
    import numpy as np

    if not data:
        raise BadSound("it holds no samples")
    if len(data) % (channels * np.dtype(dtype).itemsize):
        raise BadSound("it ends in the middle of a sample")
    scaled = np.frombuffer(data, dtype).astype(np.float32) / np.float32(full_scale)
    return scaled.reshape(-1, channels).mean(axis=1, dtype=np.float32) if channels > 1 else scaled
