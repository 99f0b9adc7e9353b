"""The output folder: everything is made aside first, and moved into place only when all of it is there.

run.json in the folder remembers what each file was made of, so that an unchanged file is neither made nor touched.
"""

from __future__ import annotations

import errno
import fcntl
import filecmp
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

import msgspec

from narrate import limits, regular
from narrate.errors import EnvironmentProblem

RECORD = "run.json"


class Made(msgspec.Struct, frozen=True):
    """A file in the folder: what it was made of, its digest, and its size and time when it was put there."""

    recipe: str
    digest: str
    size: int
    mtime_ns: int


class _Record(msgspec.Struct):
    outputs: dict[str, Made] = {}


class Stage:
    """The files of one run on their way into the output folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[Path] = []
        self._aside = folder / ".narrate"
        self._before = _read_record(folder / RECORD)
        self._after: dict[str, Made] = {}
        self._folders: set[Path] = set()
        self._staged: dict[str, tuple[str, str]] = {}

    def make(self, name: str, recipe: str, write: Callable[[Path], str]) -> str:
        """Have a file in the folder, made of `recipe`; return its digest.

        `write` makes it at the path that it is given and returns its digest. It is not called if the folder's
        file was made of the same recipe and has not been touched since.
        """
        made = self._before.get(name)
        if made and made.recipe == recipe and _untouched(self.folder / name, made):
            self._after[name] = made
            return made.digest
        temp = self._aside / name
        if temp.parent not in self._folders:
            temp.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(temp.parent)
        digest = write(temp)
        self._staged[name] = (recipe, digest)
        return digest

    def publish(self) -> None:
        """Move what was made into place, leaving alone what has the same bytes, and remove what is no longer made."""
        for parent in {os.path.dirname(name) for name in self._staged}:
            _make_folder(self.folder, parent)
        for name, (recipe, digest) in self._staged.items():
            temp, final = self._aside / name, self.folder / name
            if not self._holds(name, digest, temp):
                temp.replace(final)
                self.written.append(final)
            status = final.stat()
            self._after[name] = Made(recipe, digest, status.st_size, status.st_mtime_ns)
        for name in self._before.keys() - self._after.keys():
            _remove(self.folder, name)

    def _holds(self, name: str, digest: str, temp: Path) -> bool:
        """Whether the folder's file has these bytes: the record tells if it can be trusted, else they are compared."""
        final, before = self.folder / name, self._before.get(name)
        if before and _untouched(final, before):
            return before.digest == digest
        try:
            return S_ISREG(final.lstat().st_mode) and filecmp.cmp(temp, final, shallow=False)
        except OSError:
            return False

    @property
    def changed(self) -> bool:
        """Whether the folder differs from what the last run remembered; known after `publish`."""
        return self._after != self._before

    @property
    def files(self) -> dict[str, Made]:
        """Every file that the folder holds now, by its name; complete after `publish`."""
        return self._after

    def write_record(self, record: dict[str, object]) -> None:
        """Write run.json: what is remembered, and what differs from run to run."""
        temp = self._aside / RECORD
        self._aside.mkdir(exist_ok=True)
        document = record | {"outputs": self._after}
        with temp.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(document), indent=1))
            file.write(b"\n")
        temp.replace(self.folder / RECORD)


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Open an output folder for one run at a time. Raises EnvironmentProblem naming the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # What a killed run left behind; the lock says that no live run is using it.
        _clear(folder / ".narrate")
        yield Stage(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        _clear(folder / ".narrate")
        os.close(lock)


def _clear(aside: Path) -> None:
    """Remove a folder and all that is in it; of a link only the link."""
    if aside.is_symlink():
        aside.unlink()
    shutil.rmtree(aside, ignore_errors=True)


def _make_folder(folder: Path, name: str) -> None:
    if name and (folder / name).is_symlink():
        raise EnvironmentProblem(
            "it is a link, and nothing is written through it",
            where=str(folder / name),
            hint="remove the link, or choose another folder with -o DIR",
        )
    (folder / name).mkdir(parents=True, exist_ok=True)


def _read_record(path: Path) -> dict[str, Made]:
    try:
        return msgspec.json.decode(regular.read(path, limits.RECORD_BYTES), type=_Record).outputs
    except (FileNotFoundError, regular.NotRegular, regular.TooLarge, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _untouched(path: Path, made: Made) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (made.size, made.mtime_ns)


def _remove(folder: Path, name: str) -> None:
    """Remove a file that an earlier run made here; a record that names another place is not believed."""
    path = folder / name
    try:
        if Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(folder)):
            path.unlink()
    except ValueError:
        return
    except OSError as error:
        # What cannot be a file of ours is left alone; a file that is there and cannot be removed would stay for ever.
        if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS):
            raise


def _unwritable(folder: Path, error: OSError) -> EnvironmentProblem:
    where = str(error.filename or folder)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EnvironmentProblem(
            "the disk is full: the outputs could not be written",
            where=where,
            hint="every finished clip is in the cache; free some space and run again",
        )
    return EnvironmentProblem(
        f"the output folder cannot be written ({error.strerror or error})",
        where=where,
        hint="every finished clip is in the cache; choose another folder with -o DIR",
    )
