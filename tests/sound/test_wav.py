"""WAV headers, read back by others."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from narrate.sound import wav

LARGEST_RIFF = (wav.RIFF_LIMIT - wav.HEADER_BYTES + 8) // wav.SAMPLE_BYTES


@given(
    samples=st.integers(0, 2000),
    rate=st.integers(8_000, 192_000),
    extra=st.integers(0, 20).map(lambda n: n * 2),
)
def test_a_riff_header_means_the_same_to_others(samples: int, rate: int, extra: int) -> None:
    chunk = b"narr" + (extra).to_bytes(4, "little") + bytes(extra) if extra else b""
    data = wav.header(samples, rate, len(chunk)) + bytes(samples * 2) + chunk
    assert len(data) - len(chunk) - samples * 2 == wav.HEADER_BYTES
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (1, 2, rate, samples)
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert (file.channels, file.subtype, file.samplerate, file.frames) == (
            1,
            "PCM_16",
            rate,
            samples,
        )


def test_a_header_is_riff_as_long_as_its_sizes_fit() -> None:
    assert wav.header(LARGEST_RIFF, 24_000)[:4] == b"RIFF"
    assert wav.header(LARGEST_RIFF, 24_000, extra=4)[:4] == b"RF64"
    assert wav.header(LARGEST_RIFF + 1, 24_000)[:4] == b"RF64"


@pytest.mark.parametrize("samples", [LARGEST_RIFF, LARGEST_RIFF + 1, 2**31, 2**33])
def test_more_than_four_gigabytes_can_be_read_by_others(samples: int, tmp_path: Path) -> None:
    header = wav.header(samples, 24_000)
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(header)
        try:
            file.truncate(len(header) + samples * wav.SAMPLE_BYTES)
        except OSError as error:
            pytest.skip(f"no sparse files here: {error}")
    with soundfile.SoundFile(path) as file:
        assert (file.frames, file.samplerate, file.channels) == (samples, 24_000, 1)
        file.seek(samples - 1)
        assert file.read(2).size == 1
