"""Every test runs in a world of its own: no real cache, configuration or home is ever touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

SET = dict(os.environ)
"""The environment before the tests forget it: NARRATE_FAULTS=large, NARRATE_FIGURES=FILE and
CI=true matter here.
"""

STRICT = SET.get("CI") == "true" or SET.get("NARRATE_REQUIRE_TOOLS") == "1"
"""Whether a harness that cannot run for want of a tool is a failure."""

# A shell starts background jobs with SIGINT ignored, and what these start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point everything that narrate keeps at a folder of the tests, and forget what the developer
    has set.
    """
    root = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("NARRATE_")]:
            patch.delenv(name)
        # Some libraries behave better in CI than they do at home.
        patch.delenv("CI", raising=False)
        patch.setenv("NARRATE_CACHE_DIR", str(root / "cache"))
        patch.setenv("XDG_CACHE_HOME", str(root / "xdg-cache"))
        patch.setenv("XDG_CONFIG_HOME", str(root / "xdg-config"))
        patch.setenv("HOME", str(root / "home"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Narrate:
    """The command, run as a real process in a project folder with a cache of its own."""

    def __init__(self, root: Path, **env: str) -> None:
        self.root = root
        self.folder = root / "project"
        self.folder.mkdir(exist_ok=True)
        self.cache = root / "cache"
        self.out = self.folder / "build" / "narration"
        self.env = {
            "NARRATE_CACHE_DIR": str(self.cache),
            "XDG_CONFIG_HOME": str(root / "config"),
            "PYTHONWARNINGS": "error",
            **env,
        }

    def __call__(
        self,
        *args: str | Path,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str | bytes = "",
        program: tuple[str, ...] = ("-m", "narrate"),
    ) -> Ran:
        done = subprocess.run(
            [sys.executable, *program, *map(str, args)],
            cwd=cwd or self.folder,
            env=os.environ | self.env | (env or {}),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=120,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *args: str | Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """The command as a process of its own group, still running."""
        return subprocess.Popen(
            [sys.executable, "-m", "narrate", *map(str, args)],
            cwd=self.folder,
            env=os.environ | self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )

    def write(self, name: str, content: Any) -> Path:
        """Write a file of the project: text, bytes, or what becomes JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(
                content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            )
        return path

    def run(self, *args: str | Path, script: str = "script.json", **kwargs: Any) -> Any:
        """`narrate run SCRIPT --json`, which must succeed; what it printed."""
        ran = self("run", script, "--json", *args, **kwargs)
        assert ran.code == 0, ran.err
        return ran.json

    @property
    def manifest(self) -> Any:
        return json.loads((self.out / "manifest.json").read_bytes())

    @property
    def clips(self) -> list[Path]:
        """The entries of the cache."""
        return sorted((self.cache / "v1").glob("*/*.wav"))

    def outputs(self) -> dict[str, bytes]:
        """The narration, file by file, without the record of the run."""
        return contents(self.out, without="run.json")


def contents(folder: Path, without: str = "") -> dict[str, bytes]:
    """Every file below a folder, by its path in it."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != without)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def identities(folder: Path, without: str = "") -> dict[str, tuple[int, int]]:
    """The inode and the time of every file below a folder: both stay only if the file is left
    alone.
    """
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != without)
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in files
    }


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in table.splitlines())
    return [int(row[0]) for row in rows if row[1] == str(pid) and not row[2].startswith("Z")]


def alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be buried."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def lines(*texts: str, **fields: Any) -> list[dict[str, Any]]:
    """Segments s1, s2, … with these texts."""
    return [{"id": f"s{number}", "text": text, **fields} for number, text in enumerate(texts, 1)]


@pytest.fixture
def narrate(tmp_path: Path) -> Narrate:
    """The command with its default voice."""
    return Narrate(tmp_path)


@pytest.fixture
def tone(tmp_path: Path) -> Narrate:
    """The command with the stand-in that hums, and fails when it is asked to."""
    return Narrate(tmp_path, NARRATE_ENGINE="tone", NARRATE_TIMEOUT="20")


class Figures:
    """How much a harness does, small in `make test` and large in `make faults`, and the one line
    that it prints.
    """

    large = SET.get("NARRATE_FAULTS") == "large"

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def size(self, small: int, large: int) -> int:
        return large if self.large else small

    def show(self, line: str) -> None:
        """Print a line after all tests."""
        self._lines.append(line)

    def report(self, harness: str, **counts: object) -> None:
        """Print the figures of a harness, and keep them for the table of promises."""
        line = f"{harness}: " + " ".join(f"{name}={count}" for name, count in counts.items())
        self.show(line)
        if path := SET.get("NARRATE_FIGURES"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(line + "\n")


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a harness reports what it counted."""
    return Figures(request.config.stash.setdefault(FIGURES, []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if lines := config.stash.get(FIGURES, []):
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(line)


def absent(reason: str) -> NoReturn:
    """Skip a harness that cannot run on this machine; in CI that is a failure."""
    if STRICT:
        pytest.fail(f"cannot run: {reason}")
    pytest.skip(reason)


def tool(name: str) -> str:
    """The path of a program that a harness needs; scripts/fault_tools.sh installs them."""
    return shutil.which(name) or absent(f"{name} is not installed: run scripts/fault_tools.sh")


@pytest.fixture
def ending() -> Iterator[Callable[[subprocess.Popen[bytes]], subprocess.Popen[bytes]]]:
    """Makes sure that a started process, and all of its group, ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def note(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        started.append(process)
        return process

    yield note
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
