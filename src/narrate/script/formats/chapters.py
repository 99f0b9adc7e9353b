"""A folder of text files -> the tree of a script: each file is a scene."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from narrate.base import limits
from narrate.base.text import counted, printable, quoted
from narrate.errors import ScriptError
from narrate.script import ids
from narrate.script.files import read_file, status, too_large, unreadable
from narrate.script.formats.names import FORMATS
from narrate.script.formats.parsed import Parsed
from narrate.script.formats.plain import pieces
from narrate.script.model import Note, ReadOptions
from narrate.script.problems import Problems

_DOCUMENTS = FORMATS.keys() | {
    *(".text", ".rst", ".org", ".adoc", ".tex", ".rtf", ".odt", ".doc", ".docx", ".pdf"),
    *(".htm", ".html"),
}
"""Suffixes of files that could have been meant to be spoken."""

_NAMED = 10
"""How many of the files that are left out are named."""


def read_chapters(folder: Path, name: str, options: ReadOptions) -> tuple[Parsed, list[Path]]:
    """Read the .txt files of a folder in natural order; return what they say, and the files.

    Raises ScriptError.
    """
    texts, others = _listed(folder)
    if not texts:
        hint = "put scripts in it, or one .txt file per scene"
        raise ScriptError("no script in the folder", where=name, hint=hint)
    if sum(status(path).st_size for path in texts) > limits.SCRIPT_BYTES:
        raise too_large(name)
    problems = Problems(lambda path: f"{name}: {path}")
    scenes: list[dict[str, object]] = []
    parsed = Parsed({"scenes": scenes}, notes=_left_out(others, name))
    for path, fields in zip(texts, _named(texts, name, problems), strict=True):
        with problems.noted():
            place = f"{name}/{printable(path.name)[:200]}"
            found = pieces(read_file(path, place), place, options)
            at = f"$.scenes[{len(scenes)}]"
            parsed.lines[at] = place
            parsed.lines |= {f"{at}.segments[{j}]": where for j, (_, where) in enumerate(found)}
            scenes.append({**fields, "segments": [{"text": text} for text, _ in found]})
    problems.check()
    return parsed, texts


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """The text files of a folder, and the other documents in it."""
    from natsort import natsorted, ns

    try:
        visible = sorted(path for path in folder.iterdir() if path.name[0] != ".")
    except OSError as error:
        raise unreadable(folder, error) from None
    files = natsorted(visible, key=lambda path: _nfc(path.stem), alg=ns.IGNORECASE)
    texts = [path for path in files if path.suffix.lower() == ".txt"]
    others = [path for path in files if path.suffix.lower() in _DOCUMENTS - {".txt"}]
    return texts, others


def _left_out(others: Sequence[Path], name: str) -> list[Note]:
    """A note that names the documents that are not read."""
    if not others:
        return []
    named = ", ".join(printable(path.name)[:100] for path in others[:_NAMED])
    more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
    verb = "is" if len(others) == 1 else "are"
    what = f"{counted(len(others), 'file')} {verb} left out, as only .txt files are read: "
    return [Note(name, f"{what}{named}{more}")]


def _named(texts: Iterable[Path], name: str, problems: Problems) -> list[dict[str, object]]:
    """The id of each scene, and its title where the id is not the name of its file; names that
    give the same id are noted.
    """
    files: dict[str, str] = {}
    fields: list[dict[str, object]] = []
    for path in texts:
        stem = _nfc(path.stem)
        scene = stem if ids.problem(stem) is None else ids.from_name(stem, "scene")
        fields.append({"id": scene} if scene == stem else {"id": scene, "title": printable(stem)})
        other = files.setdefault(ids.fold(scene), path.name)
        if other != path.name:
            what = f"{quoted(other)} and {quoted(path.name)} would both be the scene {scene}"
            problems.add(ScriptError(what, where=name, hint="rename one of them"))
    return fields


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
