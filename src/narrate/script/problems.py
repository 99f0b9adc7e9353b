"""What is wrong with a script, collected so that all of it is reported in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from narrate.base.text import quoted
from narrate.errors import ScriptError, ScriptErrors

SHOWN = 20
"""How many problems an error holds; more are counted."""

MOST = 1_000
"""After so many problems the search for more ends."""

Where = Callable[[str], str]
"""From a JSON path to the place in the script, for people."""


def below(path: str, key: str) -> str:
    """The JSON path of a field; names of voices and odd ones are in quotes."""
    is_plain = key.isidentifier() and len(key) < 40 and path != "$.voices"
    return f"{path}.{key if is_plain else quoted(key)}"


class Problems:
    """Collects the problems of a script; `check` raises them.

    `where` finds the place of a JSON path.
    """

    def __init__(self, where: Where) -> None:
        self.where = where
        self._found: list[ScriptError] = []
        self._covered: set[str] = set()

    def note(self, what: str, path: str, hint: str) -> None:
        """Remember a problem at a JSON path."""
        self._covered |= {path[: match.start()] for match in re.finditer(r"[.\[]|\Z", path)}
        self.add(ScriptError(what, where=self.where(path), hint=hint))

    def add(self, error: ScriptError) -> None:
        """Remember a problem. Raises ScriptErrors when there are too many to go on."""
        self._found.append(error)
        if len(self._found) >= MOST:
            self.check()

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Remember a ScriptError that is raised inside, and go on after it."""
        try:
            yield
        except ScriptErrors as several:
            for problem in several.problems:
                self.add(problem)
        except ScriptError as error:
            self.add(error)

    def covers(self, path: str) -> bool:
        """Whether a problem was noted at a JSON path or below it."""
        return path in self._covered

    def check(self) -> None:
        """Raise what was found: a ScriptError, or ScriptErrors in the order of their places."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            ordered = sorted(self._found, key=_place)
            name = self.where("$").removesuffix(": $")
            raise ScriptErrors(ordered[:SHOWN], len(ordered), where=name)


def raise_all(found: Iterable[ScriptError], name: str) -> None:
    """Raise the problems of a file in the order of their places, if there are any."""
    problems = Problems(lambda _: name)
    for problem in found:
        problems.add(problem)
    problems.check()


def _place(error: ScriptError) -> list[tuple[str, int]]:
    """A key by which line 9 is before line 10."""
    texts_and_numbers = re.findall(r"(\D*)(\d{0,9})", error.where)
    return [(text, int(number or 0)) for text, number in texts_and_numbers]
