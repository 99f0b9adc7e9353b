"""Print docs/commands.md, made from the command line itself.

Fails if a command, an argument or an option has no help.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from narrate.cli import app

HEAD = """\
<!-- Made by scripts/commands.py: change the help of the command line, and run `make docs`. -->

# Commands

`narrate COMMAND --help` prints the same on a terminal. Without `[SCRIPT]` a command takes the
script of this folder; `run`, `plan`, `check` and `status` take all that it has. Many options are
also [settings](settings.md), which files and variables can set. All commands have the same
[exit codes](settings.md#exit-codes).
"""

Command = TyperCommand | TyperGroup
Parameter = TyperArgument | TyperOption


def commands() -> Iterator[tuple[str, Command]]:
    """Every command by its full name, a group before its commands."""
    for name in app.COMMANDS:
        app._register(name)
    yield from _below("narrate", typer.main.get_command(app.app))


def _below(name: str, command: Command) -> Iterator[tuple[str, Command]]:
    yield name, command
    for word, child in getattr(command, "commands", {}).items():
        yield from _below(f"{name} {word}", child)


def page() -> str:
    """The whole page. SystemExit names what has no help."""
    return HEAD + "".join(_section(*each) for each in commands())


def _section(name: str, command: Command) -> str:
    parameters = [each for each in command.params if each.name != "help"]
    parts = [f"\n## {name}\n", _help(command.help, name) + "\n"]
    if not isinstance(command, TyperGroup):
        parts.append(f"    {_usage(name, parameters)}\n")
    if parameters:
        rows = [f"| {_shown(each)} | {_meaning(each, name)} |" for each in parameters]
        parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _usage(name: str, parameters: list[Parameter]) -> str:
    words = [name, "[OPTIONS]"]
    for each in parameters:
        if isinstance(each, TyperArgument):
            word = each.metavar if each.required else f"[{each.metavar}]"
            words.append(word + "..." * (each.nargs != 1))
    return " ".join(words)


def _shown(parameter: Parameter) -> str:
    if isinstance(parameter, TyperArgument):
        return _code(parameter.metavar)
    *short, long = sorted(parameter.opts, key=len)
    value = "" if parameter.is_flag else f" {parameter.metavar}"
    return ", ".join(_code(flag) for flag in [*short, long + value])


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _meaning(parameter: Parameter, name: str) -> str:
    text = _help(parameter.help, f"{name} {parameter.name}")
    return f"{text} Required." if parameter.required else text


def _help(text: str | None, name: str) -> str:
    if not text:
        sys.exit(f"{name} has no help: every command, argument and option needs one")
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
