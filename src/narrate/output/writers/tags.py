"""What a player shows of a narration: title, artist and chapters, in the tags of each format.

MP3 gets ID3v2.4 with CHAP and CTOC frames, FLAC and Ogg get Vorbis comments with CHAPTERxxx, and
M4A gets a track of chapters. Nothing in a tag depends on when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from narrate.base.text import clock, printable, shortened
from narrate.config import Format
from narrate.output.timeline import Slot, Timeline
from narrate.planning.plan import Plan

CHAPTERS = 255
"""The most that ID3 can list; a narration with more has none."""

TITLE_CHARS = 80


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a narration; `start` and `end` are in milliseconds."""

    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one audio file; without a title there are none."""

    title: str = ""
    artist: str = ""
    chapters: tuple[Chapter, ...] = ()


NO_TAGS = Tags()


def of(plan: Plan, timeline: Timeline) -> Tags:
    """The tags of a narration: its chapters are its scenes, or its segments if it has none.

    The artist is who speaks: the voices that the script names, or else the engines.
    """
    voices = dict.fromkeys(each.segment.voice for each in plan.segments if each.segment.voice)
    artist = ", ".join(voices or dict.fromkeys(choice.name for choice in plan.choices))
    chapters = tuple(_scenes(plan, timeline) if plan.script.scenes else _segments(timeline))
    return Tags(
        printable(plan.script.title or Path(plan.script.name).stem),
        printable(artist) or "narrate",
        chapters if len(chapters) <= CHAPTERS else (),
    )


def _scenes(plan: Plan, timeline: Timeline) -> Iterator[Chapter]:
    slots = {slot.planned.segment.id: slot for slot in timeline.slots}
    for scene in plan.script.scenes:
        first, last = slots[scene.segments[0]], slots[scene.segments[-1]]
        yield _chapter(scene.title or scene.id, first, last, timeline.rate)


def _segments(timeline: Timeline) -> Iterator[Chapter]:
    for slot in timeline.slots:
        title = shortened(slot.planned.display, TITLE_CHARS) or slot.planned.segment.id
        yield _chapter(title, slot, slot, timeline.rate)


def _chapter(title: str, first: Slot, last: Slot, rate: int) -> Chapter:
    return Chapter(printable(title), 1000 * first.start // rate, 1000 * last.next_start // rate)


def write(path: Path, format: Format, tags: Tags) -> None:
    """Tag a finished file of any format but WAV. An M4A file has its chapters already. Raises
    OSError.
    """
    if tags.title and format == "mp3":
        _write_id3(path, tags)
    elif tags.title and format == "m4a":
        _write_mp4(path, tags)
    elif tags.title:
        _write_comments(path, tags)
    if format in ("ogg", "opus"):
        _number(path)


def _write_id3(path: Path, tags: Tags) -> None:
    from mutagen.id3 import CHAP, CTOC, ID3, TIT2, TPE1, CTOCFlags

    id3 = ID3()
    id3.add(TIT2(encoding=3, text=tags.title))
    id3.add(TPE1(encoding=3, text=tags.artist))
    names = [f"ch{number:03}" for number in range(1, len(tags.chapters) + 1)]
    if names:
        flags = CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED
        id3.add(CTOC(element_id="toc", flags=flags, child_element_ids=names, sub_frames=[]))
    for name, each in zip(names, tags.chapters, strict=True):
        # No offsets in bytes are given: the times count.
        unused = {"start_offset": 0xFFFFFFFF, "end_offset": 0xFFFFFFFF}
        title = TIT2(encoding=3, text=each.title)
        times = {"start_time": each.start, "end_time": each.end}
        id3.add(CHAP(element_id=name, sub_frames=[title], **times, **unused))
    id3.save(path, v2_version=4, padding=lambda info: 0)


def _write_comments(path: Path, tags: Tags) -> None:
    from mutagen import File
    from mutagen.flac import FLAC
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    file = File(path, [FLAC, OggVorbis, OggOpus])
    if file.tags is None:
        file.add_tags()
    file["TITLE"], file["ARTIST"] = tags.title, tags.artist
    for number, each in enumerate(tags.chapters, 1):
        file[f"CHAPTER{number:03}"] = clock(each.start)
        file[f"CHAPTER{number:03}NAME"] = each.title
    file.save(padding=lambda info: 0)


def _write_mp4(path: Path, tags: Tags) -> None:
    """Add what ffmpeg leaves out with `-bitexact`."""
    from mutagen.mp4 import MP4

    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    file["\xa9nam"], file["\xa9ART"] = tags.title, tags.artist
    file.save(padding=lambda info: 0)


def _number(path: Path) -> None:
    """Give an Ogg stream a number that is the same in every run; libsndfile draws one."""
    from mutagen.ogg import OggPage

    with path.open("r+b") as file:
        end = file.seek(0, 2)
        file.seek(0)
        while file.tell() < end:
            start = file.tell()
            page = OggPage(file)
            page.serial = 1
            after = file.tell()
            file.seek(start)
            file.write(page.write())
            file.seek(after)


def ffmetadata(tags: Tags) -> str:
    """The chapters in the format that ffmpeg reads."""
    lines = [";FFMETADATA1"]
    for each in tags.chapters:
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={each.start}", f"END={each.end}"]
        lines.append(f"title={_escaped(each.title)}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "=;#\\\n" else char for char in text)
