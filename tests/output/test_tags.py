"""Tags and bitrates: what a player shows, and that the sound is what it would be without them."""

from __future__ import annotations

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.id3 import ID3
from mutagen.mp4 import MP4

from narrate.config import Format
from narrate.output.timeline import lay
from narrate.output.writers import tags
from narrate.output.writers.encoders import compression, encode
from narrate.output.writers.tags import CHAPTERS, Chapter, Tags
from support.plans import clip, line, noise, plan, segment
from support.project import Narrate

TAGGED = [format for format in get_args(Format) if format != "wav"]
SHOWN = Tags(
    "Grüße = a; b # \\ “c”", "me, you", (Chapter("One; = 1", 0, 1500), Chapter("二", 1500, 3000))
)
RATE = 24_000


def needs(format: str) -> None:
    if format == "m4a" and not (shutil.which("ffmpeg") or find_spec("imageio_ffmpeg")):
        pytest.skip("M4A needs ffmpeg")


def written(path: Path, format: Format, shown: Tags, bitrate: int = 128, seconds: int = 3) -> Path:
    needs(format)
    sound = noise(seconds * RATE)
    encoder = encode(path, format, RATE, seconds * RATE, bitrate, shown)
    encoder.write(sound)
    encoder.finish()
    encoder.close()
    return path


def read(path: Path) -> tuple[str, str, list[tuple[int, str]]]:
    """Title, artist and chapters, as mutagen reads them."""
    if path.suffix == ".mp3":
        id3 = ID3(path)
        assert id3.version == (2, 4, 0)
        chapters = [id3[f"CHAP:{name}"] for name in id3["CTOC:toc"].child_element_ids]
        titles = [(each.start_time, str(each.sub_frames["TIT2"])) for each in chapters]
        return str(id3["TIT2"]), str(id3["TPE1"]), titles
    if path.suffix == ".m4a":
        file = MP4(path)
        shown = [(round(1000 * each.start), each.title) for each in file.chapters or []]
        return file["\xa9nam"][0], file["\xa9ART"][0], shown
    comments: Any = mutagen.File(path)
    names = sorted(name for name in comments if name.lower().endswith("name"))
    times = [comments[name[:-4]][0] for name in names]
    starts = [round(1000 * float(time.rpartition(":")[2])) for time in times]
    titles = list(zip(starts, (comments[name][0] for name in names), strict=True))
    return comments["title"][0], comments["artist"][0], titles


@pytest.mark.parametrize("format", TAGGED)
def test_a_player_finds_title_artist_and_chapters(tmp_path: Path, format: Format) -> None:
    path = written(tmp_path / f"a.{format}", format, SHOWN)
    title, artist, chapters = read(path)
    assert (title, artist) == (SHOWN.title, SHOWN.artist)
    assert chapters == [(each.start, each.title) for each in SHOWN.chapters]


@pytest.mark.parametrize("format", TAGGED)
def test_tags_do_not_change_the_sound(tmp_path: Path, format: Format) -> None:
    tagged = written(tmp_path / f"a.{format}", format, SHOWN)
    plain = written(tmp_path / f"b.{format}", format, Tags())
    if format == "m4a":
        lengths = [mutagen.File(path).info.length for path in (tagged, plain)]
        assert lengths[0] == pytest.approx(lengths[1])
        return
    first, _ = soundfile.read(tagged)
    second, _ = soundfile.read(plain)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("format", TAGGED)
def test_the_same_narration_is_the_same_file(
    tmp_path: Path, format: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path / f"a.{format}", format, SHOWN).read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert written(tmp_path / f"b.{format}", format, SHOWN).read_bytes() == first


@pytest.mark.parametrize(
    ("format", "bitrates"),
    [("mp3", (32, 64, 128, 160)), ("opus", (32, 64, 128)), ("ogg", (40, 60, 80))],
)
def test_a_file_has_about_the_bitrate_that_was_asked_for(
    tmp_path: Path, format: Format, bitrates: tuple[int, ...]
) -> None:
    for bitrate in bitrates:
        path = written(tmp_path / f"{bitrate}.{format}", format, Tags(), bitrate, 10)
        assert path.stat().st_size * 8 / 10_000 == pytest.approx(bitrate, rel=0.25)


@pytest.mark.parametrize("format", ["mp3", "ogg", "opus"])
@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 48_000])
def test_every_bitrate_can_be_written_at_every_rate(
    tmp_path: Path, format: Format, rate: int
) -> None:
    for bitrate in (32, 128, 320):
        encoder = encode(tmp_path / "a", format, rate, 2400, bitrate)
        encoder.write(noise(2400))
        encoder.finish()
        assert 0 <= compression(format, rate, bitrate)["compression_level"] <= 1


def test_chapters_are_scenes_or_else_segments() -> None:
    scenes = plan(
        segment("one/a", [line(clip(24_000))], 0.5), segment("two/b", [line(clip(24_000))], 0.5)
    )
    assert tags.of(scenes, lay(scenes, {}, "wav")) == Tags(
        "A title", "tone", (Chapter("one", 0, 1500), Chapter("two", 1500, 3000))
    )
    plain = plan(segment("a", [line(clip(24_000))], 0.5), segment("b", [line(clip(24_000))]))
    (first, second) = tags.of(plain, lay(plain, {}, "wav")).chapters
    assert (first, second.start) == (Chapter("Hello there.", 0, 1500), 1500)
    many = plan(*(segment(f"s{i}", [line(clip(10 + i))]) for i in range(CHAPTERS + 1)))
    assert tags.of(many, lay(many, {}, "wav")).chapters == ()


def test_a_new_title_or_bitrate_writes_the_narration_again(tone: Narrate) -> None:
    script = {"title": "One", "segments": [{"id": "a", "text": "Hello."}]}
    tone.write("script.json", script)
    tone.write("narrate.toml", 'format = "mp3"\n')
    assert tone("run").code == 0
    tone.write("script.json", script | {"title": "Two"})
    changed = tone("run", "--json")
    assert changed.json["spoken"] == 0
    narration = tone.out / "narration.mp3"
    assert read(narration)[0] == "Two"
    before = narration.stat().st_size
    tone.write("narrate.toml", 'format = "mp3"\nbitrate = 32\n')
    assert tone("run").code == 0
    assert narration.stat().st_size < before
    assert json.loads((tone.out / "manifest.json").read_text())["title"] == "Two"


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="no such names")
@pytest.mark.parametrize("format", ["mp3", "ogg", "m4a"])
def test_a_name_that_is_not_utf_8_is_escaped_in_a_title(tone: Narrate, format: Format) -> None:
    needs(format)
    name = os.fsdecode(b"d\xe4r.txt")
    (tone.folder / name).write_text("Hello.")
    assert tone("run", name, "--format", format, "-o", "out").code == 0
    assert read(tone.folder / "out" / f"narration.{format}")[0] == "d\\udce4r"
