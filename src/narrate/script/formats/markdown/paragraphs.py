"""The blocks of a Markdown text -> headings and paragraphs, each with what is said in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from narrate.reading.utterances import plain
from narrate.script.formats.markdown import attributes, blocks, marks, tables
from narrate.script.formats.markdown.attributes import Fields
from narrate.script.formats.markdown.report import Report
from narrate.script.formats.markdown.words import Piece, Words, comment_text, is_comment
from narrate.script.model import ReadOptions

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TASK = re.compile(r"\[[^\[\]]\][ \t]+")
_CALLOUT = re.compile(r"\[!([\w-]+)(?:\|[^\[\]]*)?\][+-]?[ \t]*(.*)(?:\n|\Z)")
_CODE = ("fence", "code_block")
_OWN_WORDS = ("say", "audio")
"""Fields by which an author says how something is spoken, whatever the settings are."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading of a scene, with its level, or a paragraph: what is said, and its fields."""

    line: int
    text: str
    fields: Fields
    level: int = 0


class Reader:
    """Goes through the blocks of one file."""

    def __init__(self, report: Report, options: ReadOptions) -> None:
        self.report = report
        self.options = options
        self.env: dict[str, object] = {}
        self.footnotes: frozenset[str] = frozenset()

    def blocks(self, body: str) -> Iterator[Block]:
        """Every heading of a scene and every paragraph, in order."""
        parser, tokens = blocks.parse(body, self.env)
        lines = body.split("\n")
        self.footnotes = _labels(self.env)
        stream = enumerate(tokens)
        for i, token in stream:
            if token.type == "footnote_reference_open":
                _until("footnote_reference_close", stream)
                self.report.omit("footnote", _source(token, lines), _line(token))
            elif token.type == "table_open":
                rows = tables.rows(_until("table_close", stream))
                yield from self._table(token, rows, _source(token, lines), parser)
            elif token.type == "inline":
                yield from self._inline(token, tokens[max(0, i - 2) : i], parser)
            elif token.type == "fence" and token.info.split()[:1] == ["math"]:
                yield from self._mathematics(token)
            else:
                self._silent(token)
        self._unused(tokens)

    def _silent(self, token: Token) -> None:
        """Note a block that is not spoken."""
        line = _line(token)
        if token.type in _CODE:
            self.report.omit("code block", f"{token.info} {token.content}", line)
        elif token.type == "omitted":
            self.report.omit(token.meta["kind"], token.content, line)
        elif token.type == "html_block" and is_comment(token.content):
            self.report.omit("comment", comment_text(token.content), line)
        elif token.type == "html_block":
            self.report.unspeakable("raw HTML", line)

    def _inline(self, token: Token, before: Sequence[Token], parser: MarkdownIt) -> Iterator[Block]:
        line, content = _line(token), token.content
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

    def _callout(self, callout: re.Match[str], line: int, parser: MarkdownIt) -> Iterator[Block]:
        """The title of `> [!note] Title`."""
        if callout[2].strip():
            yield from self._paragraph(callout[2], line, parser)
        else:
            self.report.omit("callout", callout[1], line)

    def _heading(self, content: str, level: int, line: int, parser: MarkdownIt) -> Iterator[Block]:
        known = attributes.HEADING if level <= 2 else attributes.PARAGRAPH
        for piece in self._words(line).read(content, parser):
            block = self._block(piece, known, level if level <= 2 else 0)
            if level <= 2 or self.options.headings == "speak":
                yield block
            else:
                self.report.omit("heading", plain(block.text), line)

    def _paragraph(self, content: str, line: int, parser: MarkdownIt) -> Iterator[Block]:
        for piece in self._words(line).read(content, parser, self._is_by_line):
            block = self._block(piece, attributes.PARAGRAPH)
            if marks.is_formula(block.text):
                yield from self._formula(block)
            else:
                yield block

    def _mathematics(self, token: Token) -> Iterator[Block]:
        """A block of code in the language `math`, which is a formula."""
        block = Block(_line(token), f"$${token.content.strip()}$$", {})
        if marks.is_formula(block.text):
            yield from self._formula(block)
        elif token.content.strip():
            hint = "write it without '$', and end it without a backslash"
            self.report.problem("a block of mathematics that is not a formula", block.line, hint)

    def _formula(self, block: Block) -> Iterator[Block]:
        """A formula in a paragraph of its own."""
        if self._is_spoken("formula", block.fields, block.text, block.line):
            yield block

    def _table(
        self, token: Token, rows: list[tables.Row], source: str, parser: MarkdownIt
    ) -> Iterator[Block]:
        """The rows of a table: each is a sentence, or a block with `--segments line`."""
        fields = self._below(rows, parser)
        if not self._is_spoken("table", fields, source, _line(token)):
            return
        for line in token.meta["wide"]:
            hint = r"write \| for a literal '|', or remove a cell"
            self.report.problem("a row with more cells than its table has columns", line + 1, hint)
        spoken = self._rows(rows, parser)
        if not (spoken and self._is_by_line):
            spoken = [Block(_line(token), "\n".join(row.text for row in spoken), {})]
        yield from spoken[:-1]
        yield replace(spoken[-1], fields=fields)

    def _below(self, rows: list[tables.Row], parser: MarkdownIt) -> Fields:
        """The attributes below a table, which are taken from its rows."""
        if len(rows) == 1 or not tables.are_attributes(rows[-1]):
            return {}
        cell = rows.pop()[0]
        [piece] = self._words(_line(cell)).read(cell.content, parser)
        return self._block(piece, attributes.PARAGRAPH).fields

    def _rows(self, rows: list[tables.Row], parser: MarkdownIt) -> list[Block]:
        header, *texts = [[self._cell(cell, parser) for cell in row] for row in rows]
        for name in tables.unsaid(header, texts):
            self.report.omit("table header", plain(name), _line(rows[0][0]))
        return [
            Block(_line(row[0]), tables.sentence(header, cells), {})
            for row, cells in zip(rows[1:], texts, strict=True)
        ]

    def _cell(self, token: Token, parser: MarkdownIt) -> str:
        [piece] = self._words(_line(token)).read(token.content, parser)
        if piece.braces:
            attributes.refuse_middle(piece.braces, piece.line, self.report)
        return piece.text.replace("\n", " ")

    @property
    def _is_by_line(self) -> bool:
        return self.options.segments == "line"

    def _is_spoken(self, kind: str, fields: Fields, source: str, line: int) -> bool:
        """Whether a table or formula is spoken; if it is not, that is noted."""
        has_own_words = any(name in fields for name in _OWN_WORDS)
        choice = "speak" if has_own_words else getattr(self.options, f"{kind}s")
        if choice == "skip":
            self.report.omit(kind, source, line)
        elif choice == "error":
            advice = ', or give it words: {say="..."}'
            self.report.refuse(f"a {kind}", f"{kind}s", line, advice)
        return bool(choice == "speak")

    def _words(self, line: int) -> Words:
        return Words(line, self.report, self.env, self.footnotes, self.options.images)

    def _block(self, piece: Piece, known: attributes.Known, level: int = 0) -> Block:
        fields: Fields = {}
        for written in piece.braces:
            fields = attributes.read(written, known, piece.line, self.report)
        return Block(piece.line, piece.text, fields, level)

    def _unused(self, tokens: Sequence[Token]) -> None:
        """Note the link definitions that no link uses."""
        for token in tokens:
            if token.type == "definition" and token.meta["id"] not in self.report.used:
                text = f"[{token.meta['label']}]: {token.meta['url']} {token.meta['title']}"
                self.report.omit("link definition", text, _line(token))


def _until(last: str, stream: Iterator[tuple[int, Token]]) -> list[Token]:
    """The tokens before the next one of a type, which is taken too."""
    return [token for _, token in takewhile(lambda each: each[1].type != last, stream)]


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _source(token: Token, lines: Sequence[str]) -> str:
    """The lines of a block."""
    return "\n".join(lines[slice(*token.map)]) if token.map else ""


def _labels(env: dict[str, object]) -> frozenset[str]:
    """The labels of footnotes that have a body, each after a colon."""
    footnotes = env.get("footnotes", {})
    assert isinstance(footnotes, dict)
    return frozenset(footnotes.get("refs", ()))
