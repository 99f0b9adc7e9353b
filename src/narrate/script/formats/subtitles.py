"""SRT and WebVTT -> the tree of a script: each cue is a segment with its times."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from narrate.base import limits
from narrate.base.text import counted, quoted
from narrate.errors import ScriptError
from narrate.reading.characters import has_word
from narrate.script import ids
from narrate.script.formats.parsed import Parsed, nothing_to_say
from narrate.script.model import Note, Omission, ReadOptions
from narrate.script.problems import raise_all

_TIME = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[,.](\d{1,3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_NUMBER = re.compile(r"\s*\d{1,9}\s*")
_LIKE_TIMES = re.compile(r"\s*\d+:\d\d(?::\d\d)?[,.]\d+\s*(?:[-–—][- ]{0,3}>|\d+:\d\d)")
_STYLE = (
    r"</?(?:[ibus]|font|span|c|v|ruby|rt)(?:[.\s][^<>]{0,500})?>|<\d+:[\d:.]{1,20}>"
    r"|\{\\[^{}]{0,500}\}"
)
_TAG = re.compile(rf"{_STYLE}|</?lang(?:[.\s][^<>]{{0,500}})?>", re.IGNORECASE)
_TAG_BUT_LANG = re.compile(_STYLE, re.IGNORECASE)
_LANG = re.compile(r"<lang\s+xml:lang\b", re.IGNORECASE)
"""The tag of SSML, which is read; `<lang fr>` is one of WebVTT, which is not."""

_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_SPEAKER = re.compile(r"<v(?:\.[^<>\s]{1,100})?\s+([^<>]{1,500})>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_SOUND = re.compile(
    r"\[(?!\s*pause\b)[^\[\]]{0,200}[^\W\d_][^\[\]]{0,200}\]|[♩♪♫♬]+", re.IGNORECASE
)
"""What is heard besides words, such as [applause], and the signs around a song."""

_ESCAPED = {"<": r"\<", "[": r"\["}
_BLOCKS = {"NOTE": "comment", "STYLE": "style sheet", "REGION": "region"}

_LINES = 10 * limits.SEGMENTS
"""More lines than the cues of a script can have."""

Lines = Sequence[tuple[int, str]]
"""Lines with their numbers in the file."""


@dataclass(frozen=True, slots=True)
class _Cue:
    """A cue as it is written: its number or name, if it has one, its times and its text."""

    line: int
    name: str
    times: tuple[int, str]
    lines: tuple[str, ...]


def read_srt(text: str, name: str, options: ReadOptions) -> Parsed:
    """Parse SRT: a cue is a segment, and its number the id. Raises ScriptError."""
    reader = _Reader(name)
    return reader.read(reader.srt_cues(_numbered(text, name)))


def read_vtt(text: str, name: str, options: ReadOptions) -> Parsed:
    """Parse WebVTT: a cue is a segment, and its name the id. Raises ScriptError."""
    lines = _numbered(text, name)
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0][1]):
        hint = "begin the file with a line WEBVTT"
        raise ScriptError("not WebVTT: no line WEBVTT", where=f"{name}:1", hint=hint)
    reader = _Reader(name)
    first, *blocks = _blocks(lines)
    header = first[1:]
    if any("-->" in line for _, line in header):
        # It is a cue, as there is no empty line above it.
        blocks.insert(0, header)
    else:
        reader.omit("header", header)
    return reader.read(reader.vtt_cues(blocks))


def _numbered(text: str, name: str) -> Lines:
    if text.count("\n") > _LINES:
        hint = "split it into several scripts"
        raise ScriptError(f"more than {_LINES} lines", where=name, hint=hint)
    return list(enumerate(text.split("\n"), 1))


def _blocks(lines: Lines) -> Iterator[Lines]:
    """Lines between empty lines."""
    block: list[tuple[int, str]] = []
    for number, line in [*lines, (0, "")]:
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []


def _is_times(line: str) -> bool:
    return "-->" in line or bool(_LIKE_TIMES.match(line))


def _is_lone_number(above: tuple[int, str], line: tuple[int, str]) -> bool:
    """Whether a line is a number below an empty line, as that of a cue without times is."""
    return not above[1].strip() and bool(_NUMBER.fullmatch(line[1]))


def _number_line(lines: Lines, times: int) -> int:
    """Where a cue starts: at the line of its number, or that of its times if it has none.

    The number stands directly above the times, or with empty lines around it.
    """
    above = times - 1
    while above >= 0 and not lines[above][1].strip():
        above -= 1
    is_number = above >= 0 and _NUMBER.fullmatch(lines[above][1])
    is_alone = above <= 0 or not lines[above - 1][1].strip()
    return above if is_number and (is_alone or above == times - 1) else times


class _Reader:
    """Makes segments of cues, and keeps what there is to say about them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parsed = Parsed({})

    def place(self, line: int) -> str:
        return f"{self.name}:{line}"

    def omit(self, kind: str, lines: Lines) -> None:
        """Say that lines are not spoken, if there are any."""
        if lines:
            text = "\n".join(line for _, line in lines)
            self.parsed.omissions.append(Omission(self.place(lines[0][0]), kind, text))

    def srt_cues(self, lines: Lines) -> Iterator[_Cue]:
        """The cues of SRT. Up to the next one all is text, as it may hold empty lines."""
        times = [i for i, (_, line) in enumerate(lines) if _is_times(line)]
        starts = [(_number_line(lines, i), i) for i in times]
        before = lines[: starts[0][0] if starts else len(lines)]
        self.refuse_lost([(number, line) for number, line in before if line.strip()])
        for (start, i), (end, _) in pairwise([*starts, (len(lines), 0)]):
            name = lines[start][1].strip() if start < i else ""
            text = lines[i + 1 : end]
            pairs = pairwise(text)
            self.refuse_lost([each for above, each in pairs if _is_lone_number(above, each)])
            yield _Cue(lines[start][0], name, lines[i], tuple(line for _, line in text))

    def refuse_lost(self, lines: Lines) -> None:
        """Note that lines belong to no cue, if there are any."""
        if lines:
            number, line = lines[0]
            hint = "begin each cue with times, as in 00:00:01,000 --> 00:00:02,500"
            self.refuse(number, f"not a cue: {quoted(line)}", hint)

    def vtt_cues(self, blocks: Sequence[Lines]) -> Iterator[_Cue]:
        """The cues among the blocks of WebVTT."""
        for block in blocks:
            word = block[0][1].split(maxsplit=1)[0]
            times = next((i for i, (_, line) in enumerate(block[:2]) if "-->" in line), None)
            if times is None and word in _BLOCKS:
                self.omit(_BLOCKS[word], block)
            elif times is None:
                what = f"neither a cue nor a comment: {quoted(block[0][1])}"
                self.refuse(block[0][0], what, "write times above it, or NOTE and a space")
            else:
                name = block[0][1].strip() if times else ""
                text = block[times + 1 :]
                for number, line in text:
                    if "-->" in line:
                        what = f"times inside a cue: {quoted(line)}"
                        self.refuse(number, what, "put an empty line above each cue")
                yield _Cue(block[0][0], name, block[times], tuple(line for _, line in text))

    def refuse(self, line: int, what: str, hint: str) -> None:
        """Note a problem of a line."""
        self.parsed.problems.append(ScriptError(what, where=self.place(line), hint=hint))

    def read(self, cues: Iterator[_Cue]) -> Parsed:
        """The tree of the cues that have a text. Raises ScriptError."""
        spoken: list[tuple[_Cue, dict[str, object]]] = []
        for cue in cues:
            if segment := self.segment(cue):
                spoken.append((cue, segment))
            if len(spoken) > limits.SEGMENTS:
                break
        if not spoken:
            raise_all(self.parsed.problems, self.name)
            what = nothing_to_say(self.parsed.omissions)
            raise ScriptError(what, where=self.name, hint="write a cue with a text")
        self.name_segments(spoken)
        self.parsed.tree = {"segments": [segment for _, segment in spoken]}
        self.parsed.lines = {
            f"$.segments[{i}]": self.place(cue.line) for i, (cue, _) in enumerate(spoken)
        }
        return self.parsed

    def segment(self, cue: _Cue) -> dict[str, object]:
        """The segment of a cue; empty if there is nothing to say in it, as in a cue of dots."""
        slot = self.times(cue)
        written = "\n".join(cue.lines)
        for sound in _SOUND.findall(written):
            self.parsed.omissions.append(Omission(self.place(cue.line), "sound", sound))
        text = _plain(_SOUND.sub(" ", written))
        for speaker in _SPEAKER.findall(written):
            self.parsed.omissions.append(Omission(self.place(cue.line), "speaker name", speaker))
        if has_word(text):
            return {"text": text, **({"slot": slot} if slot else {})}
        self.parsed.omissions.append(Omission(self.place(cue.line), "empty cue", written.strip()))
        return {}

    def times(self, cue: _Cue) -> list[float]:
        """The start and the end of a cue in seconds; none if they are malformed, which is noted."""
        line, written = cue.times
        match = _TIMES.fullmatch(written)
        if not match:
            what = f"malformed times: {quoted(written.strip())}"
            self.refuse(line, what, "write them as 00:00:01,000 --> 00:00:02,500")
            return []
        start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if end < start:
            self.refuse(line, "the cue ends before it starts", "correct its times")
        return [start, end]

    def name_segments(self, spoken: Sequence[tuple[_Cue, dict[str, object]]]) -> None:
        """Give each segment the name of its cue as its id, changed where it cannot be one."""
        named = [(cue, segment) for cue, segment in spoken if cue.name]
        wanted = [_id(cue.name) for cue, _ in named]
        first = {ids.fold(name): i for i, name in reversed(list(enumerate(wanted)))}
        pairs = [
            (name if first[ids.fold(name)] == i else None, name) for i, name in enumerate(wanted)
        ]
        renamed = []
        for (cue, segment), name in zip(named, ids.assign(pairs), strict=True):
            segment["id"] = name
            if name != cue.name:
                renamed.append((cue, name))
        self.tell_renamed(renamed)

    def tell_renamed(self, renamed: Sequence[tuple[_Cue, str]]) -> None:
        """Note which cues have another id than their name."""
        if not renamed:
            return
        cue, name = renamed[0]
        what = f"{quoted(cue.name)} repeats or is not an id, so the segment is {name}"
        if len(renamed) > 1:
            what += f"; so it is with {counted(len(renamed) - 1, 'other cue')}"
        self.parsed.notes.append(Note(self.place(cue.line), what))


def _id(name: str) -> str:
    return name if ids.problem(name) is None else ids.from_name(name, "cue")


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return (whole * 1000 + int(fraction.ljust(3, "0"))) / 1000


def _plain(text: str) -> str:
    """The words of a cue in narrate's notation: without tags, and with entities as signs."""
    tag = _TAG_BUT_LANG if _LANG.search(text) else _TAG
    bare = tag.sub("", _BREAK.sub("\n", text)).replace(r"\N", "\n").replace(r"\h", " ")
    return " ".join(_ENTITY.sub(_decoded, bare).split())


def _decoded(entity: re.Match[str]) -> str:
    sign = html.unescape(entity[0])
    return _ESCAPED.get(sign, sign)
