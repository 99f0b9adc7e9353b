"""What is inside of a paragraph or heading -> the words that are spoken, and its attributes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from narrate.base import limits
from narrate.config import Choice
from narrate.reading.markup import escape
from narrate.script.formats.markdown import attributes, marks
from narrate.script.formats.markdown.report import Report

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_FORMAT = re.compile(rf"</?(?:{marks.FORMATS})(?:\s+open)?\s*>", re.IGNORECASE)
_OWN_TAG = re.compile(rf"</?(?:{marks.OWN_TAGS})(?![\w:.-])", re.IGNORECASE)
_CLOSING = re.compile(r" *[.,)](?!\w)")
"""Punctuation that has no space before it in any language."""

_TICKS = re.compile("`+")


def is_comment(html: str) -> bool:
    """Whether HTML consists of nothing but comments."""
    *comments, rest = html.split("-->")
    return not rest.strip() and all(comment.lstrip().startswith("<!--") for comment in comments)


def comment_text(html: str) -> str:
    """What comments say."""
    return html.replace("<!--", " ").replace("-->", " ")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is said in one piece, its line, and the attributes at its end."""

    line: int
    text: str
    braces: tuple[str, ...]


@dataclass(slots=True)
class Words:
    """Gathers the words of one block, from its line on; problems and omissions are reported."""

    line: int
    report: Report
    env: dict[str, object]
    footnotes: Collection[str]
    """The labels of the footnotes that have a body, each after a colon."""

    images: Choice
    """What becomes of images, by the setting of this name."""

    braces: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    struck: list[str] | None = None
    has_gap: bool = False
    """Whether something was left out since words were said."""

    def read(self, content: str, parser: MarkdownIt, by_line: bool = False) -> Iterator[Piece]:
        """Parse what is inside of a block: one piece, or one for each line that says something."""
        begun = self.line
        for token in self._parse(content, parser):
            if by_line and token.type in ("softbreak", "hardbreak"):
                yield from self._piece(begun, always=False)
                begun = self.line + 1
            self._take(token)
        yield from self._piece(begun, always=not by_line)

    def _parse(self, content: str, parser: MarkdownIt) -> Iterator[Token]:
        for piece in _pieces(content):
            children: list[Token] = []
            parser.inline.parse(piece, parser, self.env, children)
            yield from children

    def _piece(self, line: int, always: bool) -> Iterator[Piece]:
        """What was gathered since the last piece, in narrate's notation."""
        text, braces = "".join(self.spoken).strip(), tuple(self.braces)
        if always or text or braces:
            if len(braces) > 1:
                attributes.refuse_middle(braces, self.line, self.report)
            yield Piece(line, text, braces[:1])
        self.spoken, self.braces = [], []

    def _take(self, token: Token) -> None:
        match token.type:
            case "softbreak" | "hardbreak":
                self._say("\n")
            case "text":
                self._say(token.content.replace("`", r"\`"))
            case "maths":
                self._say(token.content)
            case "text_special":
                self._say(escape(token.content))
            case "code_inline":
                self._say(_code(token.content))
            case "html_inline":
                self._html(token.content)
            case "omitted":
                self._omit(token.meta["kind"], token.content)
            case "attributes":
                self.braces.append(token.content)
            case _:
                self._mark(token)
        self.line += _lines(token)

    def _mark(self, token: Token) -> None:
        """Note a token that is not spoken."""
        match token.type:
            case "link_open" | "image":
                self.report.used.add(str(token.meta.get("label", "")))
                if token.type == "image":
                    self._image(token)
            case "s_open":
                self.struck = []
            case "s_close":
                self._omit("struck text", "".join(self.struck or []))
                self.struck = None
            case "footnote_ref":
                self._footnote(token.meta["label"])
            case "unclosed_attributes":
                attributes.refuse_unclosed(self.line, self.report)
            case "unclosed_comment":
                hint = r"end it with %%, or write \%\% for literal signs"
                self.report.problem("a comment that does not end with '%%'", self.line, hint)

    def _say(self, text: str) -> None:
        if self.struck is not None:
            self.struck.append(text)
            return
        if self.braces and text.strip():
            attributes.refuse_middle(self.braces, self.line, self.report)
            self.braces = []
        if self.has_gap and self.spoken and _CLOSING.match(text):
            self.spoken[-1], text = self.spoken[-1].rstrip(" "), text.lstrip(" ")
        self.has_gap = False
        self.spoken.append(text)

    def _html(self, html: str) -> None:
        if is_comment(html):
            self._omit("comment", comment_text(html))
        elif _BREAK.fullmatch(html):
            self._say("\n")
        elif _FORMAT.fullmatch(html):
            return
        elif _OWN_TAG.match(html):
            self._say(html)
        else:
            self.report.unspeakable("raw HTML", self.line)

    def _image(self, token: Token) -> None:
        """Say the text of an image, note it or refuse it."""
        line, alt = self.line, token.content
        if self.images == "speak" and alt.strip():
            for child in token.children or ():
                self._take(child)
            self.line = line
        elif self.images == "error":
            self.report.refuse("an image", "images", line)
        else:
            self._omit("image", alt or str(token.attrs.get("src", "")))

    def _footnote(self, label: str) -> None:
        self.has_gap = True
        if f":{label}" not in self.footnotes:
            self._omit("footnote mark", label)

    def _omit(self, kind: str, text: str) -> None:
        """Note what is left out."""
        self.report.omit(kind, text, self.line)
        self.has_gap = True


def _lines(token: Token) -> int:
    """How many lines the source of a token ends."""
    if token.type in ("softbreak", "hardbreak"):
        return 1
    return int(token.meta.get("lines", token.content.count("\n")))


def _code(content: str) -> str:
    """Code between one or two backticks; literal text if it has both inside."""
    if not content.strip():
        return content
    if "`" not in content:
        return f"`{content}`"
    inside = {len(ticks) for ticks in _TICKS.findall(content)}
    ticks = next((each for each in ("`", "``") if len(each) not in inside), None)
    return f"{ticks} {content} {ticks}" if ticks else escape(content)


def _pieces(content: str) -> Iterator[str]:
    """Parts that are short enough to be parsed fast, cut at a line, a sentence or a word."""
    start = 0
    while len(content) - start > limits.TEXT_CHARS:
        last = start + limits.TEXT_CHARS
        cuts = (content.rfind(sign, start, last) for sign in ("\n", ". ", " "))
        cut = next((cut for cut in cuts if cut > start), last - 1) + 1
        yield content[start:cut]
        start = cut
    yield content[start:]
