"""The output folder: all files are made aside, and moved into place only when all are complete.

run.json in the folder says what each file was made of, so that an unchanged file is neither made
nor touched. Only files that it lists, under names that narrate writes, are ever removed.
"""

from __future__ import annotations

import errno
import fcntl
import filecmp
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import get_args

import msgspec
import xxhash

from narrate.base import facts
from narrate.base.facts import Fact
from narrate.config import Format
from narrate.errors import EnvironmentProblem
from narrate.output import record
from narrate.output.record import RECORD, Made, RunRecord
from narrate.script.ids import fold

BLOCK_BYTES = 1 << 20
PENDING = ".narrate.json"
"""Lists the files that a run is moving into place, until run.json does. So they are known even if
the run is killed.
"""

ASIDE = re.compile(r"\.narrate-[0-9a-f]{16}")
"""The folders in which files are made, one for each run."""

FORMATS = "|".join(get_args(Format))
OUTPUT = re.compile(
    rf"manifest\.json|narration\.(?:srt|vtt|{FORMATS})|segments/[^/\0]+\.(?:{FORMATS})"
)
"""The names, relative to the output folder, of all files that narrate makes."""


class Stage:
    """The files of one run on their way into the output folder; `script` is what run.json says of
    the script.
    """

    def __init__(self, folder: Path, script: str = "") -> None:
        self.folder = folder
        self._script = script
        self.written: list[Path] = []
        self.kept: list[Path] = []
        self._aside = folder / f".narrate-{os.urandom(8).hex()}"
        self._before = listed(folder)
        self._after: dict[str, Made] = {}
        self._folders: set[Path] = set()
        self._staged: dict[str, tuple[str, str]] = {}

    def make(self, name: str, recipe: str, write: Callable[[Path], str]) -> str:
        """Make a file of the folder and return its digest.

        `write` writes the file to a path and returns its digest. It is not called if the folder's
        file was made of the same `recipe` and still has the same bytes.
        """
        digest = self.reuse(name, recipe)
        if digest is None:
            digest = write(self.path_for(name))
            self.add(name, recipe, digest)
        return digest

    def reuse(self, name: str, recipe: str) -> str | None:
        """Keep the folder's file if it was made of the same recipe and still has the same bytes.

        Returns its digest, or None if the file has to be made.
        """
        made = self._before.get(name)
        if made and made.recipe == recipe and (fact := _intact(self.folder / name, made)):
            self._after[name] = Made(recipe, made.digest, str(fact))
            return made.digest
        return None

    def path_for(self, name: str) -> Path:
        """Where a file has to be made before it is moved into place; its folder exists."""
        temp = self._aside / name
        if temp.parent not in self._folders:
            temp.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(temp.parent)
        return temp

    def add(self, name: str, recipe: str, digest: str) -> None:
        """Have `publish` move a file into place that was made at `path_for`."""
        self._staged[name] = (recipe, digest)

    def publish(self) -> None:
        """Move the files into place, except those whose bytes are in place, and remove earlier
        files that are not made any more.
        """
        for parent in {os.path.dirname(name) for name in self._staged}:
            _make_folder(self.folder, parent)
        self._announce()
        for name, (recipe, digest) in self._staged.items():
            temp, final = self._aside / name, self.folder / name
            if not self._holds(name, digest, temp):
                temp.replace(final)
                self.written.append(final)
            self._after[name] = Made(recipe, digest, str(facts.of(final, follow_links=False)))
        spelled = {fold(name) for name in self._after}
        for name in sorted(self._before.keys() - self._after.keys()):
            if not (fold(name) in spelled and self._is_respelled(name)):
                self._remove(name)

    def _announce(self) -> None:
        """Write the list of files that are in place or about to be, for the case that this run is
        killed.
        """
        if not self._staged:
            return
        # Moving a file changes its fact, so none is given.
        coming = {name: Made(recipe, digest) for name, (recipe, digest) in self._staged.items()}
        self._put(PENDING, RunRecord(script=self._script, outputs=self._before | coming))

    def _remove(self, name: str) -> None:
        """Remove a file that an earlier run made.

        A name that narrate does not write is ignored, whatever the record says. A file that was
        changed since then may be somebody's work, so it is kept.
        """
        path = self.folder / name
        if not OUTPUT.fullmatch(name) or not _is_below(path.parent, self.folder):
            return
        if _intact(path, self._before[name]):
            path.unlink()
        elif os.path.lexists(path):
            self.kept.append(path)

    def _is_respelled(self, name: str) -> bool:
        """Whether an old name and a new one are the same file, as the file system ignores case."""
        path = self.folder / name
        return sum(fold(each) == fold(path.name) for each in os.listdir(path.parent)) == 1

    def _holds(self, name: str, digest: str, temp: Path) -> bool:
        """Whether the folder's file has these bytes: by its recorded digest if its fact is the
        recorded one, else by comparison.
        """
        final, before = self.folder / name, self._before.get(name)
        if before and _intact(final, before):
            return before.digest == digest
        try:
            return S_ISREG(final.lstat().st_mode) and filecmp.cmp(temp, final, shallow=False)
        except OSError:
            return False

    def facts(self) -> dict[str, Fact]:
        """The facts of all files of the narration by absolute path, once the record is written."""
        made = {str(self.folder / name): Fact(each.fact) for name, each in self._after.items()}
        return made | facts.take([self.folder / RECORD])

    def write_record(self, run: RunRecord) -> None:
        """Write run.json, in which the files of the folder are listed."""
        self._put(RECORD, msgspec.structs.replace(run, script=self._script, outputs=self._after))
        (self.folder / PENDING).unlink(missing_ok=True)

    def _put(self, name: str, content: RunRecord) -> None:
        temp = self._aside / name
        self._aside.mkdir(exist_ok=True)
        temp.write_bytes(record.encode(content))
        temp.replace(self.folder / name)

    def clear(self) -> None:
        """Remove the folder in which files were made, with all that was not published."""
        shutil.rmtree(self._aside, ignore_errors=True)


@contextmanager
def staged(
    folder: Path, on_wait: Callable[[], object] = lambda: None, script: str = ""
) -> Iterator[Stage]:
    """Open an output folder, for one run at a time; `on_wait` is called before it waits for
    another, and `script` is what run.json will say of the script.

    Raises EnvironmentProblem naming the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        # The lock guards the whole folder until run.json is written, so that it never holds a
        # mixture of the files of two runs.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        for name in os.listdir(folder):
            if ASIDE.fullmatch(name):
                _sweep(folder / name)
        stage = Stage(folder, script)
        try:
            yield stage
        finally:
            stage.clear()
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        os.close(lock)


def listed(folder: Path, files: Iterable[str] = (RECORD, PENDING)) -> dict[str, Made]:
    """The files that narrate made in a folder, listed by run.json or by a run that was killed."""
    made: dict[str, Made] = {}
    for file in files:
        for name, found in record.read(folder / file, RunRecord).outputs.items():
            if name not in made or _intact(folder / name, found):
                made[name] = found
    return made


def _sweep(aside: Path) -> None:
    """Remove the files of a killed run: only names that narrate writes, and not through a link.

    That the folder could be locked shows that the run has ended.
    """
    if aside.is_symlink():
        return
    for folder, _, names in os.walk(aside, topdown=False):
        for name in names:
            path = Path(folder, name)
            if OUTPUT.fullmatch(str(path.relative_to(aside))) or name in (RECORD, PENDING):
                with suppress(OSError):
                    path.unlink()
        with suppress(OSError):
            os.rmdir(folder)


def _make_folder(folder: Path, name: str) -> None:
    if name and (folder / name).is_symlink():
        raise EnvironmentProblem(
            "it is a link, and nothing is written through it",
            where=str(folder / name),
            hint="remove the link, or choose another folder with -o DIR",
        )
    (folder / name).mkdir(parents=True, exist_ok=True)


def _intact(path: Path, made: Made) -> Fact:
    """The fact of a file that still has the bytes that narrate wrote, else an absent fact.

    If its fact has changed, as it was copied, touched or damaged, the file is read and its digest
    decides.
    """
    fact = facts.of(path, follow_links=False)
    return fact if fact == made.fact or has_digest(path, made.digest) else Fact()


def has_digest(path: Path, digest: str) -> bool:
    """Whether a path is a regular file that can be read and whose bytes have this digest."""
    try:
        return S_ISREG(path.lstat().st_mode) and digest_of(path) == digest
    except OSError:
        return False


def digest_of(path: Path) -> str:
    """The xxh3_128 of a file's bytes, in hex. Raises OSError."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _is_below(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def unwritable(folder: Path, error: OSError) -> EnvironmentProblem:
    """The error for an output folder that cannot be used."""
    where = str(error.filename or folder)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EnvironmentProblem(
            "the disk is full, so the outputs were not written",
            where=where,
            hint="finished clips are kept in the cache; free some space and run again",
        )
    return EnvironmentProblem(
        f"the output folder cannot be written ({error.strerror or error})",
        where=where,
        hint="finished clips are kept in the cache; choose another folder with -o DIR",
    )
