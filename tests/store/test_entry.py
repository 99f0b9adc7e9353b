"""Cache entries: anybody can play them, and damage never goes unnoticed."""

from __future__ import annotations

import json
import struct
import wave
from pathlib import Path
from typing import Any

import pytest
import soundfile
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from narrate.base.limits import ENTRY_BYTES
from narrate.request import key
from narrate.sound import wav
from narrate.store import entry
from narrate.store.entry import Damaged
from support.plans import noise, request

PROVENANCE = {"versions": {"tone": "1"}, "seconds": 0.25, "measures": {"stop": "end"}}
SMALL = entry.compose(request().canonical(), noise(1300), 24_000, PROVENANCE)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("entries") / "an entry.wav"


def test_an_entry_plays_everywhere(path: Path) -> None:
    path.write_bytes(SMALL)
    samples, rate = soundfile.read(path, dtype="int16")
    assert (samples.tobytes(), rate) == (noise(1300), 24_000)
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (1, 2, 24_000, 1300)
        assert file.readframes(1300) == noise(1300)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    pcm=st.binary(max_size=200).map(lambda data: data[: len(data) // 2 * 2]),
    rate=st.integers(8_000, 192_000),
    provenance=st.dictionaries(st.text("abc", max_size=3), JSON, max_size=3),
)
def test_what_is_composed_is_read_back(
    path: Path, text: str, pcm: bytes, rate: int, provenance: dict[str, Any]
) -> None:
    form = request(text).canonical()
    data = entry.compose(form, pcm, rate, provenance)
    path.write_bytes(data)
    clip, samples = entry.read(path)
    assert bytes(samples) == pcm
    assert (clip.canonical, clip.samples, clip.rate, json.loads(clip.origin)) == (
        form,
        len(pcm) // 2,
        rate,
        provenance,
    )
    assert clip.digest == xxhash.xxh3_128_hexdigest(data[:-16])
    assert entry.peek(path) == clip
    assert len(data) % 2 == 0


def test_a_clip_knows_its_key_length_and_request(tmp_path: Path) -> None:
    place = tmp_path / f"{key(request().canonical())}.wav"
    place.write_bytes(SMALL)
    clip = entry.peek(place)
    assert (clip.key, clip.seconds, clip.request) == (
        key(request().canonical()),
        1300 / 24_000,
        request().to_json(),
    )


def test_the_chunk_is_padded_to_an_even_size_if_need_be() -> None:
    paddings = []
    for text in ("even", "odd"):
        data = entry.compose(request(text).canonical(), b"", 24_000, {})
        tag, size = struct.unpack_from("<4sI", data, wav.HEADER_BYTES)
        assert (tag, size % 2, size) == (b"narr", 0, len(data) - wav.HEADER_BYTES - 8)
        document = data[wav.HEADER_BYTES + 8 : -16]
        paddings.append(len(document) - len(document.rstrip(b" ")))
    assert sorted(paddings) == [0, 1]


def test_every_flipped_bit_is_noticed(path: Path) -> None:
    path.write_bytes(SMALL)
    with path.open("r+b", buffering=0) as file:
        for place, byte in enumerate(SMALL):
            for bit in range(8):
                file.seek(place)
                file.write(bytes([byte ^ 1 << bit]))
                with pytest.raises(Damaged):
                    entry.read(path)
            file.seek(place)
            file.write(bytes([byte]))
    assert bytes(entry.read(path)[1]) == noise(1300)


def test_every_truncation_is_noticed(path: Path) -> None:
    path.write_bytes(SMALL)
    with path.open("r+b", buffering=0) as file:
        for size in reversed(range(len(SMALL))):
            file.truncate(size)
            with pytest.raises(Damaged):
                entry.read(path)
            with pytest.raises(Damaged):
                entry.peek(path)


def test_bytes_after_the_end_are_noticed(path: Path) -> None:
    path.write_bytes(SMALL + b"\0")
    for look in (entry.read, entry.peek):
        with pytest.raises(Damaged):
            look(path)


def crafted(samples: int, rate: int, chunk: bytes) -> bytes:
    """An entry whose header and checksum are right, whatever its rate and chunk."""
    head = bytearray(wav.header(samples, 24_000, len(chunk) + 16))
    struct.pack_into("<II", head, 24, rate, rate * 2 % 2**32)
    body = bytes(head) + bytes(samples * 2) + chunk
    return body + xxhash.xxh3_128_digest(body)


def spliced(edits: list[tuple[int, bytes]]) -> bytes:
    data = bytearray(SMALL)
    for place, replacement in edits:
        data[place : place + len(replacement)] = replacement
    return bytes(data)


@settings(max_examples=500)
@given(
    st.binary(max_size=200)
    | st.lists(st.tuples(st.integers(0, len(SMALL)), st.binary(max_size=12)), max_size=3).map(
        spliced
    )
    | st.builds(crafted, st.integers(0, 9), st.integers(0, 2**32 - 1), st.binary(max_size=90))
    | st.builds(
        lambda rate, text: crafted(3, rate, struct.pack("<4sI", b"narr", len(text) + 16) + text),
        st.integers(0, 200_000),
        st.binary(max_size=60)
        | st.sampled_from([b"[" * 5000, b'{"request":[],"provenance":[]}', b"{}", b"\xff"]),
    )
)
def test_a_look_at_any_bytes_gives_a_clip_or_says_damaged(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    for look in (entry.peek, lambda place: entry.read(place)[0]):
        try:
            clip = look(path)
        except Damaged:
            continue
        assert clip.seconds >= 0


@pytest.mark.parametrize("rate", [0, 7_999, 192_001, 2**31, 2**32 - 1])
def test_a_rate_that_no_engine_has_is_damage(path: Path, rate: int) -> None:
    document = b'{"request":{},"provenance":{}} '
    path.write_bytes(crafted(3, rate, struct.pack("<4sI", b"narr", len(document) + 16) + document))
    for look in (entry.read, entry.peek):
        with pytest.raises(Damaged):
            look(path)


@pytest.mark.parametrize(("tag", "wrong"), [(b"narr", 2), (b"narr", -2), (b"LIST", 0)])
def test_a_chunk_of_another_name_or_size_is_damage(path: Path, tag: bytes, wrong: int) -> None:
    document = b'{"request":{},"provenance":{}} '
    path.write_bytes(
        crafted(3, 24_000, struct.pack("<4sI", tag, len(document) + 16 + wrong) + document)
    )
    for look in (entry.read, entry.peek):
        with pytest.raises(Damaged, match="chunk"):
            look(path)


def test_a_huge_file_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(ENTRY_BYTES + 1)
    with pytest.raises(Damaged, match="too large"):
        entry.read(path)
    with pytest.raises(Damaged, match="size"):
        entry.peek(path)
    path.unlink()


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.wav").write_bytes(SMALL)
    (tmp_path / "link.wav").symlink_to("real.wav")
    for look in (entry.read, entry.peek):
        with pytest.raises(OSError, match="symbolic"):
            look(tmp_path / "link.wav")
