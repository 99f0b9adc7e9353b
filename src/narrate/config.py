"""Settings, and where each came from: flag > environment > script > project > user > default.

What a project's file may cause, and whose files are obeyed at all, is told in
docs/trust-boundaries.md.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from narrate.base import ownership, regular, units
from narrate.base.fps import HINT as FPS_HINT
from narrate.base.fps import frame_rate
from narrate.base.limits import PAUSE_SECONDS, SETTINGS_BYTES
from narrate.base.text import did_you_mean
from narrate.errors import UsageError

Format = Literal["wav", "flac", "mp3", "ogg", "opus", "m4a"]
Qa = Literal["strict", "warn", "off"]
Profile = Literal["draft", "final"]

TABLES = ("sampling", "engines")
"""Settings that are tables; only files hold these."""

SERVER = "NARRATE_OPENAI_BASE_URL"
"""The variable that names the speech server, as [engines.openai] base_url does."""


class EngineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[engines.NAME]: what holds for one engine wherever the flags and the environment say nothing."""

    python: str | None = None
    model: str | None = None
    device: str | None = None
    dtype: str | None = None
    base_url: str | None = None
    concurrency: Annotated[int, Meta(ge=1, le=1024)] = 64


class Trust(msgspec.Struct, frozen=True):
    """Which of the settings are the user's own word. It follows from where they came from; no file
    can set it.

    `servers` are the base_urls of openai that the user's file, the environment or a flag names: a
    key may go there. `programs` are the settings by which a project names a Python to run, each
    with the file that does.
    """

    servers: tuple[str, ...] = ()
    programs: dict[str, str] = {}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run can be told, apart from what it should do; None means that it depends on the
    script or engine.
    """

    engine: str = "auto"
    out: str | None = None
    jobs: Annotated[int, Meta(ge=1, le=64)] = min(4, os.cpu_count() or 1)
    format: Format = "wav"
    fps: int | float | str = 30
    qa: Qa = "strict"
    language: str | None = None
    pause_after: Annotated[float, Meta(ge=0, le=PAUSE_SECONDS)] = 0.4
    timeout: Annotated[float, Meta(gt=0, le=86_400)] = 120.0
    cache_dir: str | None = None
    model: str | None = None
    profile: Profile = "final"
    device: str | None = None
    dtype: str | None = None
    engine_python: str | None = None
    asr_model: str | None = None
    offline: bool = False
    allow_outside: bool = False
    cache_max_size: str = "5GB"
    sampling: dict[str, float] = {}
    engines: dict[str, EngineSettings] = {}
    trust: Trust = Trust()


NAMES = tuple(name for name in Settings.__struct_fields__ if name != "trust")
"""Every setting that files, variables and flags can set."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings, the origin of each in words, every file that decided them or could have, and
    warnings.

    Among the files are those that end the search for settings at the top of a repository.
    """

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


def resolve(
    flags: Mapping[str, Any],
    script: Mapping[str, Any],
    folder: Path,
    environment: Mapping[str, str] = os.environ,
) -> Config:
    """Merge every source of settings for a script in `folder`; None in `flags` or `script` means
    unset.

    Raises UsageError that names the origin of a setting that cannot be used.
    """
    candidates, marks = ownership.search(folder)
    user = user_file(environment)
    project, table, warnings = _project(candidates, environment)
    layers: list[tuple[str, Mapping[str, Any]]]
    layers = [(str(user), _anchored(_read(user), user))]
    if project:
        layers.append((str(project), _anchored(table, project)))
    layers.append(("script", script))
    layers.append(("environment", _from_environment(environment)))
    layers.append(("flag", flags))
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(NAMES, "default")
    for origin, values in layers:
        for name, value in values.items():
            if value is not None:
                origins[name] = _variable(name) if origin == "environment" else origin
                merged[name] = _checked(
                    name, value, origins[name], strict=origin not in ("environment", "flag")
                )
    if "engines" in merged:
        merged["engines"] = _engines([values.get("engines") for _, values in layers])
    merged["trust"] = Trust(
        servers=tuple(
            _servers(values for origin, values in layers if origin not in (str(project), "script"))
        ),
        programs=_programs(layers, str(project)) if project else {},
    )
    return Config(Settings(**merged), origins, (*candidates, *marks, user), warnings)


def cache_dir(settings: Settings, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the cache lies: the setting, else $XDG_CACHE_HOME/narrate, else ~/.cache/narrate."""
    if settings.cache_dir:
        return Path(settings.cache_dir).expanduser().absolute()
    home = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser().absolute() / "narrate"


def data_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where engines are installed: $NARRATE_DATA_DIR, else $XDG_DATA_HOME/narrate, else
    ~/.local/share/narrate.
    """
    if own := environment.get("NARRATE_DATA_DIR"):
        return Path(own).expanduser().absolute()
    home = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser().absolute() / "narrate"


def user_file(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's own configuration file."""
    home = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(home).expanduser().absolute() / "narrate" / "config.toml"


def _project(
    candidates: Iterable[Path], environment: Mapping[str, str]
) -> tuple[Path | None, dict[str, Any], tuple[str, ...]]:
    """The nearest settings file that holds settings and is obeyed, what it holds, and a warning for
    each ignored.
    """
    warnings: list[str] = []
    for path in candidates:
        try:
            objection = ownership.objection(path, environment)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise _unreadable(path, error) from error
        if objection and _is_meant_for_us(path):
            warnings.append(
                f"{path} is ignored, as {objection}, and settings may name programs to run; "
                f"to obey it all the same, set {ownership.VARIABLE}={path.parent}"
            )
        elif not objection and (table := _read(path)):
            return path, table, tuple(warnings)
    return None, {}, tuple(warnings)


def _is_meant_for_us(path: Path) -> bool:
    """Whether somebody else's file would be read if it were the user's; that it is broken is their
    business.
    """
    if path.name == "narrate.toml":
        return True
    try:
        return path.is_file() and bool(_read(path))
    except (OSError, UsageError):
        return False


def _engines(tables: Iterable[Mapping[str, Any] | None]) -> dict[str, EngineSettings]:
    """The tables of engines merged setting by setting, so that a project that names a model leaves
    the rest alone.
    """
    merged: dict[str, dict[str, Any]] = {}
    for table in tables:
        for name, own in (table or {}).items():
            merged[name] = merged.get(name, {}) | msgspec.to_builtins(own)
    return msgspec.convert(merged, dict[str, EngineSettings], strict=False)


def _servers(layers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for values in layers:
        own = msgspec.to_builtins((values.get("engines") or {}).get("openai") or {})
        if own.get("base_url"):
            yield own["base_url"]


def _programs(layers: Sequence[tuple[str, Mapping[str, Any]]], project: str) -> dict[str, str]:
    """The Pythons that the project's file names, unless a source above it names another one."""
    programs: dict[str, str] = {}
    for origin, values in layers:
        named = ["engine_python"] if values.get("engine_python") else []
        for name, own in (values.get("engines") or {}).items():
            if msgspec.to_builtins(own).get("python"):
                named.append(f"engines.{name}.python")
        for setting in named:
            programs[setting] = origin
    return {setting: origin for setting, origin in programs.items() if origin == project}


def _read(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(regular.read(path, SETTINGS_BYTES).decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error
    for name in ("tool", "narrate") if path.name == "pyproject.toml" else ():
        document = document.get(name, {})
        if not isinstance(document, dict):
            raise UsageError(
                f"{name!r} is not a table", where=str(path), hint="settings stand in [tool.narrate]"
            )
    return document


def _unreadable(path: Path, error: Exception) -> UsageError:
    what = str(getattr(error, "strerror", None) or error)
    return UsageError(what, where=str(path), hint="mend the file, or move it away")


def _anchored(table: dict[str, Any], path: Path) -> dict[str, Any]:
    """Folders and interpreters named in a file are relative to that file; a bare name is a command
    on PATH.
    """
    anchored = dict(table)
    for name in ("out", "cache_dir", "engine_python"):
        if isinstance(table.get(name), str):
            anchored[name] = _beside(path, table[name], command=name == "engine_python")
    if isinstance(engines := table.get("engines"), dict):
        anchored["engines"] = {name: _with_python(own, path) for name, own in engines.items()}
    return anchored


def _with_python(own: Any, path: Path) -> Any:
    if not isinstance(own, dict) or not isinstance(own.get("python"), str):
        return own
    return own | {"python": _beside(path, own["python"], command=True)}


def _beside(path: Path, named: str, *, command: bool) -> str:
    return named if command and os.sep not in named else str(path.parent / Path(named).expanduser())


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: environment.get(_variable(name)) for name in NAMES if name not in TABLES
    }
    found = {name: value for name, value in found.items() if value}
    if environment.get(SERVER):
        found["engines"] = {"openai": {"base_url": environment[SERVER]}}
    # What every library of the hub understands holds here too.
    if environment.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        found.setdefault("offline", "true")
    return found


def _variable(name: str) -> str:
    return SERVER if name == "engines" else f"NARRATE_{name.upper()}"


def _checked(name: str, value: Any, origin: str, *, strict: bool) -> Any:
    fields = {
        field.name: field.type for field in msgspec.structs.fields(Settings) if field.name in NAMES
    }
    if name not in fields:
        hint = did_you_mean(name, fields, f"the settings are: {', '.join(fields)}")
        raise UsageError(f"there is no setting {name!r}", where=origin, hint=hint)
    hint = FPS_HINT if name == "fps" else "see `narrate run --help` for what it takes"
    try:
        converted = msgspec.convert(value, fields[name], strict=strict)
        if name == "fps":
            frame_rate(converted)
        elif name == "cache_max_size":
            units.size(converted)
    except ValueError as error:
        raise UsageError(f"{name} = {value!r}: {error}", where=origin, hint=hint) from error
    return converted
