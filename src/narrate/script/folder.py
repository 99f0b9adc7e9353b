"""Which files of a folder are scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from narrate.base import limits, regular
from narrate.script.model import Script
from narrate.script.read import SUFFIXES

MAIN = tuple(f"script{suffix}" for suffix in (".json", ".yaml", ".yml", ".md", ".txt"))
"""The names of a folder's main script."""

ABOUT = re.compile(
    r"readme|changelog|changes|history|news|licen[cs]e|copying|notice|contributing|contributors"
    r"|authors|maintainers|governance|security|support|code[_-]of[_-]conduct|todo|architecture"
    r"|(requirements|constraints)([-_.].*)?|cmakelists|robots|llms",
    re.IGNORECASE,
)
"""The stems of files that tell something about a project, and are not narrated."""

RECORDINGS = frozenset((".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".mov", ".webm"))
"""What a .txt of the same stem is the transcript of."""

DATA = frozenset((".json", ".yaml", ".yml"))
KEY = re.compile(rb"\b(segments|scenes|beats|text)[\"']?[ \t]*:")
"""A key without which a file of data is no script, such as a package.json."""


def scripts_in(folder: Path) -> list[Path]:
    """The scripts of a folder in natural order, apart from texts that may be its scenes.

    A folder that cannot be read has none.
    """
    names = _names(folder)
    recorded = {stem for stem, suffix in map(os.path.splitext, names) if suffix in RECORDINGS}
    return in_order(folder / name for name in names if _is_script(folder / name, recorded))


def narrated(folder: Path) -> list[Path]:
    """What is narrated where a folder is named: its main script; the folder itself, if texts are
    its scenes; else all its scripts.
    """
    found = scripts_in(folder)
    main = [path for path in found if path.name in MAIN and not _is_text(path)]
    if not main and any(map(_is_text, found)):
        return [folder]
    return main or found or [folder]


def parent_of(script: Script) -> Path:
    """The folder that a script lies in; the current one for standard input."""
    return script.path.parent if script.path else Path()


def beside(script: Script) -> list[Path]:
    """The other scripts of its folder; a folder of texts has none inside itself."""
    parent, own = os.path.abspath(parent_of(script)), os.path.abspath(script.path or "-")
    if parent == own:
        return []
    return [path for path in scripts_in(Path(parent)) if str(path) != own]


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


def _is_script(path: Path, recorded: Collection[str]) -> bool:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES or path.name.startswith(".") or ABOUT.fullmatch(path.stem):
        return False
    if suffix == ".txt" and path.stem in recorded:
        return False
    return path.is_file() and (suffix not in DATA or _has_key(path))


def _has_key(path: Path) -> bool:
    try:
        return KEY.search(regular.read(path, limits.SCRIPT_BYTES)) is not None
    except OSError:
        return False
