"""lexicon.toml beside a script, and the one in the user's own configuration."""

from __future__ import annotations

import tomllib
from pathlib import Path

from narrate import config
from narrate.base.files import encoding, regular
from narrate.base.limits import SETTINGS_BYTES
from narrate.errors import ScriptError, UsageError
from narrate.reading import lexicon
from narrate.reading.lexicon import Lexicon
from narrate.reading.problems import Unreadable
from narrate.script.problems import raise_all

NAME = "lexicon.toml"


def paths(folder: Path) -> tuple[Path, ...]:
    """Where lexicons for a script in this folder may lie; the first one that has a word counts."""
    return folder / NAME, config.user_file().with_name(NAME)


def load(folder: Path) -> Lexicon:
    """All entries for a script in this folder. Raises UsageError for a file that is invalid, with
    all problems of its words.
    """
    return tuple(entry for path in paths(folder) for entry in _read(path))


def _read(path: Path) -> Lexicon:
    try:
        return lexicon.parse(tomllib.loads(encoding.decode(regular.read(path, SETTINGS_BYTES))))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except Unreadable as error:
        raise_all(
            [ScriptError(each.what, where=str(path), hint=each.hint) for each in error.problems],
            str(path),
        )
        raise
    except (OSError, ValueError, RecursionError) as error:
        what = str(getattr(error, "strerror", None) or error)
        raise UsageError(what, where=str(path), hint=lexicon.EXAMPLES) from error
