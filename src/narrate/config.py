"""Settings, and where each came from: flag > environment > script > project > user > default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from narrate import units
from narrate.errors import UsageError
from narrate.fps import HINT as FPS_HINT
from narrate.fps import frame_rate
from narrate.limits import PAUSE_SECONDS

Format = Literal["wav", "flac", "mp3", "ogg", "opus", "m4a"]
Qa = Literal["strict", "warn", "off"]
Profile = Literal["draft", "final"]

TABLES = ("sampling", "engines")
"""Settings that are tables; only files hold these."""


class EngineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[engines.NAME]: what holds for one engine wherever the flags and the environment say nothing."""

    python: str | None = None
    model: str | None = None
    device: str | None = None
    dtype: str | None = None
    base_url: str | None = None
    concurrency: Annotated[int, Meta(ge=1, le=1024)] = 64


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run can be told, apart from what it should do; None means that it depends on the script or engine."""

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


@dataclass(frozen=True, slots=True)
class Config:
    """The settings, the origin of each in words, and every configuration file that was or could have been read."""

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...]


def resolve(
    flags: Mapping[str, Any],
    script: Mapping[str, Any],
    folder: Path,
    environment: Mapping[str, str] = os.environ,
) -> Config:
    """Merge every source of settings for a script in `folder`; None in `flags` or `script` means unset.

    Raises UsageError that names the origin of a setting that cannot be used.
    """
    files = [*_project_candidates(folder), user_file(environment)]
    project = next(((path, found) for path in files[:-1] if (found := _read(path))), None)
    layers: list[tuple[str, Mapping[str, Any]]]
    layers = [(str(files[-1]), _anchored(_read(files[-1]), files[-1]))]
    if project:
        layers.append((str(project[0]), _anchored(project[1], project[0])))
    layers.append(("script", script))
    layers.append(("environment", _from_environment(environment)))
    layers.append(("flag", flags))
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.__struct_fields__, "default")
    for origin, table in layers:
        for name, value in table.items():
            if value is not None:
                origins[name] = f"NARRATE_{name.upper()}" if origin == "environment" else origin
                merged[name] = _checked(name, value, origins[name], strict=origin not in ("environment", "flag"))
    return Config(Settings(**merged), origins, tuple(files))


def cache_dir(settings: Settings, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the cache lies: the setting, else $XDG_CACHE_HOME/narrate, else ~/.cache/narrate."""
    if settings.cache_dir:
        return Path(settings.cache_dir).expanduser().absolute()
    home = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser().absolute() / "narrate"


def data_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where engines are installed: $NARRATE_DATA_DIR, else $XDG_DATA_HOME/narrate, else ~/.local/share/narrate."""
    if own := environment.get("NARRATE_DATA_DIR"):
        return Path(own).expanduser().absolute()
    home = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser().absolute() / "narrate"


def user_file(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's own configuration file."""
    home = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(home).expanduser().absolute() / "narrate" / "config.toml"


def _project_candidates(folder: Path) -> list[Path]:
    """narrate.toml and pyproject.toml of the folder and of each one above it, the nearest first."""
    folders = [folder.absolute(), *folder.absolute().parents]
    return [place / name for place in folders for name in ("narrate.toml", "pyproject.toml")]


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(str(error), where=str(path), hint="mend the file, or move it away") from error
    for name in ("tool", "narrate") if path.name == "pyproject.toml" else ():
        document = document.get(name, {})
        if not isinstance(document, dict):
            raise UsageError(f"{name!r} is not a table", where=str(path), hint="settings stand in [tool.narrate]")
    return document


def _anchored(table: dict[str, Any], path: Path) -> dict[str, Any]:
    """Folders and interpreters named in a file are relative to that file; a bare name is a command on PATH."""
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


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    names = {name: f"NARRATE_{name.upper()}" for name in Settings.__struct_fields__ if name not in TABLES}
    found = {name: environment[variable] for name, variable in names.items() if environment.get(variable)}
    # What every library of the hub understands holds here too.
    if environment.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        found.setdefault("offline", "true")
    return found


def _checked(name: str, value: Any, origin: str, *, strict: bool) -> Any:
    fields = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    if name not in fields:
        close = get_close_matches(name, fields, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"the settings are: {', '.join(fields)}"
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
