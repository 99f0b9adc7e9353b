"""Hostile recordings, decoded in processes with little memory: refused with words or decoded, and
nothing else.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile

from support import bounded
from support.harness import Figures

REFERENCE = Path(__file__).parents[2] / "examples" / "voice_ref" / "ref.wav"
ADDRESS_SPACE = 2 << 30
MEBIBYTES = 1500
"""Ten minutes at 192 kHz, the most that is read, are 440 MiB as float32; three such stages are held
at once.
"""

CHILD = 500
"""Recordings that one process decodes."""

CPU_SECONDS = 300
MANY = 2**32 - 1

Make = Callable[[Path], object]


def pack(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def chunk(tag: bytes, content: bytes, size: int | None = None) -> bytes:
    return tag + pack(len(content) if size is None else size) + content


def fmt(
    tag: int = 1, channels: int = 1, rate: int = 24_000, bits: int = 16, align: int | None = None
) -> bytes:
    align = channels * bits // 8 if align is None else align
    return struct.pack("<HHIIHH", tag, channels, rate, rate * align % 2**32, align % 2**16, bits)


def riff(*chunks: bytes, tag: bytes = b"RIFF", size: int | None = None) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return tag + pack(len(content) if size is None else size) + content


SAMPLES = bytes(range(1, 201)) * 120
FORMAT, DATA = chunk(b"fmt ", fmt()), chunk(b"data", SAMPLES)


def with_format(**fields: int) -> bytes:
    return riff(chunk(b"fmt ", fmt(**fields)), DATA)


def floats(*values: float) -> bytes:
    samples = np.resize(np.array(values, "<f4"), 6_000).tobytes()
    return riff(chunk(b"fmt ", fmt(tag=3, bits=32)), chunk(b"data", samples))


def ds64(riff_size: int, data_size: int, samples: int) -> bytes:
    return chunk(b"ds64", struct.pack("<QQQI", riff_size, data_size, samples, 0))


def silence(seconds: int, rate: int, channels: int = 1) -> Make:
    """A file that is small as long as nothing is heard."""

    def make(path: Path) -> None:
        with soundfile.SoundFile(path, "w", rate, channels) as file:
            for _ in range(seconds // 10):
                file.write(np.zeros((10 * rate, channels), "int16"))

    return make


def huge(path: Path) -> None:
    path.write_bytes(riff(FORMAT, chunk(b"data", SAMPLES, MANY), size=MANY))
    os.truncate(path, 4 << 30)


def as_long_as_allowed(path: Path) -> None:
    """Ten minutes at the highest rate: a hole where the samples are."""
    path.write_bytes(
        riff(chunk(b"fmt ", fmt(rate=192_000)), chunk(b"data", b"", 600 * 192_000 * 2), size=MANY)
    )
    os.truncate(path, 44 + 600 * 192_000 * 2)


RATES = {
    f"rate {rate}": with_format(rate=rate)
    for rate in (0, 1, 7_999, 192_001, 2**31, 4_000_000_000, MANY)
}
CHANNELS = {
    f"{channels} channels": with_format(channels=channels) for channels in (0, 9, 256, 1024, 65_535)
}
BITS = {
    f"{bits} bits": with_format(bits=bits) for bits in (0, 1, 7, 8, 12, 24, 31, 32, 64, 255, 65_535)
}
ENCODINGS = {
    f"encoding {tag:#x}": with_format(tag=tag)
    for tag in (0, 2, 3, 6, 7, 0x11, 0x31, 0x55, 0xFFFE, 0xFFFF)
}
SIZES = {
    f"a {name} of {size}": riff(
        FORMAT, chunk(b"data", SAMPLES, size), size=None if name == "data" else size
    )
    for name in ("data", "RIFF")
    for size in (0, 1, 3, 2**31 - 1, 2**31, MANY - 1, MANY)
}
FORMAT_SIZES = {
    f"a fmt of {size}": riff(chunk(b"fmt ", fmt(), size), DATA)
    for size in (0, 1, 14, 15, 17, 18, 40, 2**31, MANY)
}
CRAFTED: dict[str, bytes | Make] = {
    **RATES,
    **CHANNELS,
    **BITS,
    **ENCODINGS,
    **SIZES,
    **FORMAT_SIZES,
    "nothing": b"",
    "RIFF alone": b"RIFF",
    "no format": riff(DATA),
    "no data": riff(FORMAT),
    "no chunks": riff(),
    "data before its format": riff(DATA, FORMAT),
    "two formats": riff(FORMAT, chunk(b"fmt ", fmt(channels=8, rate=8_000)), DATA),
    "two data": riff(FORMAT, DATA, DATA),
    "an alignment of 0": with_format(align=0),
    "an alignment of 65,535": with_format(align=65_535),
    "24 bits and a byte too few": riff(chunk(b"fmt ", fmt(bits=24)), chunk(b"data", SAMPLES[:-1])),
    "an odd chunk without its padding": riff(FORMAT, chunk(b"junk", b"abc"), DATA),
    "a chunk without end": riff(FORMAT, chunk(b"LIST", b"", MANY), DATA),
    "100,000 chunks": riff(FORMAT, chunk(b"junk", b"") * 100_000, DATA),
    "a cue without points": riff(FORMAT, chunk(b"cue ", pack(MANY)), DATA),
    "a sampler without loops": riff(FORMAT, chunk(b"smpl", pack(*[MANY] * 9)), DATA),
    "an extensible format": riff(
        chunk(b"fmt ", fmt(tag=0xFFFE) + struct.pack("<HHI", 22, 16, MANY) + b"x" * 16), DATA
    ),
    "big-endian": riff(FORMAT, DATA, tag=b"RIFX"),
    "RF64": riff(
        ds64(MANY, len(SAMPLES), len(SAMPLES) // 2),
        FORMAT,
        chunk(b"data", SAMPLES, MANY),
        tag=b"RF64",
    ),
    "RF64 that lies": riff(
        ds64(2**63, 2**63, 2**63), FORMAT, chunk(b"data", SAMPLES, MANY), tag=b"RF64"
    ),
    "RF64 without its sizes": riff(FORMAT, chunk(b"data", SAMPLES, MANY), tag=b"RF64"),
    "NaN": floats(float("nan")),
    "one NaN": floats(*[0.1] * 5_999, float("nan")),
    "infinity": floats(0.1, float("inf")),
    "denormal": floats(1e-42, -1e-42),
    "AU that lies": b".snd" + struct.pack(">5I", 24, MANY, 3, 24_000, 1) + SAMPLES,
    "AU with its data far away": b".snd" + struct.pack(">5I", MANY, 10, 3, 24_000, 1) + SAMPLES,
    "AIFF that lies": b"FORM\xff\xff\xff\xffAIFFCOMM"
    + struct.pack(">IhIh", 18, 1, MANY, 16)
    + b"\xff" * 10,
    "CAF that lies": b"caff\0\1\0\0desc" + struct.pack(">q", -1) + b"\xff" * 40,
    "W64": b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0" + b"\xff" * 64,
    "an Ogg page of nothing": b"OggS" + b"\xff" * 300,
    "an MP3 with a tag without end": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + SAMPLES,
    "MP3 frames of noise": (b"\xff\xfb\x90\x00" + SAMPLES[:413]) * 20,
    "a text": b"This is no sound.\n" * 100,
    "HTML": b"<html><script>alert(1)</script></html>",
    "a playlist": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
    "4 GiB": huge,
    "ten minutes at 192 kHz": as_long_as_allowed,
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}

LOUD: dict[str, bytes | Make] = {
    "far beyond full scale": floats(3e38, -3e38),
    "beyond full scale on two channels": riff(
        chunk(b"fmt ", fmt(tag=3, bits=32, channels=2)),
        chunk(b"data", np.full(6_000, 3e38, "<f4").tobytes()),
    ),
}
"""Finite, and no longer so in what is computed of them."""

PLAYLISTS: dict[str, bytes | Make] = {
    "a playlist.m4a": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "a list.mkv": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "an atom of 4 GiB.m4a": struct.pack(">I4s", 24, b"ftyp")
    + b"M4A \0\0\0\0"
    + struct.pack(">I4s", MANY, b"moov"),
    "a WAV.m4a": riff(FORMAT, DATA),
    "nothing.mp4": b"",
}
"""What ffmpeg would read."""


def references() -> dict[str, bytes]:
    """Half a second of a real recording in each format, by suffix."""
    samples, rate = soundfile.read(REFERENCE, dtype="int16", frames=8_000)
    found = {}
    for suffix in ("wav", "flac", "ogg", "mp3"):
        file = io.BytesIO()
        soundfile.write(file, samples, rate, format=suffix)
        found[suffix] = file.getvalue()
    return found


def truncated(step: int) -> Iterator[tuple[str, bytes]]:
    """References cut short: at every byte of the header, then now and then."""
    for suffix, whole in references().items():
        for length in [*range(0, 64, step), *range(64, len(whole), len(whole) * step // 60)]:
            yield f"cut at {length}.{suffix}", whole[:length]


def mutated(number: int, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """References with bytes changed, left out, doubled or put in, mostly in their headers; WAV and
    FLAC most often.
    """
    known = references()
    for count in range(number):
        suffix = chance.choice(["wav", "wav", "wav", "flac", "flac", "flac", "ogg", "mp3"])
        mixed = bytearray(known[suffix])
        for _ in range(chance.randint(1, 8)):
            near = chance.random() < 0.8
            _change(
                mixed,
                int(chance.expovariate(1 / 40)) if near else chance.randrange(len(mixed)),
                chance,
            )
        yield f"mutation {count}.{suffix}", bytes(mixed)


def _change(mixed: bytearray, at: int, chance: random.Random) -> None:
    at, size = min(at, len(mixed) - 1), chance.choice([1, 1, 1, 2, 4, 8])
    match chance.randrange(6):
        case 0:
            mixed[at] ^= 1 << chance.randrange(8)
        case 1:
            mixed[at : at + size] = chance.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * size
        case 2:
            mixed[at : at + size] = chance.randbytes(size)
        case 3:
            del mixed[at : at + size]
        case 4:
            mixed[at:at] = mixed[at : at + 10 * size]
        case _:
            mixed[at:at] = chance.randbytes(size)


class Decoded:
    """What came of each recording, made in a folder as it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results: dict[str, str] = {}
        self.longest = self.most = 0.0

    def try_all(self, cases: Iterator[tuple[str, bytes | Make]]) -> None:
        """Decode recordings, so many a process; one that ends its process is noted, and the next
        one begins there.
        """
        while made := [self._make(name, content) for name, content in islice(cases, CHILD)]:
            left = made
            while left:
                left = left[self._decode(left) :]
            for path in made:
                path.rmdir() if path.is_dir() else path.unlink()

    def _make(self, name: str, content: bytes | Make) -> Path:
        path = self.folder / (name if "." in name else f"{name}.wav")
        content(path) if callable(content) else path.write_bytes(content)
        return path

    def _decode(self, paths: list[Path]) -> int:
        """Decode in one process; return how many of them are done with."""
        with tempfile.TemporaryFile() as names:
            names.write("".join(f"{path}\n" for path in paths).encode())
            names.seek(0)
            env = {
                "PYTHONPATH": os.pathsep.join(
                    [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
                ),
                "PYTHONWARNINGS": "error",
            }
            ended = bounded.run(
                "support.decoding",
                cwd=self.folder,
                env=env,
                space=ADDRESS_SPACE,
                seconds=CPU_SECONDS,
                stdin=names,
            )
        self.most = max(self.most, ended.mebibytes)
        results = [
            line.split(" ", 2)[1:] for line in ended.text.splitlines() if line.startswith("result ")
        ]
        for path, (seconds, result) in zip(paths, results, strict=False):
            self.longest = max(self.longest, float(seconds))
            self.results[path.name] = result
        if len(results) < len(paths):
            self.results[paths[len(results)].name] = (
                f"ended its process with {ended.code}: {ended.text[-300:]}"
            )
        return len(results) + 1

    def wrong(self) -> dict[str, str]:
        return {
            name: result
            for name, result in self.results.items()
            if result not in ("decoded", "refused")
        }


@pytest.mark.slow
def test_a_hostile_recording_is_refused_or_decoded_within_bounds(
    tmp_path: Path, figures: Figures
) -> None:
    decoded, chance = Decoded(tmp_path), random.Random(4)
    decoded.try_all(iter(CRAFTED.items()))
    decoded.try_all(iter({"an hour.flac": silence(3_600, figures.size(8_000, 48_000))}.items()))
    decoded.try_all(
        iter({"an hour of 8 channels.flac": silence(figures.size(700, 3_600), 8_000, 8)}.items())
    )
    if shutil.which("ffmpeg") or find_spec("imageio_ffmpeg"):
        decoded.try_all(iter(PLAYLISTS.items()))
    decoded.try_all(truncated(figures.size(16, 1)))
    decoded.try_all(mutated(figures.size(150, 5_000), chance))
    values = list(decoded.results.values())
    figures.report(
        "audio",
        cases=len(values),
        refused=values.count("refused"),
        decoded=values.count("decoded"),
        crashes=len(decoded.wrong()),
        longest_s=f"{decoded.longest:.2f}",
        most_mib=round(decoded.most),
    )
    assert decoded.wrong() == {}
    assert {result for name, result in decoded.results.items() if name.startswith("an hour")} == {
        "refused"
    }
    assert values.count("decoded") > len(values) // 10
    assert decoded.most <= MEBIBYTES


def test_a_recording_far_beyond_full_scale_is_refused_or_decoded(tmp_path: Path) -> None:
    decoded = Decoded(tmp_path)
    decoded.try_all(iter(LOUD.items()))
    assert decoded.wrong() == {}
