"""A cache entry: a WAV file that anybody can play, with a chunk of our own after the samples, which
players skip.

entry    ::= riff_header fmt_chunk data_chunk narr_chunk          44 bytes come before the samples
data     ::= PCM, 16 bits, mono, little-endian
narr     ::= "narr" size:u32le document padding digest
document ::= {"request":<canonical form>,"provenance":{…}}        JSON in UTF-8
padding  ::= spaces, so that the chunk's size is even
digest   ::= xxh3_128 over every byte before it, 16 bytes
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import xxhash

from narrate.base.files import regular
from narrate.base.limits import ENTRY_BYTES, RATES
from narrate.sound import wav

_DIGEST = 16


JsonObject = Mapping[str, object] | msgspec.Struct | msgspec.Raw
"""What msgspec encodes as a JSON object; `Raw` is one already."""


class Damaged(Exception):
    """These bytes are not an entry, or are no longer one."""


class _Document(msgspec.Struct, frozen=True):
    request: msgspec.Raw
    provenance: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Clip:
    """A stored clip: what was asked for, its length in samples and its rate in Hz; the samples stay
    on disk.

    It is stored in `folder` under its `key`. `digest` is the entry's checksum in hex, which changes
    when the entry is replaced. `origin` is its provenance as JSON (see `checks.provenance`), which
    takes less memory than a decoded one: a long script has many clips.
    """

    digest: str
    canonical: bytes
    samples: int
    rate: int
    origin: bytes
    folder: str
    key: str

    @property
    def path(self) -> Path:
        """Where the entry is."""
        return Path(self.folder, f"{self.key}.wav")

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return self.samples / self.rate

    @property
    def request(self) -> dict[str, object]:
        """What was asked for, as JSON values."""
        request: dict[str, object] = msgspec.json.decode(self.canonical)
        return request


def compose(canonical: bytes, pcm: bytes, rate: int, provenance: JsonObject) -> bytes:
    """The bytes of an entry: PCM_16 mono samples, the canonical form of what was asked for, and
    their origin.
    """
    document = (
        b'{"request":' + canonical + b',"provenance":' + msgspec.json.encode(provenance) + b"}"
    )
    document += b" " * (len(document) % 2)
    chunk = struct.pack("<4sI", b"narr", len(document) + _DIGEST) + document
    body = wav.header(len(pcm) // wav.SAMPLE_BYTES, rate, len(chunk) + _DIGEST) + pcm + chunk
    return body + xxhash.xxh3_128_digest(body)


def sound(pcm: bytes | memoryview, rate: int) -> str:
    """The digest of a sound: xxh3_128 over its rate in Hz (u32le), then PCM_16 samples, in hex.

    It stays the same when what an entry says of the sound changes.
    """
    digest = xxhash.xxh3_128(struct.pack("<I", rate))
    digest.update(pcm)
    return digest.hexdigest()


def read(path: Path) -> tuple[Clip, memoryview]:
    """Read and verify a whole entry; return it with its samples as PCM_16 bytes. Raises Damaged or
    OSError.
    """
    data = _bytes(path)
    clip = parse(data, path)
    return clip, memoryview(data)[
        wav.HEADER_BYTES : wav.HEADER_BYTES + clip.samples * wav.SAMPLE_BYTES
    ]


def parse(data: bytes, path: Path) -> Clip:
    """Verify the bytes of a whole entry, which lies or might lie at `path`. Raises Damaged."""
    view = memoryview(data)
    if xxhash.xxh3_128_digest(view[:-_DIGEST]) != view[-_DIGEST:]:
        raise Damaged("its checksum is wrong")
    samples, rate = _parse_header(data[: wav.HEADER_BYTES], len(data))
    tail = wav.HEADER_BYTES + samples * wav.SAMPLE_BYTES
    return _parse_chunk(data[tail:], samples, rate, path)


def peek(path: Path) -> Clip:
    """Read an entry's header and chunk, but not its samples. Raises Damaged or OSError."""
    fd = _opened(path)
    try:
        size = os.fstat(fd).st_size
        samples, rate = _parse_header(os.pread(fd, wav.HEADER_BYTES, 0), size)
        tail = wav.HEADER_BYTES + samples * wav.SAMPLE_BYTES
        return _parse_chunk(os.pread(fd, size - tail, tail), samples, rate, path)
    finally:
        os.close(fd)


def _place(path: Path) -> tuple[str, str]:
    """A path as its folder, which many entries share, and its key: ten thousand Path objects would
    be many bytes.
    """
    return sys.intern(str(path.parent)), path.stem


def _opened(path: Path) -> int:
    try:
        return regular.opened(path, os.O_NOFOLLOW)
    except regular.NotRegular as error:
        raise Damaged(f"it {error.strerror}") from error


def _bytes(path: Path) -> bytes:
    fd = _opened(path)
    with os.fdopen(fd, "rb", buffering=0) as file:
        size = os.fstat(fd).st_size
        if size > ENTRY_BYTES:
            raise Damaged("too large to be an entry")
        return file.read(size) or b""


def _parse_header(head: bytes, size: int) -> tuple[int, int]:
    if len(head) < wav.HEADER_BYTES or size > ENTRY_BYTES:
        raise Damaged("its size is wrong")
    rate, data = struct.unpack_from("<I", head, 24)[0], struct.unpack_from("<I", head, 40)[0]
    samples = data // wav.SAMPLE_BYTES
    tail = wav.HEADER_BYTES + data
    if (
        rate not in RATES
        or tail + 8 + _DIGEST > size
        or head != wav.header(samples, rate, size - tail)
    ):
        raise Damaged("its header is wrong")
    return samples, rate


def _parse_chunk(chunk: bytes, samples: int, rate: int, path: Path) -> Clip:
    tag, size = struct.unpack_from("<4sI", chunk)
    if tag != b"narr" or size != len(chunk) - 8:
        raise Damaged("its last chunk is wrong")
    try:
        document = msgspec.json.decode(chunk[8:-_DIGEST].decode(), type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged("its last chunk is wrong") from error
    if not all(bytes(part).startswith(b"{") for part in (document.request, document.provenance)):
        raise Damaged("its last chunk is wrong")
    return Clip(
        chunk[-_DIGEST:].hex(),
        bytes(document.request),
        samples,
        rate,
        bytes(document.provenance),
        *_place(path),
    )
