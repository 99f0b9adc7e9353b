"""The Python environments in which engines run: made from exact pins, found, and removed.

    DATA/engines/torch/                 an environment
    DATA/engines/torch/complete.json    the marker, written last: what the environment was made from
    DATA/engines/torch.lock             held while it is made or removed

An environment is made in its final place, as its scripts hold its path. Without the marker it is
broken and is not used. One environment may hold several engines: `both` holds mlx and torch.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from narrate.base.files import regular
from narrate.base.limits import MARKER_BYTES
from narrate.config import EngineSettings, Settings, data_dir
from narrate.engines import registry
from narrate.engines.base import Capabilities
from narrate.errors import EnvironmentProblem
from narrate.workers.process import NEUTRAL, environment_for

REQUIREMENTS = Path(__file__).parents[1] / "engines" / "requirements"
"""NAME.txt holds the pins of an environment; NAME-no-deps.txt those of packages that are installed
without their own requirements.
"""

SIZE = "# size: "
"""How a line of NAME.txt begins that says how much room the environment takes."""

OLDEST = (3, 11)
"""The Python that the worker is written in."""

PROBE_SECONDS = 60

MARKER = "complete.json"


class State(StrEnum):
    """What there is of an environment."""

    ABSENT = "not installed"
    BROKEN = "broken: it was not finished, or its Python is gone"
    OUTDATED = "outdated: this version of narrate pins other packages"
    COMPLETE = "installed"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that runs an engine, and where it was found."""

    path: str
    origin: str


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment as it lies on disk."""

    name: str
    state: State
    folder: Path
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")


Warn = Callable[[str], object]


def _silent(text: str) -> None:
    return None


def known() -> list[str]:
    """Every environment that can be made: those of one engine, then those of several."""
    holders = [engine.environments for engine in _engines() if engine.environments]
    own = [names[0] for names in holders]
    shared = [name for names in holders for name in names[1:]]
    return list(dict.fromkeys([*own, *shared]))


def modules(environment: str) -> list[str]:
    """The modules that an environment must have, for every engine that it holds."""
    held = [engine.modules for engine in _engines() if environment in engine.environments]
    return [module for each in held for module in each]


def of_engine(engine: str) -> Environment | None:
    """The environment that an engine would run in: the first complete one, else the first one that
    is there at all, else the engine's own; None for an engine that needs no environment.

    Plug-ins need none, and are not loaded.
    """
    if engine not in registry.built_in():
        return None
    found: list[Environment] = []
    for name in registry.capabilities(engine).environments:
        found.append(inspect(name))
        if found[-1].state is State.COMPLETE:
            return found[-1]
    there = [each for each in found if each.state is not State.ABSENT]
    return next(iter([*there, *found]), None)


def _is_embedded(engine: str) -> bool:
    """Whether an engine needs nothing but narrate."""
    return engine in registry.built_in() and not registry.capabilities(engine).environments


def _engines() -> list[Capabilities]:
    return [registry.capabilities(name) for name in registry.built_in()]


def python_for(engine: str, settings: Settings, warn: Warn = _silent) -> str:
    """The interpreter that runs an engine. Raises EnvironmentProblem if there is none."""
    return find(engine, settings, warn).path


def find(engine: str, settings: Settings, warn: Warn = _silent) -> Interpreter:
    """The interpreter that runs an engine: the one that the settings name, that of an environment,
    or this one if it has the engine's packages.

    One that is named is asked for its version. If a project's file names it, `warn` is called
    first, once for each such file. --engine-python is not meant for engines that need nothing but
    narrate. Raises EnvironmentProblem whose next step is the command that makes an environment.
    """
    own = settings.engines.get(engine, EngineSettings())
    if settings.engine_python and not _is_embedded(engine):
        source = settings.trust.programs.get("engine_python")
        path = _given(settings.engine_python, "--engine-python", source, warn)
        return Interpreter(path, "given by --engine-python")
    if own.python:
        source = settings.trust.programs.get(f"engines.{engine}.python")
        path = _given(own.python, f"[engines.{engine}] python", source, warn)
        return Interpreter(path, "given by the configuration")
    environment = of_engine(engine)
    if environment is None:
        return Interpreter(sys.executable, "narrate's own")
    if environment.state is State.COMPLETE:
        return Interpreter(environment.python, "made by `narrate engines install`")
    if all(map(importlib.util.find_spec, registry.capabilities(engine).modules)):
        return Interpreter(sys.executable, "narrate's own")
    raise EnvironmentProblem(
        environment.state.value,
        where=f"engine {engine}",
        hint=f"run: narrate engines install {environment.name}",
    )


def inspect(name: str) -> Environment:
    """Look at an environment."""
    folder = data_dir() / "engines" / name
    if not folder.exists():
        return Environment(name, State.ABSENT, folder)
    try:
        made = json.loads(regular.read(folder / MARKER, MARKER_BYTES))
        environment = Environment(name, State.COMPLETE, folder, dict(made["versions"]))
        same = probe(environment.python)["python"] == made["python"]
        current = made["pins"] == digest(name)
    except (OSError, ValueError, TypeError, KeyError, EnvironmentProblem):
        return Environment(name, State.BROKEN, folder)
    if not same:
        return Environment(name, State.BROKEN, folder)
    return environment if current else Environment(name, State.OUTDATED, folder)


def probe(python: str, packages: Sequence[str] = (), modules: Sequence[str] = ()) -> dict[str, Any]:
    """Ask an interpreter for its version, those of packages that it has, and which modules it
    lacks.

    Nothing of them is imported. Raises EnvironmentProblem if the interpreter does not run.
    """
    try:
        answer = ask(python, _PROBE, json.dumps([list(packages), list(modules)]))
        return dict(json.loads(answer))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise EnvironmentProblem(
            f"this Python does not run ({reason(error)})",
            where=python,
            hint="name one that does, 3.11 or newer",
        ) from error


def ask(python: str, script: str, *arguments: str, seconds: float = PROBE_SECONDS) -> str:
    """The last line that a small script prints in an interpreter. Raises OSError or
    SubprocessError.
    """
    done = subprocess.run(
        [python, "-c", script, *arguments],
        capture_output=True,
        check=True,
        encoding="utf-8",
        errors="replace",
        # Not -P, which a Python that is too old does not know: it could not say its version.
        env=environment_for(python) | {"PYTHONSAFEPATH": "1"},
        cwd=NEUTRAL,
        stdin=subprocess.DEVNULL,
        timeout=seconds,
    )
    return (done.stdout.strip().splitlines() or [""])[-1]


_PROBE = """
import importlib.metadata, importlib.util, json, platform, sys
packages, modules = json.loads(sys.argv[1])
versions = {}
for name in packages:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
missing = [name for name in modules if importlib.util.find_spec(name) is None]
print(json.dumps({"python": platform.python_version(), "versions": versions, "missing": missing}))
"""


def _given(python: str, origin: str, source: str | None, warn: Warn) -> str:
    """The path of a Python that the setting `origin` names by path or as a command on PATH.

    `source` is the project's file that names it, if one does. Raises EnvironmentProblem for one
    that is missing, does not run, or is too old.
    """
    named = os.path.expanduser(python)
    found = named if os.sep in named else shutil.which(named)
    path = found and os.path.abspath(found)
    hint = f"name a Python 3.11 or newer that has the engine's packages after {origin}"
    if path is None or not os.path.exists(path):
        raise EnvironmentProblem(f"there is no {python}", where=origin, hint=hint)
    if source and _is_new(path, source):
        warn(f"this project runs a program of its own, {path}, which {source} names (shown once)")
    try:
        version = str(probe(path)["python"])
    except EnvironmentProblem as problem:
        raise EnvironmentProblem(f"{path}: {problem.what}", where=origin, hint=hint) from problem
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise EnvironmentProblem(
            f"{path} is Python {version}, which is too old", where=origin, hint=hint
        )
    return path


def require(engine: str, settings: Settings, warn: Warn = _silent) -> Interpreter:
    """The interpreter that runs an engine. Raises EnvironmentProblem as `find` does, and for one
    without the engine's packages.
    """
    found = find(engine, settings, warn)
    wanted = registry.capabilities(engine).modules
    if wanted and (missing := probe(found.path, modules=wanted)["missing"]):
        raise EnvironmentProblem(
            f"{found.path} ({found.origin}) does not have {' and '.join(missing)}",
            where=f"engine {engine}",
            hint=f"name another Python, or leave it out and run: narrate engines install {engine}",
        )
    return found


def _is_new(program: str, source: str) -> bool:
    """Whether a project's file names a program for the first time, which is remembered."""
    pair = json.dumps([os.path.realpath(program), os.path.realpath(source)])
    known = data_dir() / "programs" / hashlib.blake2b(pair.encode(), digest_size=16).hexdigest()
    try:
        known.parent.mkdir(parents=True, exist_ok=True)
        with known.open("x", encoding="utf-8") as file:
            file.write(f"{pair}\n")
    except FileExistsError:
        return False
    except OSError:
        # It cannot be remembered, so the warning is shown again.
        return True
    return True


def pins(environment: str) -> dict[Path, list[str]]:
    """The requirement files of an environment, and the requirements in each."""
    found: dict[Path, list[str]] = {}
    for suffix in ("", "-no-deps"):
        path = REQUIREMENTS / f"{environment}{suffix}.txt"
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            found[path] = [line for line in lines if line.strip() and line[0] not in "#-"]
    return found


def size(environment: str) -> str:
    """How much room an environment takes, in words, as its file of pins says; "" if it does not."""
    try:
        lines = (REQUIREMENTS / f"{environment}.txt").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    said = (line.removeprefix(SIZE) for line in lines if line.startswith(SIZE))
    return next(said, "")


def versions(environment: str) -> dict[str, str]:
    """The versions that the pins of an environment name, by package."""
    found: dict[str, str] = {}
    for requirements in pins(environment).values():
        for requirement in requirements:
            package, _, version = requirement.partition("==")
            found[_package(package)] = version.partition(";")[0].strip()
    return found


def _package(requirement: str) -> str:
    """The package of a requirement, without extras, versions and conditions."""
    return re.split(r"[\[=<>~;@ ]", requirement)[0]


def digest(environment: str) -> str:
    """The digest of an environment's pins: one that was made from other pins is outdated."""
    requirements = json.dumps(list(pins(environment).values()))
    return hashlib.blake2b(requirements.encode(), digest_size=16).hexdigest()


def reason(error: Exception) -> str:
    """Why a process did not answer, in one line."""
    if isinstance(error, subprocess.CalledProcessError):
        return str((error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[-1])
    return str(getattr(error, "strerror", None) or error)
