"""When the same command may be answered by its stamp, and what the stamp depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from narrate import stamp
from narrate.base.facts import Fact
from narrate.build import Options, Result


@dataclass(frozen=True, slots=True)
class Command:
    """A run as it was asked for.

    `argv` is the folder in which it was started, then its arguments; `started_ns` is when it began,
    and `looked_at` are the facts of the files and folders that decided which scripts it is about.
    """

    argv: Sequence[str]
    started_ns: int
    looked_at: Mapping[str, Fact]

    @property
    def folder(self) -> str:
        """The folder in which the command was started."""
        return self.argv[0]


def is_repeatable(sources: Iterable[str], options: Options, events: Path | None) -> bool:
    """Whether the same command has nothing to do while no file changes.

    A forced run speaks every time, an event log is written by every run, and standard input cannot
    be looked at in advance.
    """
    return not (options.force or events or "-" in sources)


def unchanged(result: Result) -> Result:
    """The result that the same run would have if nothing changed."""
    return replace(result, made=frozenset(), written=())


def keep(
    command: Command,
    results: Iterable[Result],
    written: Mapping[str, Fact],
    said: tuple[str, str],
) -> None:
    """Keep a stamp of a run, with what the next one should say on stdout and stderr.

    A run with a stand-in leaves none: the next one looks for the missing engine again.

    `written` are the facts of files that the run left besides those of the narration.
    """
    if any(result.plan.stand_ins for result in results):
        return
    inputs, outputs = dict(command.looked_at), dict(written)
    for result in results:
        inputs |= result.inputs | result.surroundings
        outputs |= result.outputs
    stamp.save(command.argv, inputs, outputs, said, command.started_ns)
