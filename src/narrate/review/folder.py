"""The folder of a page: whose it is, and how its files get there.

    index.html          the page
    audio/DIGEST.wav    its sounds, each named by what it is made of
    page.json           says that the folder is ours, and of which script; what was shown

A folder that has files and no page.json of ours is somebody else's, and nothing in it is touched.
Only sounds with names of ours are ever removed.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import msgspec

from narrate.base.files import durable, regular
from narrate.base.limits import RECORD_BYTES
from narrate.errors import EnvironmentProblem, UsageError

MARK = "page.json"
SCHEMA = "narrate.page/1"
SOUND = re.compile(r"[0-9a-f]{32}\.wav")
ELSEWHERE = "choose another folder with -o DIR"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """page.json: the script's path from the folder, the time of the build that was shown, the
    digest of each line then, and the digests of the build before it.
    """

    schema: str = ""
    script: str = ""
    build: float = 0.0
    lines: dict[str, str] = {}
    before: dict[str, str] = {}


class Folder:
    """A folder for a page. Raises UsageError if its files are not ours, or are of another script,
    and EnvironmentProblem if it cannot be written.
    """

    def __init__(self, path: Path, script: str) -> None:
        self.path, self.script = path, script
        self.last = _shown(path)
        self._kept: set[str] = set()
        self._check()
        try:
            (path / "audio").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def _check(self) -> None:
        for place in (self.path, self.path / "audio"):
            if place.is_symlink():
                self._refuse("it is a link, and nothing is written through it")
        if self.last.schema == SCHEMA:
            if self.last.script != self.script and self._exists(self.last.script):
                self._refuse(f"it holds the page of another script: {self.last.script}")
        elif self.path.is_dir() and any(self.path.iterdir()):
            self._refuse("it has files that are not those of a page")

    def _exists(self, script: str) -> bool:
        return os.path.exists(os.path.join(os.path.realpath(self.path), script))

    def _refuse(self, what: str) -> None:
        raise UsageError(what, where=str(self.path), hint=ELSEWHERE)

    def has(self, name: str, size: int) -> bool:
        """Whether a sound of this name and size is there; it is kept if it is."""
        self._kept.add(f"{name}.wav")
        with suppress(OSError):
            return (self.path / "audio" / f"{name}.wav").lstat().st_size == size
        return False

    def add(self, name: str, sound: bytes) -> str:
        """Write a sound, unless it is there, and return its address in the page."""
        if not self.has(name, len(sound)):
            self._write(f"audio/{name}.wav", sound)
        return f"audio/{name}.wav"

    def finish(self, page: bytes, shown: Shown) -> Path:
        """Write the page, remove the sounds that it does not have, and return its path."""
        mark = msgspec.structs.replace(shown, schema=SCHEMA, script=self.script)
        self._write(MARK, msgspec.json.format(msgspec.json.encode(mark)) + b"\n")
        self._write("index.html", page)
        for each in durable.files(self.path / "audio", SOUND):
            if each.name not in self._kept:
                with suppress(OSError):
                    os.unlink(each.path)
        return self.path / "index.html"

    def _write(self, name: str, content: bytes) -> None:
        try:
            with durable.replacing(self.path / name) as file:
                file.write(content)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"the page cannot be written ({error.strerror or error})",
            where=str(error.filename or self.path),
            hint=f"free some space, or {ELSEWHERE}",
        )


def _shown(path: Path) -> Shown:
    """What page.json says; empty if there is none that can be read."""
    try:
        return msgspec.json.decode(regular.read(path / MARK, RECORD_BYTES), type=Shown)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Shown()
