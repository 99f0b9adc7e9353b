"""Markdown -> the tree of a script: headings are scenes, paragraphs are segments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from narrate.base import limits
from narrate.base.text import did_you_mean, quoted
from narrate.errors import ScriptError
from narrate.reading import utterances as spoken
from narrate.script.data import read_yaml
from narrate.script.document import FrontMatter, convert

_HEADING = {"id": "id", "budget": "budget"}
_PARAGRAPH = {
    "id": "id",
    "voice": "voice",
    "language": "language",
    "pause": "pause_after",
    "seed": "seed",
    "take": "take",
}
_READ: dict[str, Callable[[str], object]] = {
    "budget": spoken.seconds,
    "pause": spoken.seconds,
    "seed": int,
    "take": int,
}
_IMPLICIT_SCENE = "start"
_LINES = 10 * limits.SEGMENTS
"""Parsing takes long enough to stop at what cannot become a script."""


@dataclass
class _Outline:
    """What has been read so far, and the line of each part."""

    name: str
    scenes: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)
    """id() of each scene and segment -> line; both live as long as the outline."""

    def add_scene(self, line: int, **fields: object) -> None:
        self.scenes.append({**fields, "segments": []})
        self.lines[id(self.scenes[-1])] = line

    def add_segment(self, line: int, **fields: object) -> None:
        if not self.scenes:
            self.add_scene(line, id=_IMPLICIT_SCENE)
        segment = dict(fields)
        self.scenes[-1]["segments"].append(segment)
        self.lines[id(segment)] = line


def read_markdown(text: str, name: str) -> tuple[object, dict[str, str]]:
    """Parse Markdown into a script's tree, and a map from JSON paths to `file:line`."""
    if text.count("\n") > _LINES:
        hint = "split it into several scripts"
        raise ScriptError(f"more than {_LINES} lines", where=name, hint=hint)
    head, body = _front_matter(text, name)
    outline = _Outline(name)
    has_scenes = False
    for kind, line, children, attributes in _blocks(body, name):
        fields = _attributes(
            attributes, _HEADING if kind == "heading" else _PARAGRAPH, f"{name}:{line}"
        )
        words = _plain(children, f"{name}:{line}")
        if kind == "heading":
            has_scenes = True
            outline.add_scene(line, title=words.replace("\\[", "["), **fields)
        elif words.strip() or fields:
            outline.add_segment(line, text=words, **fields)
    return _tree(head, outline, has_scenes)


def _tree(
    head: dict[str, Any], outline: _Outline, has_scenes: bool
) -> tuple[object, dict[str, str]]:
    # A heading with nothing under it and nothing said about it is the document's title, not a
    # scene.
    scenes = [scene for scene in outline.scenes if scene["segments"] or len(scene) > 2]
    if not scenes:
        raise ScriptError(
            "nothing to say in this file", where=outline.name, hint="write a paragraph"
        )
    lines = {}
    for i, scene in enumerate(scenes):
        at = f"$.scenes[{i}]" if has_scenes else "$"
        if has_scenes:
            lines[at] = f"{outline.name}:{outline.lines[id(scene)]}"
        for j, segment in enumerate(scene["segments"]):
            lines[f"{at}.segments[{j}]"] = f"{outline.name}:{outline.lines[id(segment)]}"
    if has_scenes:
        return {**head, "scenes": scenes}, lines
    return {**head, "segments": scenes[0]["segments"]}, lines


def _front_matter(text: str, name: str) -> tuple[dict[str, Any], str]:
    """The head as a tree, and the body with blank lines in the head's place, to keep its line
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
    return _merge_defaults({} if head is None else head, name), "\n" * (end + 1) + "\n".join(
        lines[end + 1 :]
    )


def _merge_defaults(head: Any, name: str) -> dict[str, Any]:
    """Move the short spellings of defaults to where the other formats have them."""
    convert(head, FrontMatter, lambda path: f"{name}: {path}")
    defaults = dict(head.get("defaults", {}))
    for short in ("voice", "pause_after"):
        if short in head and short in defaults:
            hint = f"keep one of `{short}` and `defaults.{short}`"
            raise ScriptError(f"{short!r} is given twice", where=f"{name}: $.{short}", hint=hint)
        if short in head:
            defaults[short] = head.pop(short)
    return {**head, "defaults": defaults}


def _blocks(body: str, name: str) -> Iterator[tuple[str, int, list[Any], str]]:
    """Each scene's heading and each paragraph: kind, line, parsed inline tokens, attributes as
    written.
    """
    from markdown_it import MarkdownIt

    # What nests deeper than maxNesting is left out without a word; Python's own limit is an error
    # instead.
    parser = MarkdownIt("commonmark", {"maxNesting": 1_000_000}).enable("table").disable("inline")
    env: dict[str, Any] = {}
    opened = None
    for token in parser.parse(body, env):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "table_open" or (
            token.type == "html_block" and not _is_comment(token.content)
        ):
            _refuse("a table" if token.type == "table_open" else "raw HTML", f"{name}:{line}")
        if token.type != "inline":
            opened = token
            continue
        assert opened is not None
        if opened.type == "paragraph_open" or opened.tag in ("h1", "h2"):
            content, attributes = _split_attributes(token.content)
            if len(content) > limits.TEXT_CHARS:
                hint = "split it with a blank line"
                raise ScriptError(
                    f"longer than {limits.TEXT_CHARS} characters", where=f"{name}:{line}", hint=hint
                )
            children: list[Any] = []
            parser.inline.parse(content, parser, env, children)
            yield opened.type.removesuffix("_open"), line, children, attributes


def _refuse(what: str, where: str) -> None:
    hint = "say it in words, or put it in a comment: <!-- ... -->"
    raise ScriptError(f"{what} cannot be spoken", where=where, hint=hint)


def _is_comment(html: str) -> bool:
    *comments, rest = html.split("-->")
    return not rest.strip() and all(comment.lstrip().startswith("<!--") for comment in comments)


def _plain(children: list[Any], where: str) -> str:
    """What is spoken of a paragraph: the text without its markup."""
    words = []
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        elif token.type == "text":
            words.append(token.content)
        elif token.type in ("text_special", "code_inline"):
            # Escaped or quoted, a bracket opens no tag.
            words.append(token.content.replace("[", "\\["))
        elif token.type == "html_inline" and not _is_comment(token.content):
            _refuse("raw HTML", where)
    return "".join(words).strip()


def _split_attributes(content: str) -> tuple[str, str]:
    """Part a trailing `{#id key=value}` from the text; other braces, as in mathematics, stay text."""
    if not content.endswith("}"):
        return content, ""
    text, _, inner = content[:-1].rpartition("{")
    alone = not text or text[-1].isspace() or (inner.startswith("#") and text[-1] != "\\")
    words = inner.split()
    if alone and words and all(word.startswith("#") or "=" in word.strip("=") for word in words):
        return text.rstrip(), inner
    return content, ""


def _attributes(written: str, known: dict[str, str], where: str) -> dict[str, object]:
    """Read `#id key=value ...` into a segment's or scene's fields."""
    fields: dict[str, object] = {}
    for word in written.split():
        key, _, value = ("id", "", word[1:]) if word.startswith("#") else word.partition("=")
        if key not in known:
            raise ScriptError(
                f"unknown attribute {quoted(key)}", where=where, hint=did_you_mean(key, known)
            )
        if known[key] in fields:
            raise ScriptError(
                f"attribute {key!r} is given twice", where=where, hint="keep one of them"
            )
        try:
            fields[known[key]] = _READ.get(key, str)(value)
        except ValueError:
            hint = "write it as in {#id pause=0.5s seed=7}"
            raise ScriptError(
                f"{quoted(value)} is no value for {key!r}", where=where, hint=hint
            ) from None
    return fields
