"""When the same command may be answered by its stamp, and what the stamp depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from narrate import stamp
from narrate.base import facts
from narrate.base.facts import Fact
from narrate.build import Options, Result


@dataclass(frozen=True, slots=True)
class Command:
    """A run as it was asked for.

    `argv` is the folder in which it was started, then its arguments; `started_ns` is when it began,
    and `looked_for` are the names among which it looked for a script.
    """

    argv: Sequence[str]
    started_ns: int
    looked_for: Iterable[str] = ()

    @property
    def folder(self) -> str:
        """The folder in which the command was started."""
        return self.argv[0]


def is_repeatable(source: str, options: Options, events: Path | None) -> bool:
    """Whether the same command has nothing to do while no file changes.

    A forced run speaks every time, an event log is written by every run, and standard input cannot
    be looked at in advance.
    """
    return not (options.force or events or source == "-")


def unchanged(result: Result) -> Result:
    """The result that the same run would have if nothing changed."""
    return replace(result, made=frozenset(), written=())


def keep(
    command: Command, result: Result, written: Mapping[str, Fact], said: tuple[str, str]
) -> None:
    """Keep a stamp of a run, with what the next one should say on stdout and stderr.

    A run with a stand-in leaves none: the next one looks for the missing engine again.

    `written` are the facts of files that the run left besides those of the narration.
    """
    if result.plan.stand_ins:
        return
    inputs = result.inputs | result.surroundings | facts.take(command.looked_for)
    outputs = {**result.outputs, **written}
    stamp.save(command.argv, inputs, outputs, said, command.started_ns)
