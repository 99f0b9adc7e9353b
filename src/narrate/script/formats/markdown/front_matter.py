"""Front matter of Markdown, in YAML or TOML: narrate reads its own keys and names the rest."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from narrate.base import limits
from narrate.base.text import printable, quoted
from narrate.errors import ScriptError, ScriptErrors
from narrate.script.conversion import convert
from narrate.script.document import Defaults, Document, FrontMatter
from narrate.script.formats.data import read_yaml
from narrate.script.formats.markdown.attributes import Fields
from narrate.script.formats.markdown.report import Report
from narrate.script.model import Note

_ENDS = {"---": ("---", "..."), "+++": ("+++",)}
_OTHER = ("{", ";;;")
_ENTRY = re.compile(r"""["']?[\w$][\w$ .-]*+["']?[ \t]*:(?:[ \t]|$)|\?[ \t]|\{[^{%]""")
_ALIKE = 0.8
"""Above this ratio of difflib, a foreign key is taken for one of ours that is misspelled."""

_NAMED = 12
"""How many ignored keys a note names."""

_TOML_BYTES = 65_536
"""TOML is parsed in quadratic time if it is odd enough."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key of front matter in YAML, its value if that can be a title, and where it stands."""

    key: str
    title: str | None
    start: int
    end: int


def split(text: str, report: Report) -> tuple[Fields, str]:
    """The head as a tree, and the body with empty lines in place of the head, which keep the line
    numbers. What is wrong inside the head goes into the report. Raises ScriptError.
    """
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    fence = lines[start].rstrip()
    if fence.startswith("% "):
        return _title_block(lines, start, report)
    if fence in _OTHER:
        what = "front matter in a format that narrate does not read"
        hint = "write it as YAML between lines of ---, or as TOML between lines of +++"
        raise ScriptError(what, where=report.at(start + 1), hint=hint)
    if fence not in _ENDS or not _begins(fence, lines[start + 1 :]):
        return {}, text
    end = _end(lines, start, fence, report)
    inside = "\n".join([*[""] * (start + 1), *lines[start + 1 : end]])
    read = _toml if fence == "+++" else _yaml
    tree: Fields = {}
    try:
        tree = _merge_defaults(read(inside, start + 1, report), report.name)
    except ScriptErrors as several:
        report.problems += several.problems
    except ScriptError as error:
        report.problems.append(error)
    return tree, "\n" * (end + 1) + "\n".join(lines[end + 1 :])


def _title_block(lines: Sequence[str], start: int, report: Report) -> tuple[Fields, str]:
    """The title block of Pandoc: up to three lines, with title, authors and date."""
    end = start + 1
    while end < min(start + 3, len(lines)) and lines[end].startswith("%"):
        report.omit("title block", lines[end][1:], end + 1)
        end += 1
    body = "\n" * end + "\n".join(lines[end:])
    return {"title": lines[start][1:].strip()}, body


def _begins(fence: str, rest: Sequence[str]) -> bool:
    """Whether what follows `---` is an entry of YAML; otherwise the line is only a rule."""
    first = next((line for line in rest if line[:1] != "#"), "")
    return fence == "+++" or first.rstrip() in _ENDS[fence] or bool(_ENTRY.match(first))


def _end(lines: Sequence[str], start: int, fence: str, report: Report) -> int:
    for i in range(start + 1, len(lines)):
        if lines[i].rstrip() in _ENDS[fence]:
            return i
    hint = f"end the front matter with a line of {fence}"
    raise ScriptError("front matter without an end", where=report.at(start + 1), hint=hint)


def _yaml(text: str, line: int, report: Report) -> Fields:
    """The own keys of front matter in YAML, which are read as strictly as a script."""
    entries = _entries(text)
    foreign = [entry for entry in entries if not _is_ours(entry.key)]
    titles = _titles(entries)
    _note([entry.key for entry in foreign], line, report)
    own = read_yaml(_without(text, {*foreign, *titles}, entries), report.name)
    tree = {} if own is None else own
    if titles and isinstance(tree, dict):
        tree = {"title": titles[0].title, **tree}
    return _checked(tree, report)


def _checked(tree: object, report: Report) -> Fields:
    """A tree that was read, if it fits. Raises ScriptError."""
    convert(tree, FrontMatter, lambda path: f"{report.name}: {path}")
    assert isinstance(tree, dict)
    return tree


def _entries(text: str) -> list[_Entry]:
    """The entries of front matter in YAML; none if it is not a mapping with a line for each key,
    or not valid.
    """
    import yaml

    if len(text) > limits.YAML_BYTES:
        return []
    try:
        top = list(_top(islice(yaml.parse(text, yaml.SafeLoader), 2 * limits.YAML_VALUES)))
    except (yaml.YAMLError, ValueError):
        return []
    keys, values = top[::2], top[1::2]
    if len(keys) != len(values) or not all(isinstance(key, yaml.ScalarEvent) for key in keys):
        return []
    starts = [key.start_mark.index for key in keys]
    ends = [*starts, len(text)][1:]
    return [
        _Entry(key.value, _title(value), start, end)
        for key, value, start, end in zip(keys, values, starts, ends, strict=True)
    ]


def _top(events: Iterable[Any]) -> Iterator[Any]:
    """The first event of each key and value of a mapping in block style, in turn."""
    import yaml

    depth = 0
    for event in events:
        if depth == 1 and isinstance(event, yaml.NodeEvent):
            yield event
        if isinstance(event, yaml.CollectionStartEvent):
            if not depth and (event.flow_style or isinstance(event, yaml.SequenceStartEvent)):
                return
            depth += 1
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _title(event: Any) -> str | None:
    """A value as a title: as it is written, even if it looks like a number or a date."""
    import yaml

    plain = isinstance(event, yaml.ScalarEvent) and not (event.tag or event.anchor or event.style)
    return event.value if plain and event.value not in ("", "~", "null") else None


def _titles(entries: Sequence[_Entry]) -> list[_Entry]:
    """The entry of the title, if it can be taken as it is written."""
    found = [entry for entry in entries if entry.key == "title"]
    return found if len(found) == 1 and found[0].title is not None else []


def _without(text: str, left_out: Collection[_Entry], entries: Sequence[_Entry]) -> str:
    """The text with empty lines in place of some entries."""
    parts = [text[: entries[0].start] if entries else text]
    for entry in entries:
        part = text[entry.start : entry.end]
        parts.append("\n" * part.count("\n") if entry in left_out else part)
    return "".join(parts)


def _toml(text: str, line: int, report: Report) -> Fields:
    """The own keys of front matter in TOML."""
    hint = "correct the syntax"
    if len(text) > _TOML_BYTES:
        what = f"front matter in TOML larger than {_TOML_BYTES // 1024} KiB"
        raise ScriptError(what, where=report.at(line), hint="write it in YAML")
    try:
        tree = tomllib.loads(text + "\n")
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        place = report.at(int(found[1]) if found else line)
        what = f"not valid TOML: {printable(str(error))[:200]}"
        raise ScriptError(what, where=place, hint=hint) from None
    _note([key for key in tree if not _is_ours(key)], line, report)
    return _checked({key: value for key, value in tree.items() if _is_ours(key)}, report)


def _names(*kinds: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)}


def _is_ours(key: str) -> bool:
    """Whether a key is one of ours, or looks as if it was meant to be."""
    from difflib import get_close_matches

    plain = key.casefold().replace("-", "_")
    if plain in {*_names(FrontMatter, Document, Defaults), "pause"}:
        return True
    return bool(get_close_matches(plain[:100], _names(FrontMatter), 1, _ALIKE))


def _note(foreign: Sequence[str], line: int, report: Report) -> None:
    """Name the keys that were ignored."""
    if foreign:
        named = ", ".join(quoted(key) for key in foreign[:_NAMED])
        more = f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else ""
        what = f"narrate does not read these keys of the front matter: {named}{more}"
        report.notes.append(Note(report.at(line), what))


def _merge_defaults(head: Fields, name: str) -> Fields:
    """Move the short spellings of defaults to where the other formats have them."""
    given = head.get("defaults", {})
    assert isinstance(given, dict)
    defaults = dict(given)
    for short in ("voice", "pause_after"):
        if short in head and short in defaults:
            hint = f"keep one of `{short}` and `defaults.{short}`"
            raise ScriptError(f"{short!r} is given twice", where=f"{name}: $.{short}", hint=hint)
        if short in head:
            defaults[short] = head[short]
    return {
        **{k: v for k, v in head.items() if k not in ("voice", "pause_after")},
        "defaults": defaults,
    }
