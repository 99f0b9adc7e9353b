"""A project in a folder of its own, and the command run in it as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Narrate:
    """The command, run as a real process in a project folder with a cache of its own.

    No check listens, as the engines of most tests make tones and noise; tests of checks say which.
    """

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
            "NARRATE_CHECKS": "none",
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

    def start(
        self, *args: str | Path, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """The command as a process of its own group, still running."""
        return subprocess.Popen(
            [sys.executable, "-m", "narrate", *map(str, args)],
            cwd=self.folder,
            env=os.environ | self.env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
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


def lines(*texts: str, **fields: Any) -> list[dict[str, Any]]:
    """Segments s1, s2, … with these texts."""
    return [{"id": f"s{number}", "text": text, **fields} for number, text in enumerate(texts, 1)]
