"""The options of commands: each setting becomes a flag, and each group of flags a dataclass."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from narrate import config
from narrate.cli import messages
from narrate.config import ABOUT, Settings
from narrate.errors import UsageError

Flags = Mapping[str, Any]
"""Settings by their names, as flags gave them; None means that a flag was not given."""

PANEL = "Settings (also in narrate.toml, and as variables: NARRATE_ENGINE, NARRATE_OUT, …)"

SCRIPT_HELP = (
    "A .json, .yaml, .md, .txt, .srt or .vtt file, a folder of scripts or of .txt files, or - for "
    "standard input (script.json, script.md, … in this folder, else its scripts)."
)
Scripts = Annotated[
    list[str] | None,
    typer.Argument(metavar="SCRIPT", help=SCRIPT_HELP, show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more, and show tracebacks.")]
Directory = Annotated[str | None, typer.Option("-C", metavar="DIR", help="Change to DIR first.")]


def takes(*settings: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Turn a function into a command that takes these settings, and -C.

    The parameter `flags` of the function becomes one option for each setting, and a parameter whose
    type is a dataclass becomes one for each of its fields. The function is called in the folder
    that -C names.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function, eval_str=True).parameters.values()
        options = {each.name: list(_options(each, settings)) for each in own}

        @functools.wraps(function)
        def command(*, directory: str | None, **given: Any) -> None:
            change_to(directory)
            function(**{each.name: _gathered(each, options[each.name], given) for each in own})

        parameters = [option for group in options.values() for option in group]
        parameters.append(_keyword("directory", Directory, None))
        command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def _options(parameter: Parameter, settings: tuple[str, ...]) -> Iterator[Parameter]:
    """The parameters that Typer sees in place of one of a command."""
    if parameter.name == "flags":
        yield from map(_setting, settings)
    elif is_dataclass(parameter.annotation):
        hints = get_type_hints(parameter.annotation, include_extras=True)
        for field in fields(parameter.annotation):
            default = Parameter.empty if field.default is MISSING else field.default
            yield _keyword(field.name, hints[field.name], default)
    else:
        yield _keyword(parameter.name, parameter.annotation, parameter.default)


def _gathered(parameter: Parameter, options: list[Parameter], given: Flags) -> Any:
    """What a command receives for a parameter, from what Typer read for its options."""
    values = {option.name: given[option.name] for option in options}
    if parameter.name == "flags":
        return _anchored(values)
    if is_dataclass(parameter.annotation):
        return parameter.annotation(**values)  # type: ignore[operator]
    return values[parameter.name]


def _setting(name: str) -> Parameter:
    """The option of a setting; it has no default, as what is not given comes from elsewhere."""
    about, default = ABOUT[name], getattr(Settings(), name)
    kind = type(default) if isinstance(default, int) else str
    option = typer.Option(*about.flags, metavar=about.value, help=about.help, rich_help_panel=PANEL)
    return _keyword(name, Annotated[kind | None, option], None)


def _keyword(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _anchored(flags: dict[str, Any]) -> Flags:
    """Flags whose folders are absolute: they are relative to the current folder, not the script."""
    for name in ("out", "cache_dir"):
        if flags.get(name):
            flags[name] = os.path.abspath(flags[name])
    return flags


def settings(flags: Flags) -> Settings:
    """The settings for a command that has no script, in the current folder."""
    configuration = config.resolve(flags, {}, Path.cwd())
    for text in configuration.warnings:
        messages.warn(text)
    return configuration.settings


def change_to(directory: str | None) -> None:
    """Change the current folder, if one is given. Raises UsageError."""
    if directory is None:
        return
    try:
        os.chdir(directory)
    except OSError as error:
        what = f"cannot change to this folder ({error.strerror})"
        hint = "name a folder after -C"
        raise UsageError(what, where=directory, hint=hint) from error
