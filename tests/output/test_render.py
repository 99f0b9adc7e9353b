"""Audio files: the parts, the whole parts and nothing but the parts."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import xxhash

from narrate.cache import Gone, Store
from narrate.config import Format
from narrate.errors import EnvironmentProblem
from narrate.output.record import RunRecord
from narrate.output.render import recipe, whole, write_audio
from narrate.output.stage import BLOCK_BYTES, staged
from narrate.output.timeline import FORMAT_RATES, Part, lay
from narrate.sound import audio, wav
from narrate.store.entry import Clip
from support.plans import clip, line, noise, plan, segment, stored
from support.rendering import render

TESTS = Path(__file__).resolve().parent.parent

RATE = 24_000


def python(program: str, *arguments: str | Path) -> str:
    """Run a program in a process of its own, with the tests' support at hand; return its output."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def test_a_wav_is_its_parts_and_its_digest_is_of_its_bytes(store: Store, tmp_path: Path) -> None:
    first, second = stored(store, 1000, seed=1), stored(store, 777, seed=2)
    path = tmp_path / "out.wav"
    digest = render(
        [Part(1000, first), Part(333), Part(777, second), Part(50)], RATE, "wav", store, path
    )
    expected = noise(1000, 1) + bytes(666) + noise(777, 2) + bytes(100)
    assert path.read_bytes() == wav.header(2160, RATE) + expected
    assert digest == xxhash.xxh3_128_hexdigest(path.read_bytes())


def test_a_timeline_is_rendered_with_its_pauses(store: Store, tmp_path: Path) -> None:
    first, second = stored(store, 1000, seed=1), stored(store, 777, seed=2)
    timeline = lay(
        plan(segment("a", [line(first)], 0.01), segment("b", [line(second, 0.02), line(first)])),
        {},
        "wav",
    )
    render(whole(timeline), RATE, "wav", store, tmp_path / "out.wav")
    samples, _ = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert samples.tobytes() == noise(1000, 1) + bytes(480 + 960) + noise(777, 2) + noise(1000, 1)
    assert samples.size == timeline.samples


@pytest.mark.parametrize("extra", [0, 1], ids=["whole blocks", "one more sample"])
@pytest.mark.parametrize("format", ["wav", "flac"])
def test_a_long_pause_is_exact_silence(
    store: Store, tmp_path: Path, format: Format, extra: int
) -> None:
    samples = 2 * BLOCK_BYTES // wav.SAMPLE_BYTES + extra
    path = tmp_path / f"out.{format}"
    render([Part(samples)], RATE, format, store, path)
    read, _ = soundfile.read(path, dtype="int16")
    assert (read.size, bool(np.any(read))) == (samples, False)


def test_a_clip_of_another_rate_is_resampled_to_its_place(store: Store, tmp_path: Path) -> None:
    slow = stored(store, 1001, 16_000)
    timeline = lay(plan(segment("a", [line(slow), line(stored(store, 500, seed=1))])), {}, "wav")
    render(whole(timeline), RATE, "wav", store, tmp_path / "out.wav")
    samples, rate = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert (rate, samples.size) == (RATE, 1502 + 500)
    assert samples.tobytes() == audio.resample(noise(1001), 16_000, RATE) + noise(500, 1)


@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
@pytest.mark.parametrize(
    ("format", "tolerance"), [("flac", 0), ("ogg", 0), ("opus", 0), ("mp3", 3000), ("m4a", 3000)]
)
def test_every_format_can_be_read_by_others(
    store: Store, tmp_path: Path, format: Format, tolerance: int, rate: int
) -> None:
    samples = rate * 3 // 2
    held = stored(store, samples, rate)
    path = tmp_path / f"out.{format}"
    digest = render([Part(samples, held), Part(rate // 2)], rate, format, store, path)
    pcm, read_rate = audio.decode(path, "here")
    assert read_rate == rate
    assert len(pcm) // 2 == pytest.approx(2 * rate, abs=tolerance)
    assert digest == xxhash.xxh3_128_hexdigest(path.read_bytes())
    sound = np.frombuffer(pcm, "<i2").astype("float")
    assert sound[:samples].std() > 20 * sound[-rate // 4 :].std()


def test_flac_loses_nothing(store: Store, tmp_path: Path) -> None:
    held = stored(store, 40_000)
    render([Part(40_000, held)], RATE, "flac", store, tmp_path / "out.flac")
    assert soundfile.read(tmp_path / "out.flac", dtype="int16")[0].tobytes() == noise(40_000)


@pytest.mark.parametrize(
    ("format", "rate"), [(format, rate) for format, rates in FORMAT_RATES.items() for rate in rates]
)
def test_every_rate_of_a_format_is_one_that_it_has(
    store: Store, tmp_path: Path, format: Format, rate: int
) -> None:
    path = tmp_path / f"out.{format}"
    render([Part(rate // 2)], rate, format, store, path)
    assert audio.decode(path, "here")[1] == rate


# Ogg and Opus are left out: libsndfile numbers their streams at random.
@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "m4a"])
def test_a_format_gives_the_same_bytes_every_time(
    store: Store, tmp_path: Path, format: Format
) -> None:
    held = stored(store, 30_000)
    digests = {
        render([Part(30_000, held)], RATE, format, store, tmp_path / f"{i}.{format}")
        for i in range(2)
    }
    assert len(digests) == 1


@pytest.mark.parametrize("format", ["wav", "flac", "m4a"])
def test_a_clip_that_is_damaged_on_the_way_is_gone(
    store: Store, tmp_path: Path, format: Format
) -> None:
    held = stored(store, 30_000)
    data = bytearray(held.path.read_bytes())
    data[1000] ^= 1
    held.path.write_bytes(data)
    with pytest.raises(Gone):
        render([Part(30_000, held)], RATE, format, store, tmp_path / "out")


@pytest.mark.parametrize("samples", [[10], [3 * BLOCK_BYTES], [1000] * 100])
def test_what_ffmpeg_complains_of_is_told(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: list[int]
) -> None:
    mine = tmp_path / "ffmpeg"
    mine.write_text("#!/bin/sh\necho 'no such encoder' >&2\nexit 1\n")
    mine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(EnvironmentProblem, match="no such encoder"):
        render(map(Part, samples), RATE, "m4a", store, tmp_path / "out.m4a")


def test_an_m4a_does_not_tell_which_ffmpeg_made_it(store: Store, tmp_path: Path) -> None:
    render([Part(RATE)], RATE, "m4a", store, tmp_path / "out.m4a")
    assert b"Lavf" not in (tmp_path / "out.m4a").read_bytes()


def test_a_clip_of_minutes_does_not_overflow_the_stack_of_vorbis(
    store: Store, tmp_path: Path
) -> None:
    store.put(b"{}", bytes(2 * 2_400_000), RATE, {})
    program = """
        import sys
        from pathlib import Path
        from narrate.cache import Store
        from narrate.output.timeline import Part
        from support.rendering import render
        store = Store(Path(sys.argv[1]))
        (clip,) = store.entries()
        render([Part(clip.samples, clip)], clip.rate, "ogg", store, Path(sys.argv[2]))
    """
    path = tmp_path / "out.ogg"
    python(program, store.root, path)
    assert soundfile.info(path).frames == 2_400_000


def test_a_recipe_is_of_all_that_a_file_is_made_of() -> None:
    first, second = clip(1000, digest="1" * 32), clip(1000, digest="2" * 32)
    parts = [Part(1000, first), Part(10), Part(1000, second)]
    recipes = [
        recipe(parts, RATE, "wav"),
        recipe(parts, RATE, "flac"),
        recipe(parts, 48_000, "wav"),
        recipe(parts[::-1], RATE, "wav"),
        recipe([Part(1000, first), Part(11), Part(1000, second)], RATE, "wav"),
        recipe([Part(1000, first), Part(10), Part(1000, clip(1000, digest="3" * 32))], RATE, "wav"),
        recipe(parts[:2], RATE, "wav"),
    ]
    assert len(set(recipes)) == len(recipes)
    assert recipe(iter(parts), RATE, "wav") == recipes[0]


@pytest.mark.parametrize(("format", "times"), [("wav", 300), ("flac", 300), ("m4a", 60)])
def test_memory_does_not_grow_with_the_narration(
    store: Store, tmp_path: Path, format: Format, times: int
) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("there is no /proc to read the peak of memory from")
    stored(store, 6 * RATE)
    program = """
        import sys
        from pathlib import Path
        from narrate.cache import Store
        from narrate.output.timeline import Part
        from support.rendering import peak, render

        store = Store(Path(sys.argv[1]))
        (clip,) = store.entries()
        parts = [Part(clip.samples, clip), Part(1000)]
        render(parts, 24000, sys.argv[3], store, Path(sys.argv[2]))
        before = peak()
        render(parts * int(sys.argv[4]), 24000, sys.argv[3], store, Path(sys.argv[2]))
        print(peak() - before)
    """
    grown = python(program, store.root, tmp_path / f"out.{format}", format, str(times))
    # The samples of 300 clips are 84,000 KiB, those of 60 are 17,000.
    assert int(grown) < 8_000


@pytest.mark.parametrize("segments", [1, 100], ids=["one long segment", "many segments"])
def test_memory_does_not_grow_with_the_segments_or_their_length(
    store: Store, tmp_path: Path, segments: int
) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("there is no /proc to read the peak of memory from")
    stored(store, 6 * RATE)
    program = """
        import sys
        from pathlib import Path
        from narrate.cache import Store
        from narrate.output.render import write_audio
        from narrate.output.stage import staged
        from narrate.output.timeline import lay
        from support.plans import line, plan, segment
        from support.rendering import peak

        store, count = Store(Path(sys.argv[1])), int(sys.argv[3])
        (clip,) = store.entries()

        def write(folder, segments, lines):
            spoken = [segment(f"s{i}", [line(clip)] * lines, 0.5) for i in range(segments)]
            with staged(Path(folder)) as stage:
                write_audio(stage, lay(plan(*spoken), {}, "wav"), "wav", store)

        write(sys.argv[2], 1, 1)
        before = peak()
        write(sys.argv[2], count, 300 // count)
        print(peak() - before)
    """
    assert int(python(program, store.root, tmp_path / "out", str(segments))) < 8_000


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_each_clip_is_read_once_for_the_narration_and_its_segment_and_not_for_unchanged_files(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: Format
) -> None:
    clips = [stored(store, 500, seed=seed) for seed in range(3)]
    timeline = lay(plan(*(segment(f"s{i}", [line(c)]) for i, c in enumerate(clips))), {}, format)
    reads: list[str] = []

    def read(clip: Clip) -> memoryview:
        reads.append(clip.key)
        return read_for_real(clip)

    read_for_real = store.read
    monkeypatch.setattr(store, "read", read)

    def write() -> tuple[str, dict[str, str]]:
        reads.clear()
        with staged(tmp_path / "out") as stage:
            digests = write_audio(stage, timeline, format, store)
            stage.publish()
            stage.write_record(RunRecord())
        return digests

    keys = [clip.key for clip in clips]
    whole_narration, segments = write()
    assert (reads, list(segments)) == (keys, ["s0", "s1", "s2"])
    assert write() == (whole_narration, segments)
    assert reads == []
    (tmp_path / "out" / "segments" / f"s1.{format}").unlink()
    assert write() == (whole_narration, segments)
    assert reads == keys[1:2]
    (tmp_path / "out" / f"narration.{format}").unlink()
    assert write() == (whole_narration, segments)
    assert reads == keys


def test_a_narration_that_cannot_be_completed_leaves_no_ffmpeg_behind(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remember(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("narrate.output.writers.encoders.subprocess.Popen", remember)
    held = stored(store, 30_000)
    held.path.unlink()
    timeline = lay(plan(segment("a", [line(held)])), {}, "m4a")
    with pytest.raises(Gone), staged(tmp_path / "out") as stage:
        write_audio(stage, timeline, "m4a", store)
    assert [process.returncode is not None for process in started] == [True, True]
    assert os.listdir(tmp_path / "out") == []
