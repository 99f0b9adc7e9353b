"""Which scripts the words of a command name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from narrate.errors import UsageError
from narrate.script import folder
from narrate.script.folder import MAIN
from narrate.script.formats.names import FORMATS

STDIN = "-"
SUFFIXES = tuple(FORMATS)
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sources:
    """The scripts that a command is about, the files and folders that decided which, and the files
    of these folders that are left out although they have the suffix of a script.
    """

    scripts: tuple[str, ...]
    looked_at: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What a person should know of the choice."""
        names = ", ".join(self.left_out)
        return [f"not narrated, unless you name them: {names}"] if names else []

    @property
    def only(self) -> str:
        """The one script, for a command that takes no more. Raises UsageError."""
        if len(self.scripts) == 1:
            return self.scripts[0]
        found = ", ".join(self.scripts)
        raise UsageError(f"several scripts: {found}", where="SCRIPT", hint="name one of them")


def find(words: Sequence[str]) -> Sources:
    """The scripts that words name, in natural order; without words, those of this folder.

    Raises UsageError if there is none.
    """
    if not words:
        return _here()
    found: dict[str, str] = {}
    for word in words:
        for path in _narrated(word):
            found.setdefault(os.path.realpath(path), path)
    folders = tuple(filter(os.path.isdir, words))
    left = [str(path) for each in folders for path in folder.left_out(Path(each))]
    left = [path for path in left if os.path.realpath(path) not in found]
    return Sources(_in_order(found.values()), folders, tuple(left))


def split(words: Sequence[str], ids: bool) -> tuple[list[str], list[str]]:
    """The words that name scripts, and the segment ids that follow them.

    Where `ids` are expected, a word is one unless it has the suffix of a script, or comes first and
    names a file or a folder.
    """
    scripts = [] if ids and words and not _is_script(words[0]) else list(words[:1])
    for word in words[len(scripts) :]:
        if not (word.endswith(SUFFIXES) or (not ids and _is_script(word))):
            break
        scripts.append(word)
    return scripts, list(words[len(scripts) :])


def _is_script(word: str) -> bool:
    return word == STDIN or os.path.exists(word) or word.endswith(SUFFIXES)


def _narrated(word: str) -> list[str]:
    """The scripts that a word stands for: one, unless it is a folder of several."""
    path = Path(word)
    if not path.is_dir():
        return [word]
    if not folder.scripts_in(path):
        raise _no_script("this folder has no script", word, path)
    return list(map(str, folder.narrated(path)))


def _no_script(what: str, where: str, place: Path) -> UsageError:
    """The error for a folder without a script, which names the files that could be meant."""
    left = list(map(str, folder.left_out(place)))
    if not left:
        hint = "name a script: narrate run script.json; `narrate init` makes one"
        return UsageError(what, where=where, hint=hint)
    several = len(left) > 1
    names = ", ".join(left[:MOST_NAMED]) + (", …" if len(left) > MOST_NAMED else "")
    hint = f"if {'one of these files' if several else 'this file'} is a script, name it: {names}"
    return UsageError(what, where=where, hint=hint)


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    found = tuple(names)
    return found if len(found) == 1 else tuple(map(str, folder.in_order(map(Path, found))))


def _here() -> Sources:
    main = tuple(name for name in MAIN if os.path.exists(name))
    if main:
        return Sources(main, MAIN)
    if not folder.scripts_in(Path()):
        raise _no_script("no script was named, and this folder has none", "SCRIPT", Path())
    return find([os.curdir])
