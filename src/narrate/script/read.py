"""Files, folders and standard input -> the tree of a script."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from narrate.base.text import printable, quoted
from narrate.errors import ScriptError, UsageError
from narrate.script.files import read_file, read_pipe, status
from narrate.script.formats.chapters import read_chapters
from narrate.script.formats.data import read_json, read_yaml
from narrate.script.formats.guess import guess
from narrate.script.formats.markdown import read_markdown
from narrate.script.formats.names import FORMATS, NAMES
from narrate.script.formats.parsed import Parsed
from narrate.script.formats.plain import read_text
from narrate.script.formats.shapes import expand
from narrate.script.formats.subtitles import read_srt, read_vtt
from narrate.script.model import AS_USUAL, Note, Omission, ReadOptions

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
    problems: tuple[ScriptError, ...] = ()
    """What the parser found wrong."""

    assumed: str = ""
    """The format that standard input was taken for, if nobody said it."""

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
    if stat.S_ISDIR(status(path).st_mode):
        parsed, files = read_chapters(path, name, options)
        return _source(parsed, name, path, path, (path, *files))
    parse = _PARSERS[options.format_in or _format_of(path, name)]
    parsed = parse(read_file(path, name), name, options)
    return _source(parsed, name, path, path.parent, (path,))


def _format_of(path: Path, name: str) -> str:
    """The format that the suffix of a file says. Raises ScriptError."""
    if format_ := FORMATS.get(path.suffix.lower()):
        return format_
    what = "the name has no suffix, which says the format"
    if path.suffix:
        what = f"no script format has the suffix {quoted(path.suffix)}"
    hint = f"use one of {', '.join(FORMATS)}, or say the format with --format-in"
    raise ScriptError(what, where=name, hint=hint)


def display_name(source: str | Path) -> str:
    """The name of the source in errors: the file's name, or `-`."""
    return printable(Path(source).name or str(Path(source)))[:200]


def _source(
    parsed: Parsed, name: str, path: Path | None, base: Path, inputs: tuple[Path, ...] = ()
) -> Source:
    return Source(
        name=name,
        path=path,
        base=base,
        tree=parsed.tree,
        inputs=inputs,
        lines=parsed.lines,
        notes=tuple(parsed.notes),
        omissions=tuple(parsed.omissions),
        problems=tuple(parsed.problems),
    )


def _read_stdin(options: ReadOptions) -> Source:
    if sys.stdin is None:
        raise UsageError("standard input is closed", where=STDIN, hint="name a file")
    text = read_pipe(sys.stdin.buffer, STDIN)
    format_ = options.format_in or guess(text)
    assumed = "" if options.format_in else format_
    with assuming(assumed):
        parsed = _PARSERS[format_](text, STDIN, options)
    return replace(_source(parsed, STDIN, None, Path()), assumed=assumed)


@contextmanager
def assuming(format_: str) -> Iterator[None]:
    """Let errors say which format was assumed, if one was."""
    try:
        yield
    except ScriptError as error:
        if format_:
            error.hint += f"; it was read as {NAMES[format_]} (--format-in names another format)"
        raise


def _json(text: str, name: str, options: ReadOptions) -> Parsed:
    return expand(read_json(text, name), name)


def _yaml(text: str, name: str, options: ReadOptions) -> Parsed:
    return expand(read_yaml(text, name), name)


_PARSERS: dict[str, Callable[[str, str, ReadOptions], Parsed]] = {
    "json": _json,
    "yaml": _yaml,
    "md": read_markdown,
    "txt": read_text,
    "srt": read_srt,
    "vtt": read_vtt,
}
