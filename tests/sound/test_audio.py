"""Samples in and out: exact lengths, faithful values, and every bad recording refused by name."""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narrate.base import limits
from narrate.errors import EnvironmentProblem, ScriptError
from narrate.sound import audio, wav

RATE = 24_000
WHERE = "script.json: scenes[0].segments[0]"
RATES = (8000, 11025, 16000, 22050, 24000, 44100, 48000, 96000, 192000)


def hum(seconds: float = 0.5, rate: int = RATE, hertz: float = 220) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(
        "float32"
    )


def level(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2") / 32768


def refusal(path: Path) -> str:
    with pytest.raises(ScriptError) as refused:
        audio.decode(path, WHERE)
    assert refused.value.where == WHERE
    assert refused.value.hint
    assert path.name in str(refused.value)
    return str(refused.value)


# Values and lengths


def test_pcm16_rounds_and_saturates() -> None:
    values = [0, 0.6, -0.6, 1.4, 32766.6, 32768, 40000, -32768, -40000, 1e9]
    samples = np.array(values, np.float32) / np.float32(32768)
    expected = [0, 1, -1, 1, 32767, 32767, 32767, -32768, -32768, 32767]
    assert np.frombuffer(audio.pcm16(samples), "<i2").tolist() == expected


@given(st.integers(-32768, 32767))
def test_pcm16_keeps_what_was_16_bit(value: int) -> None:
    assert audio.pcm16(np.array([value / 32768], "float32")) == struct.pack("<h", value)


@given(st.integers(0, 10**10), st.integers(8_000, 192_000), st.integers(8_000, 192_000))
@example(1, 48_000, 24_000)
def test_a_resampled_length_is_rounded_half_up(samples: int, rate: int, to: int) -> None:
    assert audio.resampled_length(samples, rate, to) == math.floor(
        Fraction(samples * to, rate) + Fraction(1, 2)
    )


@pytest.mark.parametrize("to", RATES)
@pytest.mark.parametrize("rate", RATES)
def test_resampling_gives_exactly_as_many_samples_as_promised(rate: int, to: int) -> None:
    for samples in (0, 1, 2, 441, 4801):
        result = audio.resample(bytes(2 * samples), rate, to)
        assert len(result) == 2 * audio.resampled_length(samples, rate, to)


def test_resampling_keeps_the_sound_in_place() -> None:
    resampled = level(audio.resample(audio.pcm16(hum(0.5, 24_000)), 24_000, 48_000))
    inside = slice(2000, -2000)
    assert np.abs(resampled - hum(0.5, 48_000))[inside].max() < 0.001


# Recordings that can be used


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_U8", 0.01),
        ("wav", "PCM_16", 0.0001),
        ("wav", "PCM_24", 0.0001),
        ("wav", "PCM_32", 0.0001),
        ("wav", "FLOAT", 0.0001),
        ("aiff", "PCM_16", 0.0001),
        ("flac", "PCM_24", 0.0001),
        ("ogg", "VORBIS", 0.05),
    ],
)
def test_what_soundfile_reads_can_be_used(
    suffix: str, subtype: str, tolerance: float, tmp_path: Path
) -> None:
    path = tmp_path / f"recording.{suffix}"
    soundfile.write(path, hum(), RATE, subtype)
    pcm, rate = audio.decode(path, WHERE)
    assert rate == RATE
    assert level(pcm).size == hum().size
    assert np.abs(level(pcm) - hum()).max() < tolerance


def test_mp3_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "recording.mp3"
    soundfile.write(path, hum(), RATE)
    pcm, rate = audio.decode(path, WHERE)
    assert rate == RATE
    assert level(pcm).size == pytest.approx(hum().size, abs=3000)
    assert level(pcm).std() == pytest.approx(hum().std(), rel=0.1)


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([audio.ffmpeg("a test"), "-v", "error", *arguments], check=True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sound.m4a", []),
        (
            "video.mp4",
            ["-f", "lavfi", "-i", "color=size=64x64:rate=5:duration=0.5", "-c:v", "mpeg4"],
        ),
        (
            "video.mkv",
            ["-f", "lavfi", "-i", "color=size=64x64:rate=5:duration=0.5", "-c:v", "mpeg4"],
        ),
    ],
)
def test_what_only_ffmpeg_reads_can_be_used(name: str, options: list[str], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "hum.wav", np.stack([hum(), hum()], axis=1), RATE)
    ffmpeg("-i", tmp_path / "hum.wav", *options, "-c:a", "aac", tmp_path / name)
    pcm, rate = audio.decode(tmp_path / name, WHERE)
    assert rate == RATE
    assert level(pcm).size == pytest.approx(hum().size, abs=3000)
    assert level(pcm)[2000:10_000].std() == pytest.approx(hum()[2000:10_000].std(), rel=0.1)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([hum(), -hum() / 2, 0 * hum()], axis=1), RATE)
    assert np.abs(level(audio.decode(path, WHERE)[0]) - hum() / 6).max() < 0.0001


def test_blocks_join_without_a_seam(tmp_path: Path) -> None:
    samples = np.arange(-32768, 32768, dtype="int16").repeat(3)[: 2 * audio.BLOCK_SAMPLES + 5]
    soundfile.write(tmp_path / "ramp.wav", samples, RATE)
    assert audio.decode(tmp_path / "ramp.wav", WHERE)[0] == samples.astype("<i2").tobytes()


@pytest.mark.parametrize("loudness", [2.1, 4, 1e30])
def test_what_is_louder_than_full_scale_is_turned_down(loudness: float, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loud.wav", hum() * np.float32(loudness), RATE, "FLOAT")
    read = audio.recording(tmp_path / "loud.wav", WHERE)
    assert read.gain == pytest.approx(audio.HIGHEST_PEAK / loudness * 2, rel=1e-3)
    pcm, _ = audio.decode(tmp_path / "loud.wav", WHERE)
    assert np.abs(level(pcm) - hum() * 2 * audio.HIGHEST_PEAK).max() < 0.001


def test_full_scale_is_not_too_loud(tmp_path: Path) -> None:
    samples = np.array([-32768, 32767, 5], "int16")
    soundfile.write(tmp_path / "full.wav", samples, RATE)
    assert audio.recording(tmp_path / "full.wav", WHERE).gain == 1
    assert audio.decode(tmp_path / "full.wav", WHERE)[0] == samples.tobytes()


@pytest.mark.parametrize(
    ("second", "cancels"), [(-1, True), (-0.8, True), (-0.3, False), (0, False), (1, False)]
)
def test_channels_that_cancel_are_not_averaged(
    second: float, cancels: bool, tmp_path: Path
) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([hum(), second * hum()], axis=1), RATE)
    read = audio.recording(path, WHERE)
    assert read.cancels is cancels
    expected = hum() if cancels else hum() * (1 + second) / 2
    assert np.abs(read.samples - expected).max() < 0.0001


def test_silent_channels_do_not_cancel(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros((500, 2)), RATE)
    assert not audio.recording(tmp_path / "silent.wav", WHERE).cancels


def test_a_recording_may_be_as_long_as_the_limit_and_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    longest = int(limits.RECORDING_SECONDS) * 8000
    path.write_bytes(wav.header(longest, 8000) + bytes(2 * longest))
    assert len(audio.decode(path, WHERE)[0]) == 2 * longest
    path.write_bytes(wav.header(longest + 1, 8000) + bytes(2 * longest + 2))
    assert "longer than 600 s" in refusal(path)


# Recordings that cannot


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "missing.wav")
    assert "cannot be read" in refusal(tmp_path / "missing.m4a")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    for name in ("folder.wav", "folder.m4a"):
        (tmp_path / name).mkdir()
        assert "cannot be read" in refusal(tmp_path / name)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "flac", "ogg", "m4a", "mp4", "txt", ""])
@pytest.mark.parametrize(
    "content", [b"", b"no audio at all\n" * 9, bytes(5000)], ids=["empty", "text", "zeros"]
)
def test_what_is_no_audio_is_refused(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"recording.{suffix}"
    path.write_bytes(content)
    assert "cannot be read" in refusal(path)


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=size=64x64:rate=5:duration=0.5", "-c:v", "mpeg4", path)
    assert "cannot be read by ffmpeg" in refusal(path)


def test_a_playlist_is_not_followed_to_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where ffmpeg is given a copy to read, so that a name without a folder leads to the file beside
    # it.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    soundfile.write(tmp_path / "secret.wav", hum(), RATE)
    for content in (
        "ffconcat version 1.0\nfile secret.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\nsecret.wav\n#EXT-X-ENDLIST\n",
    ):
        for suffix in ("m4a", "mkv", "wav"):
            path = tmp_path / f"list.{suffix}"
            path.write_text(content)
            assert "cannot be read" in refusal(path)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_samples_that_are_not_finite_are_refused(value: float, tmp_path: Path) -> None:
    samples = hum()
    samples[77] = value
    soundfile.write(tmp_path / "recording.wav", samples, RATE, "FLOAT")
    assert "not finite" in refusal(tmp_path / "recording.wav")


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_recording_without_samples_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"empty.{suffix}"
    soundfile.write(path, np.zeros(0), RATE)
    assert str(path.name) in refusal(path)


def wav_file(
    path: Path,
    *,
    rate: int = RATE,
    channels: int = 1,
    data: int | None = None,
    content: bytes = bytes(2000),
) -> Path:
    """A WAV file whose header says what it is told to."""
    claimed = len(content) if data is None else data
    frame = 2 * channels
    fmt = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * frame % 2**32, frame % 2**16, 16
    )
    riff = struct.pack("<4sI4s", b"RIFF", min(claimed + 36, 2**32 - 1), b"WAVE")
    path.write_bytes(riff + fmt + struct.pack("<4sI", b"data", claimed) + content)
    return path


@pytest.mark.parametrize("rate", [0, 1, 7_999, 192_001, 2**31, 4_000_000_000])
def test_rates_that_no_recording_has_are_refused(rate: int, tmp_path: Path) -> None:
    refusal(wav_file(tmp_path / "recording.wav", rate=rate))


@pytest.mark.parametrize("rate", [limits.RATES.start, limits.RATES.stop - 1])
def test_the_lowest_and_the_highest_rate_can_be_used(rate: int, tmp_path: Path) -> None:
    assert audio.decode(wav_file(tmp_path / "recording.wav", rate=rate), WHERE) == (
        bytes(2000),
        rate,
    )


def test_too_many_channels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "recording.wav"
    assert len(audio.decode(wav_file(path, channels=8, content=bytes(1600)), WHERE)[0]) == 200
    assert "has 9 channels (at most 8" in refusal(wav_file(path, channels=9, content=bytes(1800)))
    assert "has 1024 channels" in refusal(wav_file(path, channels=1024, content=bytes(2048)))
    refusal(wav_file(path, channels=0))


def test_a_truncated_recording_is_read_as_far_as_it_goes_or_refused(tmp_path: Path) -> None:
    for suffix in ("wav", "flac", "ogg", "mp3"):
        path = tmp_path / f"recording.{suffix}"
        soundfile.write(path, hum(2), RATE)
        whole = path.read_bytes()
        for size in (len(whole) // 2, 100, 44, 20, 3):
            path.write_bytes(whole[:size])
            try:
                pcm, rate = audio.decode(path, WHERE)
            except ScriptError:
                continue
            assert rate == RATE
            assert 0 < len(pcm) < 2 * hum(2).size


def test_lies_about_the_length_cost_neither_memory_nor_a_crash(tmp_path: Path) -> None:
    wav_file(tmp_path / "lying.wav", rate=192_000, channels=8, data=2**32 - 1)
    wav_file(tmp_path / "short.wav", data=100)
    soundfile.write(tmp_path / "lying.flac", np.zeros((9000, 8)), 192_000)
    flac = bytearray((tmp_path / "lying.flac").read_bytes())
    flac[21] |= 0x0F
    flac[22:26] = b"\xff" * 4
    (tmp_path / "lying.flac").write_bytes(flac)
    program = """
        import resource, sys
        from pathlib import Path
        import numpy, soundfile
        from narrate.sound import audio
        from narrate.errors import ScriptError
        resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
        for name in sys.argv[1:]:
            try:
                print(len(audio.decode(Path(name), "here")[0]) // 2)
            except ScriptError as error:
                print("refused")
    """
    names = ["lying.wav", "short.wav", "lying.flac"]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *(tmp_path / name for name in names)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    from_wav, from_short, from_flac = done.stdout.split()
    assert (from_wav, from_short) == ("125", "50")
    assert from_flac in ("9000", "refused")


# Files before they are opened, and ffmpeg


def test_only_a_regular_file_of_a_sensible_size_is_admitted(tmp_path: Path) -> None:
    good = wav_file(tmp_path / "good.wav")
    audio.admit_file(good, WHERE)
    (tmp_path / "link.wav").symlink_to(good)
    audio.admit_file(tmp_path / "link.wav", WHERE)
    for name, reason in (
        ("missing.wav", "No such file"),
        (".", "not a regular file"),
        ("large.wav", "larger than"),
    ):
        if name == "large.wav":
            with (tmp_path / name).open("wb") as file:
                file.truncate(limits.RECORDING_BYTES + 1)
        with pytest.raises(ScriptError, match=reason) as refused:
            audio.admit_file(tmp_path / name, WHERE)
        assert refused.value.where == WHERE


def test_ffmpeg_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "ffmpeg"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert audio.ffmpeg("a test") == str(mine)
    mine.unlink()
    assert shutil.which(audio.ffmpeg("a test")) is not None


def test_without_an_ffmpeg_the_purpose_and_the_remedy_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    # Stands for an environment without the package, which this one has.
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    path = wav_file(tmp_path / "recording.m4a")
    with pytest.raises(EnvironmentProblem, match=r"reading recording\.m4a needs ffmpeg") as problem:
        audio.decode(path, WHERE)
    assert "pip install" in problem.value.hint
