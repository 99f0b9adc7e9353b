"""Files, folders and standard input -> the tree of a script."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from narrate.base import limits, regular
from narrate.base.text import printable, quoted
from narrate.errors import ScriptError, UsageError
from narrate.script.data import read_json, read_yaml
from narrate.script.markdown import read_markdown
from narrate.script.model import AS_USUAL, Note, Omission, ReadOptions
from narrate.script.parsed import Parsed

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """A script that has been read, but not checked."""

    name: str
    path: Path | None
    base: Path
    """The folder that paths in the script are relative to."""

    tree: object
    inputs: tuple[Path, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    """The places of JSON paths, for formats other than JSON."""

    notes: tuple[Note, ...] = ()
    omissions: tuple[Omission, ...] = ()

    def where(self, path: str) -> str:
        """The place of a JSON path in the script, for people."""
        known = path
        while known and known not in self.lines:
            known = known[: max(known.rfind("."), known.rfind("["))]
        return self.lines[known] if known else f"{self.name}: {path}"


def folder_of(source: str | Path) -> Path:
    """The folder that a script lies in, where the search for its settings begins: the current one
    for standard input.
    """
    return Path() if str(source) == STDIN else Path(source).parent


def read(source: str | Path, options: ReadOptions = AS_USUAL) -> Source:
    """Read a script from a file, a folder of .txt files, or standard input (`-`).

    Raises ScriptError, or UsageError without a standard input.
    """
    if str(source) == STDIN:
        return _read_stdin(options)
    path, name = Path(source), display_name(source)
    if stat.S_ISDIR(_stat(path).st_mode):
        return _read_folder(path, name)
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        what = "the name has no suffix, which says the format"
        if path.suffix:
            what = f"no script format has the suffix {quoted(path.suffix)}"
        hint = f"use one of {', '.join(_PARSERS)}, or a folder of .txt files"
        raise ScriptError(what, where=name, hint=hint)
    parsed = parse(_read_file(path, name), name, options)
    return _source(parsed, name, path, path.parent, (path,))


def display_name(source: str | Path) -> str:
    """The name of the source in errors: the file's name, or `-`."""
    return printable(Path(source).name or str(Path(source)))[:200]


def _source(
    parsed: Parsed, name: str, path: Path | None, base: Path, inputs: tuple[Path, ...] = ()
) -> Source:
    notes, omissions = tuple(parsed.notes), tuple(parsed.omissions)
    return Source(name, path, base, parsed.tree, inputs, parsed.lines, notes, omissions)


def _read_stdin(options: ReadOptions) -> Source:
    if sys.stdin is None:
        raise UsageError("standard input is closed", where=STDIN, hint="name a file")
    text = _decode(_bounded(sys.stdin.buffer, STDIN), STDIN)
    parse = _json if text.lstrip()[:1] in ("{", "[") else read_markdown
    return _source(parse(text, STDIN, options), STDIN, None, Path())


def _read_folder(folder: Path, name: str) -> Source:
    """Each .txt file is a scene, in the order of their names."""
    try:
        found = (path for path in folder.iterdir() if path.suffix == ".txt" and path.name[0] != ".")
        files = sorted(found, key=lambda path: path.name)
    except OSError as error:
        raise _unreadable(folder, error) from None
    if sum(_stat(path).st_size for path in files) > limits.SCRIPT_BYTES:
        raise _too_large(name)
    scenes, lines = [], {}
    for i, path in enumerate(files):
        place = f"{name}/{printable(path.name)[:200]}"
        texts = _paragraphs(_read_file(path, place), place)
        scenes.append({"id": path.stem, "segments": [{"text": text} for text, _ in texts]})
        lines[f"$.scenes[{i}]"] = place
        lines |= {f"$.scenes[{i}].segments[{j}]": where for j, (_, where) in enumerate(texts)}
    if not scenes:
        raise ScriptError(
            "no .txt file in the folder", where=name, hint="put one .txt file per scene in it"
        )
    return Source(name, folder, folder, {"scenes": scenes}, (folder, *files), lines)


def _json(text: str, name: str, options: ReadOptions) -> Parsed:
    return Parsed(read_json(text, name))


def _yaml(text: str, name: str, options: ReadOptions) -> Parsed:
    return Parsed(read_yaml(text, name))


def _text(text: str, name: str, options: ReadOptions) -> Parsed:
    texts = _paragraphs(text, name)
    lines = {f"$.segments[{i}]": where for i, (_, where) in enumerate(texts)}
    return Parsed({"segments": [{"text": paragraph} for paragraph, _ in texts]}, lines)


def _paragraphs(text: str, name: str) -> list[tuple[str, str]]:
    """Each paragraph and its place."""
    numbered = enumerate(text.split("\n"), 1)
    full = (
        list(group) for full, group in groupby(numbered, lambda line: bool(line[1].strip())) if full
    )
    # One more than the limit is enough to refuse the script.
    groups = list(islice(full, limits.SEGMENTS + 1))
    if not groups:
        raise ScriptError(
            "nothing to say in this file", where=name, hint="write a paragraph, or remove it"
        )
    return [
        ("\n".join(line for _, line in group).strip(), f"{name}:{group[0][0]}") for group in groups
    ]


_PARSERS: dict[str, Callable[[str, str, ReadOptions], Parsed]] = {
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": _text,
}
SUFFIXES = tuple(_PARSERS)
"""Of the files that are scripts."""


def _read_file(path: Path, name: str) -> str:
    try:
        return _decode(regular.read(path, limits.SCRIPT_BYTES), name)
    except regular.NotRegular:
        hint = "name a file or a folder, or - to read from a pipe"
        raise ScriptError("not a regular file", where=name, hint=hint) from None
    except regular.TooLarge:
        raise _too_large(name) from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _bounded(file: BinaryIO, name: str) -> bytes:
    # A pipe has no size.
    data = file.read(limits.SCRIPT_BYTES + 1)
    if len(data) > limits.SCRIPT_BYTES:
        raise _too_large(name)
    return data


def _decode(data: bytes, name: str) -> str:
    hint = "save it as UTF-8 without a byte-order mark"
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ScriptError("it starts with a byte-order mark", where=f"{name}:1", hint=hint)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        place = f"{name}:{data.count(10, 0, error.start) + 1}"
        raise ScriptError("the text is not UTF-8", where=place, hint=hint) from None
    if "\0" in text:
        place = f"{name}:{text.count(chr(10), 0, text.index(chr(0))) + 1}"
        raise ScriptError("a NUL byte, as in UTF-16 or a binary file", where=place, hint=hint)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _too_large(name: str) -> ScriptError:
    hint = "split it into several scripts"
    return ScriptError(f"larger than {limits.SCRIPT_BYTES // 2**20} MiB", where=name, hint=hint)


def _unreadable(path: Path, error: Exception) -> ScriptError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    hint = "check the name and its permissions"
    return ScriptError(f"cannot read it: {reason}", where=printable(str(path))[:200], hint=hint)
