"""Markdown -> the tree of a script: headings are scenes, paragraphs are segments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from narrate.base import limits
from narrate.base.text import did_you_mean, quoted
from narrate.errors import ScriptError
from narrate.reading import utterances
from narrate.reading.markup import escape
from narrate.script.conversion import convert
from narrate.script.data import read_yaml
from narrate.script.document import FrontMatter
from narrate.script.model import ReadOptions
from narrate.script.parsed import Parsed

if TYPE_CHECKING:
    from markdown_it.token import Token

Fields = dict[str, object]
"""Fields of a script, a scene or a segment, by the names that they have in JSON."""

Attributes = Mapping[str, tuple[str, Callable[[str], object]]]
"""By the name of an attribute: its field in JSON, and what reads its value or raises ValueError."""

_HEADING: Attributes = {"id": ("id", str), "budget": ("budget", utterances.seconds)}
_PARAGRAPH: Attributes = {
    "id": ("id", str),
    "voice": ("voice", str),
    "language": ("language", str),
    "pause": ("pause_after", utterances.seconds),
    "seed": ("seed", int),
    "take": ("take", int),
}

_FIRST_SCENE = "start"
"""The id of the scene for paragraphs before the first heading."""

_LINES = 10 * limits.SEGMENTS
"""Parsing takes so long that a text with more lines, which cannot become a script, is refused."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading of a scene or a paragraph: what is said, and its attributes as fields."""

    is_heading: bool
    line: int
    text: str
    fields: Fields


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
        """Whether this is the document's title: a heading with no paragraphs and no attributes."""
        return self.heading is not None and not (self.paragraphs or self.heading.fields)

    def tree(self) -> Fields:
        """The scene as JSON has it."""
        if self.heading is None:
            fields: Fields = {"id": _FIRST_SCENE}
        else:
            fields = {"title": utterances.plain(self.heading.text), **self.heading.fields}
        return {
            **fields,
            "segments": [{"text": each.text, **each.fields} for each in self.paragraphs],
        }


def read_markdown(text: str, name: str, options: ReadOptions) -> Parsed:
    """Parse Markdown into a script's tree, and a map from JSON paths to `file:line`."""
    if text.count("\n") > _LINES:
        hint = "split it into several scripts"
        raise ScriptError(f"more than {_LINES} lines", where=name, hint=hint)
    head, body = _front_matter(text, name)
    found = _scenes(_blocks(body, name))
    scenes = [scene for scene in found if not scene.is_title]
    if not scenes:
        hint = "write a paragraph"
        raise ScriptError("nothing to say in this file", where=name, hint=hint)
    if any(scene.heading for scene in found):
        tree = {**head, "scenes": [scene.tree() for scene in scenes]}
        return Parsed(tree, _places(scenes, name))
    [only] = scenes
    return Parsed({**head, "segments": only.tree()["segments"]}, _places_below("$", only, name))


def _scenes(blocks: Iterator[_Block]) -> list[_Scene]:
    """The blocks by scene; paragraphs before the first heading are a scene without a heading."""
    scenes: list[_Scene] = []
    for block in blocks:
        if block.is_heading:
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


def _front_matter(text: str, name: str) -> tuple[Fields, str]:
    """The head as a tree, and the body with empty lines in place of the head, which keep the line
    numbers.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    end = next((i for i, line in enumerate(lines) if i and line.rstrip() in ("---", "...")), None)
    if end is None:
        hint = "end the front matter with a line of ---"
        raise ScriptError("front matter without an end", where=f"{name}:1", hint=hint)
    head = read_yaml("\n".join(["", *lines[1:end]]), name)
    body = "\n" * (end + 1) + "\n".join(lines[end + 1 :])
    return _merge_defaults({} if head is None else head, name), body


def _merge_defaults(head: object, name: str) -> Fields:
    """Move the short spellings of defaults to where the other formats have them."""
    convert(head, FrontMatter, lambda path: f"{name}: {path}")
    assert isinstance(head, dict)
    defaults = dict(head.get("defaults", {}))
    for short in ("voice", "pause_after"):
        if short in head and short in defaults:
            hint = f"keep one of `{short}` and `defaults.{short}`"
            raise ScriptError(f"{short!r} is given twice", where=f"{name}: $.{short}", hint=hint)
        if short in head:
            defaults[short] = head.pop(short)
    return {**head, "defaults": defaults}


def _blocks(body: str, name: str) -> Iterator[_Block]:
    """Every heading of level 1 or 2 and every paragraph, in order."""
    from markdown_it import MarkdownIt

    # markdown-it drops what is nested deeper than maxNesting without a warning. With a high limit,
    # deep nesting reaches Python's own limit, which is reported as an error.
    parser = MarkdownIt("commonmark", {"maxNesting": 1_000_000}).enable("table").disable("inline")
    env: dict[str, object] = {}
    container: Token | None = None
    for token in parser.parse(body, env):
        where = f"{name}:{_line(token)}"
        _check_block(token, where)
        if token.type != "inline":
            container = token
        elif container and (container.type == "paragraph_open" or container.tag in ("h1", "h2")):
            content, attributes = _split_attributes(token.content)
            _check_length(content, where)
            children: list[Token] = []
            parser.inline.parse(content, parser, env, children)
            is_heading = container.type == "heading_open"
            fields = _read_attributes(attributes, _HEADING if is_heading else _PARAGRAPH, where)
            yield _Block(is_heading, _line(token), _plain(children, where), fields)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _check_block(token: Token, where: str) -> None:
    """Refuse tables and raw HTML. Raises ScriptError."""
    if token.type == "table_open":
        raise _unspeakable("a table", where)
    if token.type == "html_block" and not _is_comment(token.content):
        raise _unspeakable("raw HTML", where)


def _check_length(content: str, where: str) -> None:
    if len(content) > limits.TEXT_CHARS:
        hint = "split it with a blank line"
        raise ScriptError(f"longer than {limits.TEXT_CHARS} characters", where=where, hint=hint)


def _unspeakable(what: str, where: str) -> ScriptError:
    hint = "say it in words, or put it in a comment: <!-- ... -->"
    return ScriptError(f"{what} cannot be spoken", where=where, hint=hint)


def _is_comment(html: str) -> bool:
    *comments, rest = html.split("-->")
    return not rest.strip() and all(comment.lstrip().startswith("<!--") for comment in comments)


def _plain(children: Sequence[Token], where: str) -> str:
    """What is spoken of a paragraph: the text without its markup. Raises ScriptError for HTML."""
    words = []
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        elif token.type == "text":
            words.append(token.content)
        elif token.type in ("text_special", "code_inline"):
            # An escaped or quoted sign does not begin markup.
            words.append(escape(token.content))
        elif token.type == "html_inline" and not _is_comment(token.content):
            raise _unspeakable("raw HTML", where)
    return "".join(words).strip()


def _split_attributes(content: str) -> tuple[str, str]:
    """Split a text from its attributes, a trailing `{#id key=value}`.

    Other braces, as in mathematics, stay in the text: attributes follow a space, or begin with an
    id, and hold nothing else.
    """
    if not content.endswith("}"):
        return content, ""
    text, _, inner = content[:-1].rpartition("{")
    alone = not text or text[-1].isspace() or (inner.startswith("#") and text[-1] != "\\")
    words = inner.split()
    if alone and words and all(word.startswith("#") or "=" in word.strip("=") for word in words):
        return text.rstrip(), inner
    return content, ""


def _read_attributes(written: str, known: Attributes, where: str) -> Fields:
    """Read `#id key=value ...` as fields. Raises ScriptError."""
    fields: Fields = {}
    for word in written.split():
        key, _, value = ("id", "", word[1:]) if word.startswith("#") else word.partition("=")
        if key not in known:
            hint = did_you_mean(key, known)
            raise ScriptError(f"unknown attribute {quoted(key)}", where=where, hint=hint)
        name, read = known[key]
        if name in fields:
            hint = "keep one of them"
            raise ScriptError(f"attribute {key!r} is given twice", where=where, hint=hint)
        try:
            fields[name] = read(value)
        except ValueError:
            what = f"{quoted(value)} is not a value for {key!r}"
            hint = "write it as in {#id pause=0.5s seed=7}"
            raise ScriptError(what, where=where, hint=hint) from None
    return fields
