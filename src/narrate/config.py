"""Settings, and where each came from: flag > environment > script > project > user > default.

docs/trust-boundaries.md says whose settings files are obeyed, and what a project's file may do.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from narrate.base import units
from narrate.base.allowed import allowed
from narrate.base.files import encoding, ownership, regular
from narrate.base.fps import HINT as FPS_HINT
from narrate.base.fps import frame_rate
from narrate.base.limits import PAUSE_SECONDS, SETTINGS_BYTES
from narrate.base.text import did_you_mean
from narrate.errors import UsageError
from narrate.thresholds import CHECKS, USES, Thresholds

Format = Literal["wav", "flac", "mp3", "ogg", "opus", "m4a"]
Qa = Literal["strict", "warn", "off"]
Profile = Literal["draft", "final"]
Headings = Literal["speak", "skip"]
Markup = Literal["error", "warn"]
Choice = Literal["speak", "skip", "error"]
ReadingMode = Literal["full", "engine", "off"]
Mathematics = Literal["teacher", "exact"]
Segments = Literal["paragraph", "line"]
ScriptFormat = Literal["json", "yaml", "md", "txt", "srt", "vtt"]

TABLES = ("sampling", "engines", "checks")
"""Settings that are tables. Of their fields only those with a flag of their own, such as --checks,
can be set outside of files.
"""

SERVER = "NARRATE_OPENAI_BASE_URL"
"""The variable that names the speech server, as [engines.openai] base_url does."""


class EngineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[engines.NAME]: what holds for one engine, unless a flag or a variable says otherwise."""

    python: str | None = None
    model: str | None = None
    device: str | None = None
    dtype: str | None = None
    base_url: str | None = None
    concurrency: Annotated[int, Meta(ge=1, le=1024)] = 64


class CheckSettings(Thresholds, frozen=True, forbid_unknown_fields=True):
    """[checks]: which of them a run uses, and when they refuse a clip."""

    use: str = "auto"
    """auto, all, none, or names of checks between commas."""


class Trust(msgspec.Struct, frozen=True):
    """Which of the settings are the user's own. It follows from where they came from; no file can
    set it.

    `servers` are the base_urls of openai that the user's file, the environment or a flag names: a
    key may be sent there. `programs` are the settings by which a project names a Python to run,
    each with the file that does.
    """

    servers: tuple[str, ...] = ()
    programs: dict[str, str] = {}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a run works, as opposed to what it should do; None depends on the script or the engine.

    `ABOUT` holds the flag and the help of each setting, and how it is parsed.
    """

    engine: str = "auto"
    out: str | None = None
    jobs: Annotated[int, Meta(ge=1, le=64)] = min(4, os.cpu_count() or 1)
    format: Format = "wav"
    fps: Fraction = Fraction(30)
    bitrate: Annotated[int, Meta(ge=32, le=320)] = 128
    format_in: ScriptFormat | None = None
    segments: Segments = "paragraph"
    headings: Headings = "skip"
    tables: Choice = "error"
    formulas: Choice = "speak"
    images: Choice = "skip"
    markup: Markup = "error"
    reading: ReadingMode = "full"
    mathematics: Mathematics = "teacher"
    stand_in: str | None = None
    qa: Qa = "strict"
    checks: CheckSettings = CheckSettings()
    max_retries: Annotated[int, Meta(ge=0, le=20)] = 2
    takes: Annotated[int, Meta(ge=1, le=20)] = 1
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
    cache_max_size: int = units.size("5GB")
    sampling: dict[str, float] = {}
    engines: dict[str, EngineSettings] = {}
    trust: Trust = Trust()


TYPES = {
    field.name: field.type for field in msgspec.structs.fields(Settings) if field.name != "trust"
}
"""The type of every setting that files, variables and flags can set."""

NAMES = tuple(TYPES)


@dataclass(frozen=True, slots=True)
class About:
    """What the command line shows of a setting, and how it is read.

    `value` stands for the value after its `flags`. Where `parse` is given, flags and files hold a
    value of the type `written`, and `parse` makes the setting of it or raises ValueError.
    """

    help: str
    value: str = ""
    flags: tuple[str, ...] = ()
    written: object = None
    parse: Callable[[Any], object] | None = None
    hint: str = "see `narrate run --help` for the values it takes"


def _flag(names: str, value: str, help: str) -> About:
    return About(help, value, tuple(names.split()))


def _duration(name: str, help: str) -> About:
    """A setting in seconds, which is also written as in 0.5s or 500ms."""

    def parse(written: str | float) -> object:
        seconds = units.seconds(written)
        try:
            return msgspec.convert(seconds, TYPES[name])
        except msgspec.ValidationError:
            raise ValueError(f"it is not {allowed(TYPES[name])}") from None

    hint = "write seconds as a number, or as in 0.5s or 500ms"
    return About(help, written=int | float | str, parse=parse, hint=hint)


def _check_table(table: dict[str, Any], where: str) -> None:
    """Refuse a field of [checks] that there is not, or that has no such value. Raises UsageError
    that names it.
    """
    kinds = {field.name: field.type for field in msgspec.structs.fields(CheckSettings)}
    for name, value in table.items():
        if name not in kinds:
            hint = did_you_mean(name, kinds, f"its settings are: {', '.join(kinds)}")
            raise UsageError(f"there is no {name!r} in [checks]", where=where, hint=hint)
        if reason := _refused(name, value, kinds[name]):
            hint = ABOUT["checks"].hint if name == "use" else _example(name, kinds[name])
            what = f"{name} = {value!r} in [checks] is not accepted{reason}"
            raise UsageError(what, where=where, hint=hint)


def _refused(name: str, value: Any, kind: object) -> str:
    """Why a field of [checks] cannot have a value, to follow a statement; empty if it can."""
    try:
        msgspec.convert(value, kind)
        if name == "use":
            _checks(value)
    except msgspec.ValidationError:
        return f": it is not {allowed(kind) or 'what this setting takes'}"
    except ValueError as error:
        return f": {error}"
    # A threshold that is not a number would refuse nothing.
    several = value if isinstance(value, list) else [value]
    return ": it is not a number" if any(each != each for each in several) else ""


def _example(name: str, kind: object) -> str:
    default = msgspec.to_builtins(getattr(CheckSettings(), name))
    example = f", such as {list(default) if isinstance(default, tuple) else default}"
    return f"use {allowed(kind) or 'numbers'}{example if default is not None else ''}"


def _checks(written: str | dict[str, Any]) -> CheckSettings:
    """[checks], or the value of --checks. Raises ValueError."""
    fields = {"use": written} if isinstance(written, str) else written
    settings = msgspec.convert(fields, CheckSettings)
    unknown = {*map(str.strip, settings.use.split(","))} - {*CHECKS}
    if settings.use not in USES and unknown:
        raise ValueError(f"there is no check {', '.join(map(repr, sorted(unknown)))}")
    return settings


ABOUT = {
    "engine": _flag("--engine", "NAME", "auto, or one of `narrate engines list` (auto)."),
    "out": _flag(
        "-o --out",
        "DIR",
        "Output folder, or the parent of several (build/narration).",
    ),
    "jobs": _flag("-j --jobs", "N", "Run at most N workers at a time."),
    "format": _flag("--format", "NAME", "wav, flac, mp3, ogg, opus or m4a (wav)."),
    "fps": About(
        "Video frames per second: 30, 29.97, 30000/1001 (30).",
        value="RATE",
        flags=("--fps",),
        written=int | float | str,
        parse=frame_rate,
        hint=FPS_HINT,
    ),
    "bitrate": About("Kilobits per second of mp3, ogg, opus and m4a: 32 to 320 (128)."),
    "format_in": _flag(
        "--format-in",
        "NAME",
        "Read as json, yaml, md, txt, srt or vtt (by the name).",
    ),
    "segments": _flag(
        "--segments", "NAME", "What is a segment: a paragraph or a line (paragraph)."
    ),
    "headings": About("Headings of level 3 and below in Markdown: speak or skip (skip)."),
    "tables": _flag("--tables", "NAME", "Tables in Markdown: speak, skip or error (error)."),
    "formulas": _flag(
        "--formulas", "NAME", "Blocks of formulas in Markdown: speak, skip or error (speak)."
    ),
    "images": _flag(
        "--images", "NAME", "Images in Markdown: speak their text, skip or error (skip)."
    ),
    "markup": About("Unknown markup in a text, such as [beat]: error or warn (error)."),
    "reading": About("How notation is read: full, engine (mathematics only) or off (full)."),
    "mathematics": About(
        "How formulas are said: as a teacher says them, or exact with every bracket (teacher)."
    ),
    "stand_in": _flag(
        "--stand-in", "ENGINE", "The engine that speaks for engines that are missing."
    ),
    "qa": _flag("--qa", "MODE", "When a check fails: strict refuses, warn keeps, off ignores."),
    "checks": About(
        "Checks that listen: auto, all, none or NAME,NAME (auto).",
        value="NAMES",
        flags=("--checks",),
        written=str | dict[str, Any],
        parse=_checks,
        hint=f"use {', '.join(USES)}, or some of {', '.join(CHECKS)} between commas",
    ),
    "max_retries": _flag(
        "--max-retries", "N", "Speak what a check refuses again, up to N times (2)."
    ),
    "takes": _flag("--takes", "N", "Speak each line N times, and keep the best (1)."),
    "language": _flag("--language", "CODE", "The language that is spoken."),
    "pause_after": _duration("pause_after", "Seconds of silence after a segment (0.4)."),
    "timeout": _duration("timeout", "Seconds that speaking one utterance may take (120)."),
    "cache_dir": _flag("--cache-dir", "DIR", "Where clips are kept (see `narrate cache dir`)."),
    "model": _flag(
        "--model", "MODEL", "A hub id, id@revision or a folder (see `narrate models list`)."
    ),
    "profile": _flag(
        "--profile", "NAME", "Which models to use: draft (small, fast) or final (final)."
    ),
    "device": _flag("--device", "NAME", "cuda, cuda:1, mps, gpu or cpu (the best)."),
    "dtype": _flag("--dtype", "NAME", "bfloat16, float16 or float32 (what suits the device)."),
    "engine_python": _flag(
        "--engine-python", "PYTHON", "The Python that runs the engine (see `narrate engines`)."
    ),
    "asr_model": _flag(
        "--asr-model",
        "MODEL",
        "Speech recognition: a folder, name or id, or mlx:ID (base).",
    ),
    "offline": _flag("--offline", "", "Use no network; fail if a download would be needed."),
    "allow_outside": _flag(
        "--allow-outside", "", "Accept recordings from outside the script's folder too."
    ),
    "cache_max_size": About(
        "How large the cache may become: 500MB, 2GB, 1GiB (5GB).",
        written=str,
        parse=units.size,
        hint='write it in quotes, as in cache_max_size = "500MB"',
    ),
    "sampling": About(
        "A table: sampling parameters of the model.",
        hint="write a table of numbers, such as [sampling] and below it temperature = 0.8",
    ),
    "engines": About(
        "A table for each engine: python, model, device, dtype, and more.",
        hint="the table of an engine, such as [engines.torch], takes "
        + ", ".join(EngineSettings.__struct_fields__),
    ),
}
"""Every setting by its name: add a line here for a new field of `Settings`."""


Layer = tuple[str, Mapping[str, Any]]
"""Where settings come from, and what they are."""


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


@dataclass(frozen=True, slots=True)
class Sources:
    """What every source of settings says, the weakest first, but for the script itself."""

    files: tuple[Layer, ...]
    above: tuple[Layer, ...]
    """The environment and the flags, which are stronger than the script."""

    project: str
    """The project's file, or ""."""

    paths: tuple[Path, ...]
    warnings: tuple[str, ...]

    def settle(self, script: Mapping[str, Any] | None = None) -> Config:
        """Merge them with what the script says; None stands for a setting that it does not give.

        Raises UsageError that names the origin of a setting that cannot be used.
        """
        layers: list[Layer] = [*self.files, ("script", script or {}), *self.above]
        merged, origins = _merged(layers)
        trust = Trust(
            servers=tuple(_servers(layers, untrusted=(self.project, "script"))),
            programs=_programs(layers, self.project) if self.project else {},
        )
        settings = Settings(**merged, trust=trust)
        return Config(settings, origins, self.paths, self.warnings)


def resolve(
    flags: Mapping[str, Any],
    script: Mapping[str, Any],
    folder: Path,
    environment: Mapping[str, str] = os.environ,
) -> Config:
    """The settings for a script in `folder`. Raises UsageError as `Sources.settle` does."""
    return gather(flags, folder, environment).settle(script)


def gather(
    flags: Mapping[str, Any], folder: Path, environment: Mapping[str, str] = os.environ
) -> Sources:
    """Read every source of settings for a script in `folder`; None in `flags` stands for a flag
    that is not given. Raises UsageError for a file that cannot be read.
    """
    candidates, marks = ownership.search(folder)
    user = user_file(environment)
    files: list[Layer] = [(str(user), _anchored(_read(user), user))]
    project, table, warnings = _project(candidates, environment)
    if project:
        table, more = _without_limit(table, project)
        warnings += more
        files.append((str(project), _anchored(table, project)))
    above: tuple[Layer, ...] = (("environment", _from_environment(environment)), ("flag", flags))
    paths = (*candidates, *marks, user)
    return Sources(tuple(files), above, str(project or ""), paths, warnings)


def cache_dir(settings: Settings, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the cache lies: the setting, else $XDG_CACHE_HOME/narrate, else ~/.cache/narrate."""
    if settings.cache_dir:
        return Path(settings.cache_dir).expanduser().absolute()
    return _home(environment, "XDG_CACHE_HOME", "~/.cache") / "narrate"


def data_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where engines are installed: $NARRATE_DATA_DIR, else $XDG_DATA_HOME/narrate, else
    ~/.local/share/narrate.
    """
    if own := environment.get("NARRATE_DATA_DIR"):
        return Path(own).expanduser().absolute()
    return _home(environment, "XDG_DATA_HOME", "~/.local/share") / "narrate"


def user_file(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's own configuration file; one that cannot exist for a user without a home folder."""
    try:
        return _home(environment, "XDG_CONFIG_HOME", "~/.config") / "narrate" / "config.toml"
    except RuntimeError:
        return Path(os.devnull, "config.toml")


def _home(environment: Mapping[str, str], variable: str, default: str) -> Path:
    """The folder that a variable of the XDG specification names; relative ones are ignored, as it
    says. Raises RuntimeError if there is no home folder.
    """
    named = Path(environment.get(variable) or "")
    return named if named.is_absolute() else Path(default).expanduser().absolute()


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
                f"to obey it anyway, set {ownership.VARIABLE}={path.parent}"
            )
        elif not objection and (table := _read(path)):
            return path, table, tuple(warnings)
    return None, {}, tuple(warnings)


def _without_limit(table: dict[str, Any], project: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A project's table without the limit of a cache that other projects use too, and a warning."""
    if "cache_max_size" not in table or "cache_dir" in table:
        return table, ()
    warning = (
        f"cache_max_size in {project} is ignored, as the cache is not the project's own; "
        "set it in your own settings, or name a cache_dir beside it"
    )
    kept = {name: value for name, value in table.items() if name != "cache_max_size"}
    return kept, (warning,)


def _is_meant_for_us(path: Path) -> bool:
    """Whether somebody else's file holds settings of narrate; a broken one does not, as it is not
    the user's to fix.
    """
    if path.name == "narrate.toml":
        return True
    try:
        return path.is_file() and bool(_read(path))
    except (OSError, UsageError):
        return False


def _merged(layers: Sequence[Layer]) -> tuple[dict[str, Any], dict[str, str]]:
    """The value of each setting that any layer gives, and the origin of every setting."""
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(NAMES, "default")
    for origin, values in layers:
        for name, value in values.items():
            if value is not None:
                origins[name] = _variable(name) if origin == "environment" else origin
                strict = origin not in ("environment", "flag")
                merged[name] = _checked(name, value, origins[name], strict=strict)
    if "engines" in merged:
        merged["engines"] = _engines(values.get("engines") for _, values in layers)
    if "checks" in merged:
        merged["checks"] = _checks(_joined(values.get("checks") for _, values in layers))
    return merged, origins


def _engines(tables: Iterable[Mapping[str, Any] | None]) -> dict[str, EngineSettings]:
    """The tables of engines merged setting by setting, so that a project that names a model leaves
    the rest alone.
    """
    merged: dict[str, dict[str, Any]] = {}
    for table in tables:
        for name, own in (table or {}).items():
            merged[name] = merged.get(name, {}) | msgspec.to_builtins(own)
    return msgspec.convert(merged, dict[str, EngineSettings], strict=False)


def _joined(tables: Iterable[str | Mapping[str, Any] | None]) -> dict[str, Any]:
    """What each layer says of checks, merged field by field."""
    merged: dict[str, Any] = {}
    for table in tables:
        merged |= {"use": table} if isinstance(table, str) else (table or {})
    return merged


def _servers(layers: Sequence[Layer], untrusted: Sequence[str]) -> Iterator[str]:
    """The speech servers that layers name, except those of untrusted origin."""
    for origin, values in layers:
        own = msgspec.to_builtins((values.get("engines") or {}).get("openai") or {})
        if own.get("base_url") and origin not in untrusted:
            yield own["base_url"]


def _programs(layers: Sequence[Layer], project: str) -> dict[str, str]:
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
        document = tomllib.loads(encoding.decode(regular.read(path, SETTINGS_BYTES)))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error
    for name in ("tool", "narrate") if path.name == "pyproject.toml" else ():
        document = document.get(name, {})
        if not isinstance(document, dict):
            raise UsageError(
                f"{name!r} is not a table", where=str(path), hint="write settings in [tool.narrate]"
            )
    return document


def _unreadable(path: Path, error: Exception) -> UsageError:
    what = str(getattr(error, "strerror", None) or error)
    return UsageError(what, where=str(path), hint="fix the file, or move it away")


def _anchored(table: dict[str, Any], path: Path) -> dict[str, Any]:
    """Folders and interpreters named in a file are relative to that file; a bare name is a command
    on PATH.
    """
    anchored = dict(table)
    if isinstance(checks := table.get("checks"), dict) and "recogniser" in checks:
        # One setting, which the command line knows by its own name.
        anchored["checks"] = {key: checks[key] for key in checks if key != "recogniser"}
        anchored["asr_model"] = checks["recogniser"]
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
        name: environment.get(_variable(name))
        for name in NAMES
        if name not in TABLES or ABOUT[name].flags
    }
    found = {name: value for name, value in found.items() if value}
    if environment.get(SERVER):
        found["engines"] = {"openai": {"base_url": environment[SERVER]}}
    # The hub's own libraries obey this variable as well.
    if environment.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        found.setdefault("offline", "true")
    return found


def _variable(name: str) -> str:
    return SERVER if name == "engines" else f"NARRATE_{name.upper()}"


def _checked(name: str, value: Any, origin: str, *, strict: bool) -> Any:
    """A value as the setting holds it. Raises UsageError that names the origin."""
    if name not in TYPES:
        hint = did_you_mean(name, TYPES, f"the settings are: {', '.join(TYPES)}")
        raise UsageError(f"there is no setting {name!r}", where=origin, hint=hint)
    about = ABOUT[name]
    where = about.flags[-1] if origin == "flag" and about.flags else origin
    if name in ("out", "cache_dir") and not str(value).strip():
        raise UsageError(f"{name} is empty", where=where, hint="name a folder, or leave it out")
    if name == "checks" and isinstance(value, dict):
        _check_table(value, where)
    try:
        written = msgspec.convert(value, about.written or TYPES[name], strict=strict)
        return about.parse(written) if about.parse else written
    except ValueError as error:
        values = "" if about.parse else allowed(TYPES[name])
        what = "is not accepted" if values else f"is not accepted: {error}"
        hint = f"use {values}" if values else about.hint
        raise UsageError(f"{name} = {value!r} {what}", where=where, hint=hint) from error
