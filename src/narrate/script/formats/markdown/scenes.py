"""The headings and paragraphs of a Markdown text -> scenes and segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from narrate.base import limits
from narrate.errors import ScriptError
from narrate.reading.utterances import plain
from narrate.script.formats.markdown import front_matter
from narrate.script.formats.markdown.attributes import Fields
from narrate.script.formats.markdown.paragraphs import Block, Reader
from narrate.script.formats.markdown.report import Report
from narrate.script.formats.parsed import Parsed, nothing_to_say
from narrate.script.model import ReadOptions

_FIRST_SCENE = "start"
"""The id of the scene for paragraphs before the first heading."""

_LINES = 10 * limits.SEGMENTS
"""Parsing takes so long that a text with more lines, which cannot become a script, is refused."""

_SIGNS = "*_[]<`~=!&\\$%{#^:|"
"""The parser looks at each of them more closely than at other characters."""


@dataclass(slots=True)
class _Scene:
    """The paragraphs below a heading; `heading` is None for those before the first one."""

    heading: Block | None
    paragraphs: list[Block] = field(default_factory=list)

    @property
    def line(self) -> int:
        """The line in which the scene begins."""
        return (self.heading or self.paragraphs[0]).line

    @property
    def is_title(self) -> bool:
        """Whether this is only a title: a heading with no paragraphs and no attributes."""
        return self.heading is not None and not (self.paragraphs or self.heading.fields)

    def tree(self) -> Fields:
        """The scene as JSON has it."""
        if self.heading is None:
            fields: Fields = {"id": _FIRST_SCENE}
        else:
            fields = {"title": plain(self.heading.text), **self.heading.fields}
        return {
            **fields,
            "segments": [{"text": each.text, **each.fields} for each in self.paragraphs],
        }


def read_markdown(text: str, name: str, options: ReadOptions) -> Parsed:
    """Parse Markdown into a script's tree, and a map from JSON paths to `file:line`."""
    hint = "split it into several scripts"
    if len(text) > limits.MARKDOWN_BYTES:
        what = f"Markdown larger than {limits.MARKDOWN_BYTES // 2**20} MiB"
        raise ScriptError(what, where=name, hint=hint)
    if sum(map(text.count, _SIGNS)) > limits.MARKDOWN_SIGNS:
        what = f"more than {limits.MARKDOWN_SIGNS:,} signs of markup"
        raise ScriptError(what, where=name, hint=hint)
    if text.count("\n") > _LINES:
        raise ScriptError(f"more than {_LINES} lines", where=name, hint=hint)
    report = Report(name)
    head, body = front_matter.split(text, report)
    has_sound_head = not report.problems
    found = _scenes(Reader(report, options).blocks(body))
    scenes = [scene for scene in found if not scene.is_title]
    head = _titled(head, [scene.heading for scene in found if scene.is_title], report)
    if not (scenes and has_sound_head):
        # Without its head, a script would seem to have more problems than it has.
        report.check()
    if not scenes:
        what = nothing_to_say(report.omissions)
        raise ScriptError(what, where=name, hint="write a paragraph")
    return _parsed(head, scenes, any(scene.heading for scene in found), report)


def _parsed(head: Fields, scenes: Sequence[_Scene], by_scene: bool, report: Report) -> Parsed:
    if by_scene:
        tree = {**head, "scenes": [scene.tree() for scene in scenes]}
        places = _places(scenes, report.name)
    else:
        [only] = scenes
        tree = {**head, "segments": only.tree()["segments"]}
        places = _places_below("$", only, report.name)
    omissions = sorted(report.omissions, key=lambda each: int(each.where.rpartition(":")[2]))
    return Parsed(tree, places, report.notes, omissions, report.problems)


def _titled(head: Fields, titles: Sequence[Block | None], report: Report) -> Fields:
    """The head, with the first heading that is only a title as the title if it has none."""
    for block in titles:
        assert block
        title = plain(block.text)
        if block.level == 1:
            head = {"title": title, **head} if title else head
        if title != head.get("title"):
            report.omit("heading", title, block.line)
    return head


def _scenes(found: Iterator[Block]) -> list[_Scene]:
    """The blocks by scene; paragraphs before the first heading are a scene without a heading."""
    scenes: list[_Scene] = []
    for block in found:
        if block.level:
            scenes.append(_Scene(block))
        elif block.text or block.fields:
            if not scenes:
                scenes.append(_Scene(None))
            scenes[-1].paragraphs.append(block)
    return scenes


def _places(scenes: Sequence[_Scene], name: str) -> dict[str, str]:
    """The `file:line` of every scene and segment, by JSON path."""
    places: dict[str, str] = {}
    for i, scene in enumerate(scenes):
        places[f"$.scenes[{i}]"] = f"{name}:{scene.line}"
        places |= _places_below(f"$.scenes[{i}]", scene, name)
    return places


def _places_below(path: str, scene: _Scene, name: str) -> dict[str, str]:
    return {
        f"{path}.segments[{i}]": f"{name}:{block.line}" for i, block in enumerate(scene.paragraphs)
    }
