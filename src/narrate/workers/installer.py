"""Making and removing the environments of engines, one at a time, from exact pins."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from narrate import __version__
from narrate.config import data_dir
from narrate.errors import EnvironmentProblem, UsageError
from narrate.workers.client import NEUTRAL, environment_for, isolated
from narrate.workers.environments import (
    EMBEDDED,
    MARKER,
    OWN,
    Environment,
    State,
    digest,
    inspect,
    pins,
    probe,
    versions,
)

LAST_LINES = 3
"""So many lines of an installer's output are told when it fails."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of an installation, and what it does in words."""

    title: str
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Watch:
    """Is told how it goes: each step with its number and how many there are, every line printed,
    and what else.
    """

    step: Callable[[int, int, str], object] = lambda number, count, title: None
    line: Callable[[str], object] = lambda line: None
    note: Callable[[str], object] = lambda text: None


def install(engine: str, watch: Watch) -> Environment:
    """Make an engine's own environment, unless it is there and complete.

    Raises UsageError for an engine that needs none, and EnvironmentProblem when a step fails; then
    nothing is left.
    """
    folder = data_dir() / "engines" / _installable(engine)
    with _locked(folder, watch):
        found = inspect(engine)
        if found.state is State.COMPLETE:
            return found
        if found.state is not State.ABSENT:
            watch.note(f"the environment is {found.state}; it is made anew")
            _require_own(folder)
        _erase(folder)
        try:
            steps = _steps(engine, folder)
            for number, step in enumerate(steps, 1):
                watch.step(number, len(steps), step.title)
                _run(step, f"engine {engine}, step {number} of {len(steps)}", watch)
            _complete(engine, folder)
        except BaseException:
            _erase(folder)
            raise
        return inspect(engine)


def remove(engine: str, watch: Watch) -> bool:
    """Remove an engine's own environment; say whether there was one. Raises UsageError for an
    unknown engine.
    """
    folder = data_dir() / "engines" / _installable(engine)
    with _locked(folder, watch):
        there = os.path.lexists(folder)
        if there:
            _require_own(folder)
        _erase(folder)
    return there


def _installable(engine: str) -> str:
    if engine in OWN:
        return engine
    what = (
        "needs no environment of its own" if engine in EMBEDDED else "is none that can be installed"
    )
    raise UsageError(
        f"{engine!r} {what}", where="narrate engines", hint=f"name one of: {', '.join(OWN)}"
    )


def _steps(engine: str, folder: Path) -> list[Step]:
    found = shutil.which("uv")
    # A project's uv.toml would name an index of its choice.
    uv = [os.path.abspath(found), "--no-config"] if found else []
    python = str(folder / "bin" / "python")
    # uv reads no pip configuration, and that may name the index with the builds of torch for this
    # machine's GPU.
    by_uv = uv and engine != "torch"
    pip = (
        [*uv, "pip", "install", "--python", python]
        if by_uv
        else isolated(python, "-m", "pip", "install", *_QUIETLY)
    )
    make = (
        [*uv, "venv", "--seed", "--python", sys.executable]
        if uv
        else isolated(sys.executable, "-m", "venv")
    )
    steps = [Step(f"making {folder}", [*make, str(folder)])]
    for path, wanted in pins(engine).items():
        # By itself, so that what it brings along is not weighed against the rest.
        if torch := [pin for pin in wanted if pin.startswith("torch==")]:
            steps.append(Step(f"installing {torch[0]}, the largest part", [*pip, *torch]))
        alone = ["--no-deps"] if path.stem.endswith("-no-deps") else []
        steps.append(Step(f"installing {_few(wanted)}", [*pip, *alone, "-r", str(path)]))
    return steps


_QUIETLY = ("--no-input", "--progress-bar", "off", "--disable-pip-version-check")


def _few(wanted: Sequence[str]) -> str:
    names = [pin.partition(";")[0].strip() for pin in wanted]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _run(step: Step, where: str, watch: Watch) -> None:
    """Run a step, passing its lines on. Raises EnvironmentProblem with the last of them."""
    last: deque[str] = deque(maxlen=LAST_LINES)
    command = list(step.command)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment_for(command[0]),
        cwd=NEUTRAL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                watch.line(line.rstrip())
                last.append(line.strip())
        except BaseException:
            # It and what it has started must be gone before their files are removed.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if process.returncode:
        raise EnvironmentProblem(
            f"{step.title} failed: {' | '.join(last) or f'exit code {process.returncode}'}",
            where=where,
            hint="check the network and the disk; with -v the same command shows all that the installer says",
        )


def _complete(engine: str, folder: Path) -> None:
    """Say in the marker what the environment holds. Raises EnvironmentProblem if modules are
    missing.
    """
    found = probe(str(folder / "bin" / "python"), list(versions(engine)), OWN[engine])
    if found["missing"]:
        raise EnvironmentProblem(
            f"after the installation there is no {' and no '.join(found['missing'])}",
            where=f"engine {engine}",
            hint="these pins do not fit this machine; name a Python that has the engine with --engine-python",
        )
    marker = {
        "pins": digest(engine),
        "python": found["python"],
        "versions": found["versions"],
        "narrate": __version__,
    }
    temp = folder / f"complete.{os.getpid()}"
    temp.write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
    temp.rename(folder / MARKER)


_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Opens a file that is only locked, without waiting for the other end of a FIFO and without
following a link.
"""


@contextlib.contextmanager
def _locked(folder: Path, watch: Watch) -> Iterator[None]:
    """Keep others from making or removing the same environment; waits for them."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = open(os.open(folder.with_suffix(".lock"), _LOCK, 0o666), "wb")  # noqa: SIM115
    except OSError as error:
        hint = "make it writable, or name another folder in NARRATE_DATA_DIR"
        raise EnvironmentProblem(
            f"cannot be written ({error.strerror})", where=str(folder.parent), hint=hint
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            watch.note(f"waiting for another `narrate engines` that works on {folder.name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_own(folder: Path) -> None:
    """Refuse to remove what is not an environment, and a link. Raises EnvironmentProblem."""
    ours = [folder / "pyvenv.cfg", folder / MARKER]
    if (
        folder.is_symlink()
        or folder.parent.is_symlink()
        or not folder.is_dir()
        or (any(folder.iterdir()) and not any(map(Path.is_file, ours)))
    ):
        raise EnvironmentProblem(
            "this is not an environment that narrate made, so it is not removed",
            where=str(folder),
            hint="move it away, or name another folder in NARRATE_DATA_DIR",
        )


def _erase(folder: Path) -> None:
    """Remove an environment: its marker first, so that no half is taken for whole, and last what
    shows it is one.
    """
    if folder.exists():
        (folder / MARKER).unlink(missing_ok=True)
        for part in sorted(folder.iterdir(), key=lambda part: part.name == "pyvenv.cfg"):
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part)
            else:
                part.unlink()
        folder.rmdir()
