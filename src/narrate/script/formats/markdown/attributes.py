"""Attributes in Markdown, `{#id key=value key="two words"}` -> fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from narrate.base import units
from narrate.base.text import did_you_mean, quoted
from narrate.script.formats.markdown.report import Report

Fields = dict[str, object]
"""Fields of a script, a scene or a segment, by the names that they have in JSON."""

Known = Mapping[str, tuple[str, Callable[[str], object]]]
"""By the name of an attribute: its field in JSON, and what reads its value or raises ValueError."""

HEADING: Known = {"id": ("id", str), "budget": ("budget", units.seconds)}
PARAGRAPH: Known = {
    "id": ("id", str),
    "say": ("say", str),
    "audio": ("audio", str),
    "caption": ("caption", str),
    "voice": ("voice", str),
    "language": ("language", str),
    "reading": ("reading", str),
    "pause": ("pause_after", units.seconds),
    "pause_after": ("pause_after", units.seconds),
    "seed": ("seed", int),
    "take": ("take", int),
}

_HINT = r'write it as in {#id pause=0.5s say="two words"}, or \{ for a literal brace'

_BEGINNING = re.compile(
    r"\{:?[ \t]*(?:(#)|\.[A-Za-z_-]|([A-Za-z][\w-]+)=)|\{:[ \t]*[A-Za-z]\w*[ \t]*\}"
)
_OF_TEXT = re.compile(r"[\w{}$]")
"""After one of these, a brace belongs to the text unless an id or a known key follows it."""

_ITEM = re.compile(
    r"""
    \s* (?: (?P<end>\})
    | (?P<key>[A-Za-z_][\w-]*) = (?P<value>"(?:[^"\\]|\\.)*+" | '(?:[^'\\]|\\.)*+' | [^\s{}"']++)
    | (?P<word>[^\s}]++) )
    """,
    re.VERBOSE | re.DOTALL,
)


def begin(text: str, at: int, end: int) -> bool:
    """Whether attributes begin at the brace in `text[at]`.

    Other braces, as in mathematics, stay in the text.
    """
    beginning = _BEGINNING.match(text, at, end)
    before = text[at - 1] if at else " "
    if beginning is None or before in "_^\\":
        return False
    ours = beginning[1] or beginning[2] in {*HEADING, *PARAGRAPH}
    return bool(ours) or not _OF_TEXT.match(before)


def are_foreign(text: str, at: int, end: int) -> bool:
    """Whether the attributes in `text[at:end]` are not for narrate: they are classes or, directly
    after a link, an image or code, of any kind.
    """
    items = list(_ITEM.finditer(text, _start(text, at), end - 1))
    words = [item["word"] or "" for item in items]
    if any(item["key"] in {*HEADING, *PARAGRAPH} for item in items):
        return False
    if any(word.startswith("#") for word in words):
        return False
    is_attached = text[max(0, at - 1) : at] in (")", "]", "`")
    return is_attached or text[at + 1] == ":" or all(word.startswith(".") for word in words)


def close(text: str, at: int, end: int) -> int | None:
    """Where the attributes that begin in `text[at]` end; None if they do not."""
    for item in _ITEM.finditer(text, _start(text, at), end):
        if item["end"]:
            return item.end()
    return None


def read(written: str, known: Known, line: int, report: Report) -> Fields:
    """Read `{#id key=value ...}` as fields; what is invalid goes into the report."""
    fields: Fields = {}
    for item in _ITEM.finditer(written, _start(written, 0), len(written) - 1):
        key, value = item["key"], item["value"]
        if key is None and item["word"].startswith("#"):
            key, value = "id", item["word"][1:]
        if key is None:
            _refuse(item["word"], line, report)
        elif key not in known:
            hint = did_you_mean(key, known)
            report.problem(f"unknown attribute {quoted(key)}", line, hint)
        elif known[key][0] in fields:
            report.problem(f"attribute {key!r} is given twice", line, "keep one of them")
        else:
            _read_value(fields, key, known[key], _unquoted(value), line, report)
    return fields


def _start(text: str, at: int) -> int:
    return at + (2 if text.startswith("{:", at) else 1)


def _refuse(word: str, line: int, report: Report) -> None:
    what = f"{quoted(word)} is not an attribute"
    if word.startswith("."):
        what = f"{quoted(word)} is a class, which narrate does not use"
    elif re.search("=[\"']", word):
        what = f"{quoted(word)} has a quote that does not end"
    report.problem(what, line, _HINT)


def _read_value(
    fields: Fields,
    key: str,
    known: tuple[str, Callable[[str], object]],
    value: str,
    line: int,
    report: Report,
) -> None:
    name, read = known
    try:
        fields[name] = read(value)
    except ValueError:
        report.problem(f"{quoted(value)} is not a value for {key!r}", line, _HINT)


def _unquoted(value: str) -> str:
    if value[:1] not in ("'", '"'):
        return value
    return re.sub(r"\\([\"'\\])", r"\1", value[1:-1])


def refuse_unclosed(line: int, report: Report) -> None:
    """Report attributes without a closing brace."""
    report.problem("attributes that do not end with '}'", line, _HINT)


def refuse_middle(written: Sequence[str], line: int, report: Report) -> None:
    """Report attributes that are followed by text or by other attributes."""
    what = f"attributes that are not at the end of the paragraph: {quoted(written[0])}"
    hint = r"move them to the end, into one pair of braces, or write \{ for a literal brace"
    report.problem(what, line, hint)
