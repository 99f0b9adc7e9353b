"""The Python environments in which engines run: made from exact pins, found, and removed.

    DATA/engines/torch/                 an environment
    DATA/engines/torch/complete.json    written last: what it was made from; without it the environment is broken
    DATA/engines/torch.lock             held while it is made or removed

An environment is made in its place, as its scripts hold its path; only the marker says that it may
be used.
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

from narrate.base import regular
from narrate.base.limits import MARKER_BYTES
from narrate.config import EngineSettings, Settings, data_dir
from narrate.errors import EnvironmentProblem
from narrate.workers.client import NEUTRAL, environment_for

OWN = {"mlx": ("mlx", "mlx_audio"), "torch": ("torch", "qwen_tts")}
"""Engines that need packages of their own, and the modules by which these are found."""

EMBEDDED = ("hibari", "openai", "tone")
"""Engines that need nothing but narrate: --engine-python is not meant for them."""

REQUIREMENTS = Path(__file__).parents[1] / "engines" / "requirements"
"""NAME.txt holds an engine's pins; NAME-no-deps.txt those of packages whose own requirements are
not wanted.
"""

OLDEST = (3, 11)
"""The Python that the worker is written in."""

PROBE_SECONDS = 60

MARKER = "complete.json"


class State(StrEnum):
    """What there is of an engine's own environment."""

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
    """An engine's own environment as it lies on disk."""

    engine: str
    state: State
    folder: Path
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")


Tell = Callable[[str], object]


def _silent(text: str) -> None:
    return None


def python_for(engine: str, settings: Settings, tell: Tell = _silent) -> str:
    """The interpreter that runs an engine. Raises EnvironmentProblem if there is none."""
    return find(engine, settings, tell).path


def find(engine: str, settings: Settings, tell: Tell = _silent) -> Interpreter:
    """The interpreter that runs an engine: the one given, the engine's own, or this one if it has
    what is needed.

    A given one is asked for its version. If a project's file names it, `tell` hears of that first,
    once. Raises EnvironmentProblem whose next step is the command that makes one.
    """
    own = settings.engines.get(engine, EngineSettings())
    if settings.engine_python and engine not in EMBEDDED:
        source = settings.trust.programs.get("engine_python")
        return Interpreter(
            _given(settings.engine_python, "--engine-python", source, tell),
            "given by --engine-python",
        )
    if own.python:
        setting = f"[engines.{engine}] python"
        source = settings.trust.programs.get(f"engines.{engine}.python")
        return Interpreter(_given(own.python, setting, source, tell), "given by the configuration")
    if engine not in OWN:
        return Interpreter(sys.executable, "narrate's own")
    environment = inspect(engine)
    if environment.state is State.COMPLETE:
        return Interpreter(environment.python, "made by `narrate engines install`")
    if all(importlib.util.find_spec(module) for module in OWN[engine]):
        return Interpreter(sys.executable, "narrate's own")
    raise EnvironmentProblem(
        environment.state.value,
        where=f"engine {engine}",
        hint=f"run: narrate engines install {engine}",
    )


def inspect(engine: str) -> Environment:
    """Look at an engine's own environment."""
    folder = data_dir() / "engines" / engine
    if not folder.exists():
        return Environment(engine, State.ABSENT, folder)
    try:
        made = json.loads(regular.read(folder / MARKER, MARKER_BYTES))
        environment = Environment(engine, State.COMPLETE, folder, dict(made["versions"]))
        same = probe(environment.python)["python"] == made["python"]
        current = made["pins"] == digest(engine)
    except (OSError, ValueError, TypeError, KeyError, EnvironmentProblem):
        return Environment(engine, State.BROKEN, folder)
    if not same:
        return Environment(engine, State.BROKEN, folder)
    return environment if current else Environment(engine, State.OUTDATED, folder)


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
        # Not by -P: a Python that is too old for it would not tell its version.
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


def _given(python: str, origin: str, source: str | None, tell: Tell) -> str:
    """A Python that somebody named, as a path or as a command on PATH; `source` is the project's
    file that did.
    """
    named = os.path.expanduser(python)
    found = named if os.sep in named else shutil.which(named)
    path = found and os.path.abspath(found)
    hint = f"name a Python 3.11 or newer that has the engine's packages after {origin}"
    if path is None or not os.path.exists(path):
        raise EnvironmentProblem(f"there is no {python}", where=origin, hint=hint)
    if source and _is_new(path, source):
        tell(
            f"this project runs a program of its own, {path}, which {source} names; this is said once"
        )
    try:
        version = str(probe(path)["python"])
    except EnvironmentProblem as problem:
        raise EnvironmentProblem(f"{path}: {problem.what}", where=origin, hint=hint) from problem
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise EnvironmentProblem(
            f"{path} is Python {version}, which is too old", where=origin, hint=hint
        )
    return path


def _is_new(program: str, source: str) -> bool:
    """Whether a project's file names a program for the first time; from now on it does not."""
    pair = json.dumps([os.path.realpath(program), os.path.realpath(source)])
    known = data_dir() / "programs" / hashlib.blake2b(pair.encode(), digest_size=16).hexdigest()
    try:
        known.parent.mkdir(parents=True, exist_ok=True)
        with known.open("x", encoding="utf-8") as file:
            file.write(f"{pair}\n")
    except FileExistsError:
        return False
    except OSError:
        # What cannot be remembered is said again.
        return True
    return True


def pins(engine: str) -> dict[Path, list[str]]:
    """An engine's requirement files, and the requirements in each."""
    files = [
        path for name in ("", "-no-deps") if (path := REQUIREMENTS / f"{engine}{name}.txt").exists()
    ]
    texts = {path: path.read_text(encoding="utf-8").splitlines() for path in files}
    return {
        path: [line for line in lines if line.strip() and line[0] not in "#-"]
        for path, lines in texts.items()
    }


def versions(engine: str) -> dict[str, str]:
    """The versions that an engine's pins name, by package."""
    both = (pin.partition("==") for wanted in pins(engine).values() for pin in wanted)
    return {name(package): version.partition(";")[0].strip() for package, _, version in both}


def name(requirement: str) -> str:
    """The package of a requirement, without extras, versions and conditions."""
    return str(re.split(r"[\[=<>~;@ ]", requirement)[0])


def digest(engine: str) -> str:
    """Of an engine's pins: an environment made from others is outdated."""
    return hashlib.blake2b(
        json.dumps(list(pins(engine).values())).encode(), digest_size=16
    ).hexdigest()


def reason(error: Exception) -> str:
    """Why a process did not answer, in one line."""
    if isinstance(error, subprocess.CalledProcessError):
        return str((error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[-1])
    return str(getattr(error, "strerror", None) or error)
