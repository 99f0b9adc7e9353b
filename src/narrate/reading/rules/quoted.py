"""Code in backticks: a file name, an address, a command or program text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from narrate.reading.rules import files, names, numerals, versions, web
from narrate.reading.rules.form import Form, is_sayable, whole
from narrate.reading.rules.identifiers import say_identifier
from narrate.reading.rules.source import MARKS, OPERATORS, say_source
from narrate.reading.rules.versions import say_version
from narrate.reading.words import Reading

NAME = "quoted"

_TAG = re.compile(r"<(/?)([A-Za-z][\w-]{0,40})\s?/?>")
_PINNED = re.compile(r"([A-Za-z][\w-]*)([=<>~!]=|@|<|>)([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})")
_SHORT = re.compile(r"-[A-Za-z]+$")
_FLAG = re.compile(r"(?<!\S)-{1,2}[A-Za-z]")


def say_code(source: str) -> str | None:
    """What stands between backticks in words, or None if nothing does."""
    source = source.strip()
    if source in names.TABLE:
        return names.TABLE[source]
    if tag := _TAG.fullmatch(source):
        return f"{'closing ' if tag[1] else ''}{say_identifier(tag[2])} tag"
    return _whole(source) or _command(source) or say_source(source) or None


def _whole(source: str) -> str | None:
    """The reading of a source that is all of one address, path or version."""
    return whole((*web.FORMS, *files.FORMS, *versions.FORMS), source)


def _command(source: str) -> str | None:
    """A command line: words, with a pause on both sides of a flag and after its value."""
    written = source.split()
    if not _FLAG.search(source) and not any(map(_pinned, written)):
        return None
    flags = [bool(_FLAG.match(word)) for word in written]
    short = [bool(_SHORT.match(word)) for word in written]
    around = zip(flags, [False, *short], [False, False, *flags], strict=False)
    pauses = [any(flags) for flags in around]
    said = [
        f"{', ' if pause else ' '}{_word(word)}"
        for word, pause in zip(written, pauses, strict=True)
    ]
    return "".join(said).strip(" ,")


def _word(word: str) -> str:
    """One word of a command."""
    return (
        files.say_argument(word)
        or MARKS.get(word)
        or _pinned(word)
        or _whole(word)
        or _ports(word)
        or say_source(word)
    )


def _pinned(word: str) -> str | None:
    """A package with its version: `numpy==1.26.4`."""
    pinned = _PINNED.fullmatch(word)
    if not pinned:
        return None
    name, mark, version = pinned.groups()
    return f"{say_identifier(name)} {OPERATORS.get(mark) or MARKS[mark]} {say_version(version)}"


def _ports(word: str) -> str | None:
    """`8080:80`, as containers have it, or `:8080`."""
    first, mark, second = word.partition(":")
    if not (mark and second.isdecimal() and 2 <= len(second) <= 5 and (first + "0").isdecimal()):
        return None
    said = f"colon {numerals.pairs(second)}"
    return f"{numerals.pairs(first)} {said}" if first else said


def readings(text: str, spans: Sequence[tuple[int, int]]) -> list[Reading]:
    """What the code in these places of a text says; nothing is left out but what has no words."""
    found: list[Reading] = []
    for start, end in spans:
        said = say_code(text[start:end])
        if said and is_sayable(said):
            found.append(Reading(start, end, said, NAME))
    return found


FORMS = (
    Form(
        frozenset("`"),
        r"(?<!`)(?P<ticks>`++)(?P<code>[^`]++)(?P=ticks)(?!`)",
        lambda match: say_code(match["code"]),
    ),
)
