"""The blocks of a Markdown text -> scenes and segments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from narrate.base import limits
from narrate.errors import ScriptError
from narrate.reading.utterances import plain
from narrate.script.formats.markdown import attributes, blocks, front_matter
from narrate.script.formats.markdown.attributes import Fields
from narrate.script.formats.markdown.report import Report
from narrate.script.formats.markdown.words import Piece, Words, comment_text, is_comment
from narrate.script.formats.parsed import Parsed, nothing_to_say
from narrate.script.model import ReadOptions

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FIRST_SCENE = "start"
"""The id of the scene for paragraphs before the first heading."""

_LINES = 10 * limits.SEGMENTS
"""Parsing takes so long that a text with more lines, which cannot become a script, is refused."""

_SIGNS = "*_[]<`~=!&\\$%{#^:|"
"""The parser looks at each of them more closely than at other characters."""

_TASK = re.compile(r"\[[^\[\]]\][ \t]+")
_CALLOUT = re.compile(r"\[!([\w-]+)(?:\|[^\[\]]*)?\][+-]?[ \t]*(.*)(?:\n|\Z)")
_CODE = ("fence", "code_block")


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading of a scene, with its level, or a paragraph: what is said, and its fields."""

    line: int
    text: str
    fields: Fields
    level: int = 0


@dataclass(slots=True)
class _Scene:
    """The paragraphs below a heading; `heading` is None for those before the first one."""

    heading: _Block | None
    paragraphs: list[_Block] = field(default_factory=list)

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
    found = _scenes(_Reader(report, options).blocks(body))
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


def _titled(head: Fields, titles: Sequence[_Block | None], report: Report) -> Fields:
    """The head, with the first heading that is only a title as the title if it has none."""
    for block in titles:
        assert block
        title = plain(block.text)
        if block.level == 1:
            head = {"title": title, **head} if title else head
        if title != head.get("title"):
            report.omit("heading", title, block.line)
    return head


def _scenes(found: Iterator[_Block]) -> list[_Scene]:
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


class _Reader:
    """Goes through the blocks of one file."""

    def __init__(self, report: Report, options: ReadOptions) -> None:
        self.report = report
        self.options = options
        self.env: dict[str, object] = {}
        self.footnotes: frozenset[str] = frozenset()

    def blocks(self, body: str) -> Iterator[_Block]:
        """Every heading of a scene and every paragraph, in order."""
        parser, tokens = blocks.parse(body, self.env)
        lines = body.split("\n")
        self.footnotes = _labels(self.env)
        skipped = None
        for i, token in enumerate(tokens):
            if skipped:
                skipped = None if token.type == skipped else skipped
            elif token.type in ("footnote_reference_open", "table_open"):
                skipped = token.type.replace("_open", "_close")
                self._skip(token, lines)
            elif token.type == "inline":
                yield from self._inline(token, tokens[max(0, i - 2) : i], parser)
            else:
                self._silent(token)
        self._unused(tokens)

    def _skip(self, token: Token, lines: Sequence[str]) -> None:
        """Note a footnote or a table, of which nothing is spoken."""
        first, end = token.map or (0, 0)
        if token.type == "table_open":
            self.report.unspeakable("a table", first + 1)
        else:
            self.report.omit("footnote", "\n".join(lines[first:end]), first + 1)

    def _silent(self, token: Token) -> None:
        """Note a block that is not spoken."""
        line = token.map[0] + 1 if token.map else 0
        if token.type in _CODE:
            self.report.omit("code block", f"{token.info} {token.content}", line)
        elif token.type == "omitted":
            self.report.omit(token.meta["kind"], token.content, line)
        elif token.type == "html_block" and is_comment(token.content):
            self.report.omit("comment", comment_text(token.content), line)
        elif token.type == "html_block":
            self.report.unspeakable("raw HTML", line)

    def _inline(
        self, token: Token, before: Sequence[Token], parser: MarkdownIt
    ) -> Iterator[_Block]:
        line, content = token.map[0] + 1 if token.map else 0, token.content
        container = before[-1]
        if container.type == "heading_open":
            yield from self._heading(content, int(container.tag[1]), line, parser)
            return
        within = before[0].type if len(before) > 1 else ""
        if within == "list_item_open":
            content = _TASK.sub("", content, count=1) if _TASK.match(content) else content
        if within == "blockquote_open" and (callout := _CALLOUT.match(content)):
            yield from self._callout(callout, line, parser)
            content, line = content[callout.end() :], line + 1
        if content:
            yield from self._paragraph(content, line, parser)

    def _callout(self, callout: re.Match[str], line: int, parser: MarkdownIt) -> Iterator[_Block]:
        """The title of `> [!note] Title`."""
        if callout[2].strip():
            yield from self._paragraph(callout[2], line, parser)
        else:
            self.report.omit("callout", callout[1], line)

    def _heading(self, content: str, level: int, line: int, parser: MarkdownIt) -> Iterator[_Block]:
        known = attributes.HEADING if level <= 2 else attributes.PARAGRAPH
        words = Words(line, self.report, self.env, self.footnotes)
        for piece in words.read(content, parser):
            block = self._block(piece, known, level if level <= 2 else 0)
            if level <= 2 or self.options.headings == "speak":
                yield block
            else:
                self.report.omit("heading", plain(block.text), line)

    def _paragraph(self, content: str, line: int, parser: MarkdownIt) -> Iterator[_Block]:
        words = Words(line, self.report, self.env, self.footnotes)
        for piece in words.read(content, parser, self.options.segments == "line"):
            yield self._block(piece, attributes.PARAGRAPH)

    def _block(self, piece: Piece, known: attributes.Known, level: int = 0) -> _Block:
        fields: Fields = {}
        for written in piece.braces:
            fields = attributes.read(written, known, piece.line, self.report)
        return _Block(piece.line, piece.text, fields, level)

    def _unused(self, tokens: Sequence[Token]) -> None:
        """Note the link definitions that no link uses."""
        for token in tokens:
            if token.type == "definition" and token.meta["id"] not in self.report.used:
                text = f"[{token.meta['label']}]: {token.meta['url']} {token.meta['title']}"
                self.report.omit("link definition", text, token.map[0] + 1 if token.map else 0)


def _labels(env: dict[str, object]) -> frozenset[str]:
    """The labels of footnotes that have a body, each after a colon."""
    footnotes = env.get("footnotes", {})
    assert isinstance(footnotes, dict)
    return frozenset(footnotes.get("refs", ()))
