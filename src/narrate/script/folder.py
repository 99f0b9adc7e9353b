"""Which files of a folder are scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from narrate.base import limits
from narrate.base.files import regular
from narrate.script.formats.names import FORMATS
from narrate.script.model import Script

MAIN = tuple(f"script{suffix}" for suffix in (".json", ".yaml", ".yml", ".md", ".txt"))
"""The names of a folder's main script."""

ABOUT = re.compile(
    r"(?i:readme|changelog|licen[cs]e|contributing|contributors|code[_-]of[_-]conduct)"
    r"|(?i:requirements([-_.].*)?|cmakelists|robots|llms)"
    r"|CHANGES|HISTORY|NEWS|COPYING|NOTICE|AUTHORS|GOVERNANCE|SECURITY|SUPPORT|TODO|ARCHITECTURE"
)
"""The stems of files that tell something about a project, and are not narrated. In small letters
some of them are what a lesson may be called.
"""

RECORDINGS = frozenset((".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".mov", ".webm"))
CAPTIONS = frozenset((".srt", ".vtt"))

DATA = frozenset((".json", ".yaml", ".yml"))
KEY = re.compile(rb"\b(segments|scenes|beats|text)[\"']?[ \t]*:")
"""A key without which a file of data is no script, such as a package.json."""

OUTERMOST = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*[\[{]|^(?:\xef\xbb\xbf)?(?:-|[\"']?(?:segments|scenes|beats|text)\b)",
    re.MULTILINE,
)
"""What JSON begins with, and what stands at the left margin of a script in YAML; the settings of
MkDocs have a key `text` further in.
"""


def scripts_in(folder: Path) -> list[Path]:
    """The scripts of a folder in natural order, apart from texts that may be its scenes.

    A folder that cannot be read has none.
    """
    names = _names(folder)
    pairs = [os.path.splitext(name) for name in names]
    recorded = {stem for stem, suffix in pairs if suffix.lower() in RECORDINGS}
    captioned = {stem for stem, suffix in pairs if suffix.lower() not in CAPTIONS}
    owned = {".txt": recorded, **dict.fromkeys(CAPTIONS, captioned)}
    return in_order(folder / name for name in names if _is_script(folder / name, owned))


def narrated(folder: Path) -> list[Path]:
    """What is narrated where a folder is named: its main script; the folder itself, if texts are
    its scenes; else all its scripts.
    """
    found = scripts_in(folder)
    main = [path for path in found if path.name in MAIN and not _is_text(path)]
    if not main and any(map(_is_text, found)):
        return [folder]
    return main or found or [folder]


def left_out(folder: Path) -> list[Path]:
    """The files of a folder that have the suffix of a script, and are not narrated with it; a main
    script is meant to be narrated alone, and reading a folder of texts says what it leaves out.
    """
    found = narrated(folder)
    if found[0].name in MAIN or (found == [folder] and scripts_in(folder)):
        return []
    files = (folder / name for name in _names(folder) if not name.startswith("."))
    return in_order(path for path in files if path.suffix.lower() in FORMATS and path not in found)


def parent_of(script: Script) -> Path:
    """The folder that a script lies in; the current one for standard input."""
    return script.path.parent if script.path else Path()


def beside(script: Script, found: Iterable[Path]) -> list[Path]:
    """The others of the scripts that were found in its folder; a folder of texts has none inside
    itself.
    """
    parent, own = os.path.abspath(parent_of(script)), os.path.abspath(script.path or "-")
    return [] if parent == own else [path for path in found if os.path.abspath(path) != own]


def _is_text(path: Path) -> bool:
    return path.suffix.lower() == ".txt"


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Paths in natural order: 2 before 10."""
    # Only commands that list a folder wait for it.
    from natsort import natsorted, ns

    return natsorted(paths, key=str, alg=ns.IGNORECASE)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_script(path: Path, owned: Mapping[str, Collection[str]]) -> bool:
    """Whether a file is a script; `owned` has, by suffix, the stems of files that belong to another
    one: the transcript of a recording, or the captions of a film.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS or path.name.startswith(".") or ABOUT.fullmatch(path.stem):
        return False
    if path.stem in owned.get(suffix, ()):
        return False
    named = suffix not in DATA or path.name in MAIN
    return path.is_file() and (named or _has_key(path))


def _has_key(path: Path) -> bool:
    try:
        content = regular.read(path, limits.SCRIPT_BYTES)
    except OSError:
        return False
    return bool(KEY.search(content) and OUTERMOST.search(content))
