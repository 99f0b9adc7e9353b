"""The store of clips: the only code that touches the cache directory.

    ROOT/v1/ab/abcd….wav      entries, named by key
    ROOT/tmp/                 files being written, each locked by its writer
    ROOT/quarantine/          damaged entries, never read again

An entry is complete when it has its name: it is written under tmp/, synced, linked to its name, and the folder
synced, and only then called stored. The first take wins: a link never replaces an entry, `replace` does.
What is not promised: disks that ignore flushes, and network file systems.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

from narrate import entry
from narrate.entry import Clip, Damaged
from narrate.errors import EnvironmentProblem
from narrate.request import key

TOUCH_SECONDS = 3600
"""A hit renews an entry's time of use at most this often."""

_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of narrate; `narrate cache clear` empties it.\n"


class Gone(Exception):
    """An entry that was found a moment ago is damaged or no longer there; it is a miss now."""


class Store:
    """Clips by the canonical form of what was asked for.

    Trouble with the directory never stops a run that can do without: clips that cannot be kept go to a scratch
    folder that lasts as long as the store, and `warn` is told once. Use as a context manager.
    """

    def __init__(self, root: Path, warn: Callable[[str], object] = lambda message: None) -> None:
        self.root = root
        self._warn = warn
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._swept = False
        self._lock = threading.Lock()
        self.quarantined = 0

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()

    def find(self, form: bytes) -> Clip | None:
        """The clip for a canonical form, or None.

        It compares the stored request with the one asked for, so that a collision of keys is a miss. The samples
        are not read here; `read` verifies them.
        """
        name = key(form)
        for root in self._roots():
            path = _place(root, name)
            try:
                clip = entry.peek(path)
            except Damaged as damage:
                self._quarantine(path, str(damage))
                continue
            except OSError:
                continue
            if clip.form == form:
                _touch(path)
                return replaced(clip, form=form)
        return None

    def read(self, clip: Clip) -> memoryview:
        """The clip's samples as PCM_16 bytes, after verifying the whole entry. Raises Gone."""
        try:
            found, samples = entry.read(clip.path)
            if found.digest != clip.digest:
                raise Gone(f"{clip.path} was replaced by another run")
        except Damaged as damage:
            self._quarantine(clip.path, str(damage))
            raise Gone(f"{clip.path}: {damage}") from damage
        except OSError as error:
            raise Gone(f"{clip.path}: {error.strerror}") from error
        return samples

    def put(self, form: bytes, pcm: bytes, rate: int, provenance: dict[str, Any], *, replace: bool = False) -> Clip:
        """Store PCM_16 mono samples under a form and return the stored clip, once it would survive a power cut.

        An entry that is there already and reads well is kept and returned, unless `replace`. Raises
        EnvironmentProblem when the disk is full.
        """
        if not replace and (there := self.find(form)) and self._reads_well(there):
            return there
        data = entry.compose(form, pcm, rate, provenance)
        root = Path(self._scratch.name) if self._scratch else self.root
        try:
            self._publish(root, form, data, replace)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _disk_full(root, len(data), error) from error
            if root != self.root:
                raise
            self._fall_back(error)
            return self.put(form, pcm, rate, provenance, replace=replace)
        clip = self.find(form)
        if clip is None:
            raise EnvironmentProblem(
                "an entry that was just stored cannot be read back",
                where=str(_place(root, key(form))),
                hint="check the disk, or choose another --cache-dir",
            )
        return clip

    def entries(self) -> Iterator[Clip]:
        """Every clip that can be read, in the order of the keys."""
        for path in self._paths():
            with contextlib.suppress(Damaged, OSError):
                yield entry.peek(path)

    def sizes(self) -> list[tuple[float, int, Path]]:
        """Time of last use, bytes and path of every entry, the longest unused first."""
        found = []
        for path in self._paths():
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return sorted(found)

    def verify(self) -> tuple[int, int]:
        """Read every entry whole; return how many are sound and how many had to be quarantined."""
        sound = damaged = 0
        for path in self._paths():
            try:
                clip, _ = entry.read(path)
                if key(clip.form) != clip.key:
                    raise Damaged("it is filed under another entry's key")
                sound += 1
            except Damaged as damage:
                self._quarantine(path, str(damage))
                damaged += 1
            except OSError:
                continue
        return sound, damaged

    def prune(self, max_bytes: int) -> tuple[int, int]:
        """Remove the longest unused entries until at most `max_bytes` are left; return how many and their bytes.

        What was quarantined goes as well. It takes no lock: a run that had found a removed entry speaks it again.
        Raises EnvironmentProblem if the cache cannot be written.
        """
        try:
            for path in (self.root / "quarantine").glob("*"):
                path.unlink(missing_ok=True)
            return self._remove(max_bytes)
        except OSError as error:
            raise EnvironmentProblem(
                f"the cache cannot be written ({error.strerror})", where=str(self.root), hint="see `narrate cache dir`"
            ) from error

    def _remove(self, max_bytes: int) -> tuple[int, int]:
        sizes = self.sizes()
        excess = sum(size for _, size, _ in sizes) - max_bytes
        removed = freed = 0
        for _, size, path in sizes:
            if freed >= excess:
                break
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                removed, freed = removed + 1, freed + size
        return removed, freed

    def _fall_back(self, error: OSError) -> None:
        with self._lock:
            if self._scratch is None:
                self._scratch = tempfile.TemporaryDirectory(prefix="narrate-")
                self._warn(f"the cache {self.root} cannot be written ({error.strerror}): this run stores nothing")

    def _roots(self) -> list[Path]:
        """Where clips are looked for: what this run had to store aside comes before what it could not replace."""
        return [Path(self._scratch.name), self.root] if self._scratch else [self.root]

    def _paths(self) -> Iterator[Path]:
        for shard in sorted((self.root / "v1").glob("[0-9a-f][0-9a-f]")):
            yield from sorted(shard.glob("*.wav"))

    def _reads_well(self, clip: Clip) -> bool:
        try:
            self.read(clip)
        except Gone:
            return False
        return True

    def _publish(self, root: Path, form: bytes, data: bytes, replace: bool) -> None:
        self._prepare(root)
        place = _place(root, key(form))
        _make_folder(place.parent)
        temp, fd = _open_temp(root / "tmp")
        try:
            _write_all(fd, data)
            os.fsync(fd)
            _link(temp, place, None if replace else form)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temp.unlink()
            os.close(fd)
        _sync_folder(place.parent)

    def _prepare(self, root: Path) -> None:
        """Make the directory on first use, and clear away what dead writers left in tmp/."""
        temps = root / "tmp"
        if not temps.is_dir():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            (root / "CACHEDIR.TAG").write_text(_TAG)
            for folder in (root / "v1", temps):
                folder.mkdir(exist_ok=True)
        if not self._swept:
            self._swept = True
            for path in temps.iterdir():
                _sweep(path)

    def _quarantine(self, path: Path, why: str) -> None:
        self.quarantined += 1
        folder = self.root / "quarantine"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            path.replace(folder / f"{path.stem}.{time.time_ns()}")
        except FileNotFoundError:
            return
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
        self._warn(f"a damaged cache entry was set aside and is spoken anew: {path} ({why})")


def _place(root: Path, name: str) -> Path:
    return root / "v1" / name[:2] / f"{name}.wav"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        return
    _sync_folder(folder.parent)


def _open_temp(folder: Path) -> tuple[Path, int]:
    """A new file that no sweep takes away: it is locked, and was still there once it was."""
    while True:
        temp = folder / f"{os.getpid()}-{os.urandom(6).hex()}"
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return temp, fd
        os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _link(temp: Path, place: Path, keep: bytes | None) -> None:
    """Give a finished file its name; a sound entry for the form `keep` that has the name already stays."""
    if keep is not None:
        try:
            os.link(temp, place)
            return
        except FileExistsError:
            with contextlib.suppress(Damaged, OSError):
                if entry.read(place)[0].form == keep:
                    return
        except OSError as error:
            # Some file systems (exFAT, some FUSE ones) have no hard links.
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                raise
    temp.replace(place)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        # Some file systems cannot sync a folder; theirs are as durable as they get.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(fd)


def _sweep(path: Path) -> None:
    """Remove a file in tmp/ whose writer is dead: its lock died with it."""
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(fd)


def _touch(path: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > TOUCH_SECONDS:
            os.utime(path)


def _disk_full(root: Path, size: int, error: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"the disk is full: {size:,} bytes could not be stored ({error.strerror})",
        where=str(root),
        hint="what was finished is kept; free some space (`narrate cache prune --max-size 1GB`) and run again",
    )
