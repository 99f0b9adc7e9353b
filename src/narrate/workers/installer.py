"""Makes and removes the environments of engines, one at a time, from exact pins."""

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
from narrate.engines import registry
from narrate.errors import EnvironmentProblem, UsageError
from narrate.workers.environments import (
    MARKER,
    Environment,
    State,
    digest,
    inspect,
    known,
    modules,
    pins,
    probe,
    size,
    versions,
)
from narrate.workers.process import NEUTRAL, environment_for, isolated

LAST_LINES = 3
"""How many lines of a failed step's output its error shows."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of an installation, and what it does in words."""

    title: str
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is called during an installation: `step` with the number of a step, how many there are
    and a title, `line` with every line that a step prints, `note` with anything else.
    """

    step: Callable[[int, int, str], object] = lambda number, count, title: None
    line: Callable[[str], object] = lambda line: None
    note: Callable[[str], object] = lambda text: None


def install(name: str, watch: Watch) -> Environment:
    """Make an environment, unless it is there and complete.

    Raises UsageError for a name that is not an environment's, and EnvironmentProblem when a step
    fails; nothing is left behind then.
    """
    folder = _folder(name)
    with _locked(folder, watch):
        found = inspect(name)
        if found.state is State.COMPLETE:
            return found
        if found.state is not State.ABSENT:
            watch.note(f"the environment is {found.state}; it is made again")
            _require_own(folder)
        _erase(folder)
        try:
            if room := size(name):
                watch.note(f"the environment takes {room}")
            steps = _steps(name, folder)
            for number, step in enumerate(steps, 1):
                watch.step(number, len(steps), step.title)
                _run(step, f"engine {name}, step {number} of {len(steps)}", watch)
            _complete(name, folder)
        except BaseException:
            _erase(folder)
            raise
        return inspect(name)


def remove(name: str, watch: Watch) -> bool:
    """Remove an environment; the result says whether there was one. Raises as `install` does."""
    folder = _folder(name)
    with _locked(folder, watch):
        there = os.path.lexists(folder)
        if there:
            _require_own(folder)
        _erase(folder)
    return there


def _folder(name: str) -> Path:
    """The folder of an environment. Raises UsageError for a name that is not one's."""
    if name in known():
        return data_dir() / "engines" / name
    embedded = name in registry.built_in()
    what = "needs no environment of its own" if embedded else "cannot be installed by narrate"
    raise UsageError(
        f"{name!r} {what}", where="narrate engines", hint=f"name one of: {', '.join(known())}"
    )


def _steps(name: str, folder: Path) -> list[Step]:
    """The commands that make an environment, with uv where it is installed and serves."""
    found = shutil.which("uv")
    # A project's uv.toml would name an index of its choice.
    uv = [os.path.abspath(found), "--no-config"] if found else []
    python = str(folder / "bin" / "python")
    files = pins(name)
    torch = [pin for wanted in files.values() for pin in wanted if pin.startswith("torch==")]
    # uv does not read pip's configuration, which may name the index with the builds of torch for
    # this machine's GPU.
    if uv and not torch:
        pip = [*uv, "pip", "install", "--python", python]
    else:
        pip = isolated(python, "-m", "pip", "install", *_QUIETLY)
    if uv:
        make = [*uv, "venv", "--seed", "--python", sys.executable]
    else:
        make = isolated(sys.executable, "-m", "venv")
    steps = [Step(f"making {folder}", [*make, str(folder)])]
    if torch:
        # First and alone, so that pip chooses its build without regard to the other pins.
        steps.append(Step(f"installing {torch[0]}, the largest part", [*pip, *torch]))
    for path, wanted in files.items():
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
            # The step and its children must be gone before their files are removed.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if process.returncode:
        raise EnvironmentProblem(
            f"{step.title} failed: {' | '.join(last) or f'exit code {process.returncode}'}",
            where=where,
            hint="check the network and the disk; the same command with -v shows all of its output",
        )


def _complete(name: str, folder: Path) -> None:
    """Write the marker, which says what the environment holds. Raises EnvironmentProblem if modules
    are missing.
    """
    found = probe(str(folder / "bin" / "python"), list(versions(name)), modules(name))
    if found["missing"]:
        raise EnvironmentProblem(
            f"after the installation there is no {' and no '.join(found['missing'])}",
            where=f"engine {name}",
            hint="these pins do not fit this machine; "
            "name a Python that has the engine with --engine-python",
        )
    marker = {
        "pins": digest(name),
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
    """Hold the lock on an environment, which guards its folder: nobody else makes or removes it
    meanwhile. Waits for whoever does so now.
    """
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
    """Remove an environment: the marker first, so that half of it is never used, and pyvenv.cfg
    last, so that what is left can still be recognized as ours.
    """
    if folder.exists():
        (folder / MARKER).unlink(missing_ok=True)
        for part in sorted(folder.iterdir(), key=lambda part: part.name == "pyvenv.cfg"):
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part)
            else:
                part.unlink()
        folder.rmdir()
