"""Frames on pipes: how a parent and its worker talk. Standard library only.

frame   ::= magic header_length:u32le payload_length:u64le header payload
magic   ::= "NRT1", the protocol's version in its last byte
header  ::= a JSON object in UTF-8
payload ::= raw bytes, such as little-endian float32 samples
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any, Protocol

from narrate.base.limits import FRAME_BYTES

MAGIC = b"NRT1"
_PREFIX = struct.Struct("<4sIQ")


class Readable(Protocol):
    """Anything that reads up to so many bytes, fewer only at the end."""

    def read(self, size: int, /) -> bytes: ...


class BrokenFrame(Exception):
    """The other side ended in the middle of a frame, or wrote something that is not one."""


def write(pipe: IO[bytes], header: Mapping[str, Any], payload: bytes = b"") -> None:
    """Write one frame and flush it."""
    encoded = json.dumps(header).encode()
    pipe.write(_PREFIX.pack(MAGIC, len(encoded), len(payload)) + encoded)
    pipe.write(payload)
    pipe.flush()


def read(pipe: Readable) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame; None at a clean end. Raises BrokenFrame."""
    prefix = pipe.read(_PREFIX.size)
    if not prefix:
        return None
    if len(prefix) < _PREFIX.size:
        raise BrokenFrame("the pipe ended inside a frame")
    magic, header_size, payload_size = _PREFIX.unpack(prefix)
    if magic != MAGIC or header_size + payload_size > FRAME_BYTES:
        raise BrokenFrame(f"expected a frame, got {prefix!r}")
    header = _decode(_exactly(pipe, header_size))
    return header, _exactly(pipe, payload_size)


def _decode(encoded: bytes) -> dict[str, Any]:
    try:
        header = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise BrokenFrame(f"a header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise BrokenFrame("a header is not a JSON object")
    return header


def _exactly(pipe: Readable, size: int) -> bytes:
    block = pipe.read(size)
    if len(block) < size:
        raise BrokenFrame("the pipe ended inside a frame")
    return block
