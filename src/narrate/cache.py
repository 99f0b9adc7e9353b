"""The store of clips. Only it and the modules of `store/` touch the cache directory.

    ROOT/CACHEDIR.TAG         says that the folder is ours; see `tag`
    ROOT/v1/ab/abcd….wav      entries, named by key
    ROOT/tmp/                 files being written, each locked by its writer
    ROOT/quarantine/          damaged entries, never read again
    ROOT/claims, ROOT/runs/   who makes which clip, and who is alive: see `presence`
    ROOT/uses/                what runs found and had to make, by day: see `usage`
    ROOT/readings/            what the texts of scripts say: see `kept`
    ROOT/locks/               which approved takes must stay: see `locks`
    ROOT/refused/             attempts that the checks refused, never used: see `refused`

An entry is complete when it has its name: it is written under tmp/, synced, linked to its name, and
the folder synced, and only then called stored. The first take wins: a link never replaces an entry,
`replace` does.

A cache may be given the name of any folder, so only regular files with names of ours are swept,
moved or removed. What is not promised: disks that ignore flushes, and network file systems.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace as replaced
from functools import partial
from pathlib import Path

from narrate.base.files import durable
from narrate.errors import EnvironmentProblem
from narrate.request import key
from narrate.store import entry, kept, locks, presence, refused, tag, usage
from narrate.store.entry import Clip, Damaged, JsonObject
from narrate.store.presence import Presence

TOUCH_SECONDS = 3600
"""A hit renews an entry's time of use at most this often."""

KEPT = 0.9
"""The share of its maximum that an automatic prune leaves, so that not every run has to prune."""

SHARD = re.compile(r"[0-9a-f]{2}")
ENTRY = re.compile(r"[0-9a-f]{32}\.wav")
QUARANTINED = re.compile(r"[0-9a-f]{32}\.[0-9]+")
"""The names of folders under v1/, of entries, and of damaged ones (a key and nanoseconds)."""


class Gone(Exception):
    """An entry that was found a moment ago is damaged or no longer there; it is a miss now."""


class Store:
    """Clips by the canonical form of what was asked for.

    A directory that cannot be written never stops a run: clips go to a scratch folder that lasts as
    long as the store, and `warn` is called once. Use as a context manager. Raises
    EnvironmentProblem for a directory of another user, because whoever may write there may choose
    what is heard, and for one that is not a cache, because its files are not ours to remove.
    """

    def __init__(self, root: Path, warn: Callable[[str], object] = lambda message: None) -> None:
        _refuse_foreign(root)
        tag.require(root)
        self.root = root
        self._warn = warn
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._swept = False
        # Guards _scratch, _swept and the making of the directory: lanes store side by side.
        self._lock = threading.Lock()
        self._presence = Presence(root)
        self._holding = False
        self.quarantined = 0

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()
        self._presence.leave()

    def hold(self) -> None:
        """Protect from prunes what was found or stored recently, or will be, until the store or the
        process ends.
        """
        self._holding = True
        # Without a cache there is nothing to protect, and a refused run leaves nothing behind.
        if tag.found(self.root):
            with contextlib.suppress(OSError):
                self._presence.stay()

    def find(self, canonical: bytes) -> Clip | None:
        """The clip for a canonical form, or None.

        It compares the stored request with the one asked for, so that a collision of keys is a
        miss. The samples are not read here; `read` verifies them.
        """
        name = key(canonical)
        for root in self._roots():
            path = _place(root, name)
            try:
                clip = entry.peek(path)
            except Damaged as damage:
                self._quarantine(path, str(damage))
                continue
            except OSError:
                continue
            if clip.canonical == canonical:
                _touch(path)
                return replaced(clip, canonical=canonical)
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

    def reads_well(self, clip: Clip) -> bool:
        """Whether a clip that was found is intact; a damaged one is moved to the quarantine."""
        try:
            self.read(clip)
        except Gone:
            return False
        return True

    def sound(self, clip: Clip) -> str:
        """The digest of a clip's samples; see `entry.sound`. Raises Gone."""
        return entry.sound(self.read(clip), clip.rate)

    def at(self, name: str) -> Clip | None:
        """The clip that is stored under a key, whatever was asked for, or None."""
        with contextlib.suppress(Damaged, OSError):
            return entry.peek(_place(self.root, name))
        return None

    def put(
        self,
        canonical: bytes,
        pcm: bytes,
        rate: int,
        provenance: JsonObject,
        *,
        replace: bool = False,
    ) -> Clip:
        """Store PCM_16 mono samples and return the stored clip, once it would survive a power cut.

        An entry that is there already and reads well is kept and returned, unless `replace`. Raises
        EnvironmentProblem when the disk is full.
        """
        if not replace and (there := self.find(canonical)) and self.reads_well(there):
            return there
        data = entry.compose(canonical, pcm, rate, provenance)
        root = Path(self._scratch.name) if self._scratch else self.root
        try:
            return replaced(self._publish(root, canonical, data, replace), canonical=canonical)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _disk_full(root, len(data), error) from error
            if root != self.root:
                raise
            self._fall_back(error)
            return self.put(canonical, pcm, rate, provenance, replace=replace)

    def refuse(
        self, canonical: bytes, pcm: bytes, rate: int, provenance: JsonObject, attempt: int
    ) -> Clip | None:
        """Keep an attempt that the checks refused, to be listened to; `find` never returns it.

        Returns it, or None if it could not be kept, which is not an error.
        """
        with contextlib.suppress(OSError):
            self._prepare(self.root)
            data = entry.compose(canonical, pcm, rate, provenance)
            return refused.keep(self.root, canonical, attempt, data)
        return None

    def refused(self, canonical: bytes) -> list[Clip]:
        """The attempts at a request that were refused and are still there, in order."""
        return refused.of(self.root, canonical)

    def annotate(self, clip: Clip, provenance: JsonObject) -> Clip:
        """Record something else of a clip, whose samples stay; return it as it is then.

        Raises Gone, or EnvironmentProblem when the disk is full.
        """
        samples = bytes(self.read(clip))
        return self.put(clip.canonical, samples, clip.rate, provenance, replace=True)

    def claim(self, canonical: bytes) -> bool:
        """Whether this process may make a clip: no other living process is making it.

        The claim ends with `release`, with the store, or with the process however it ends. On a
        file system without locks every process may; the first take wins all the same.
        """
        try:
            self._prepare(self.root)
        except OSError:
            return True
        return self._presence.claim(canonical)

    def release(self, canonical: bytes) -> None:
        """Give up a claim, if there is one."""
        self._presence.release(canonical)

    def refused_attempts(self) -> int:
        """How many refused attempts are kept."""
        return len(refused.sizes(self.root))

    def approved(self) -> int:
        """How many entries are approved takes, by the locks of scripts that were run here."""
        return len(self.sizes()) - len(self._unlocked())

    def was_damaged(self, canonical: bytes) -> bool:
        """Whether an entry of a request was quarantined, and is still in the quarantine."""
        return any(path.stem == key(canonical) for path in self.damaged())

    def damaged(self) -> list[Path]:
        """The entries in the quarantine."""
        return [Path(file.path) for file in _files(self.root / "quarantine", QUARANTINED)]

    def entries(self) -> Iterator[Clip]:
        """Every clip that can be read, in the order of the keys."""
        for path in self._paths():
            with contextlib.suppress(Damaged, OSError):
                yield entry.peek(path)

    def sizes(self) -> list[tuple[float, int, Path]]:
        """Time of last use, bytes and path of every entry, the least recently used first."""
        found = []
        for shard in self._shards():
            for file in _files(shard, ENTRY):
                with contextlib.suppress(OSError):
                    status = file.stat(follow_symlinks=False)
                    found.append((status.st_mtime, status.st_size, shard / file.name))
        return sorted(found)

    def verify(self) -> tuple[int, int]:
        """Read every entry; return how many are intact and how many had to be quarantined."""
        sound = damaged = 0
        for path in self._paths():
            try:
                clip, _ = entry.read(path)
                if key(clip.canonical) != clip.key:
                    raise Damaged("it is filed under another entry's key")
                sound += 1
            except Damaged as damage:
                self._quarantine(path, str(damage))
                damaged += 1
            except OSError:
                continue
        return sound, damaged

    def prune(
        self, max_bytes: int | None = None, older_than: float | None = None
    ) -> tuple[int, int]:
        """Remove entries unused for `older_than` seconds, then the longest unused until `max_bytes`
        are left; refused attempts first.

        Returns how many, and their bytes. The quarantine is emptied as well; entries that a living
        run may be using stay, and so do approved takes, which do not count. It never waits for a
        run. Raises EnvironmentProblem if the cache cannot be written.
        """
        try:
            for path in self.damaged():
                path.unlink(missing_ok=True)
            self._sweep(self.root)
            usage.forget(self.root)
            kept.forget(self.root)
            # A hit need not have renewed the time of its entry.
            held_since = presence.oldest(self.root) - TOUCH_SECONDS
            first, then = refused.sizes(self.root), self._unlocked()
            most = math.inf if max_bytes is None else max_bytes
            excess = sum(size for _, size, _ in (*first, *then)) - most
            oldest = -math.inf if older_than is None else time.time() - older_than
            count, freed = _remove(first, excess, oldest)
            then = [entry for entry in then if entry[0] < held_since]
            more, bytes_more = _remove(then, excess - freed, oldest)
            return count + more, freed + bytes_more
        except OSError as error:
            raise EnvironmentProblem(
                f"the cache cannot be written ({error.strerror})",
                where=str(self.root),
                hint="see `narrate cache dir`",
            ) from error

    def trim(self, max_bytes: int) -> None:
        """Keep the cache below its maximum; failures here are ignored."""
        counted = (*refused.sizes(self.root), *self._unlocked())
        if sum(size for _, size, _ in counted) > max_bytes:
            with contextlib.suppress(EnvironmentProblem):
                self.prune(int(max_bytes * KEPT))

    def _unlocked(self) -> list[tuple[float, int, Path]]:
        """The `sizes` of the entries that no lock names."""
        locked = locks.digests(self.root)
        return [entry for entry in self.sizes() if entry[2].stem not in locked]

    def _fall_back(self, error: OSError) -> None:
        with self._lock:
            if self._scratch is not None:
                return
            self._scratch = tempfile.TemporaryDirectory(prefix="narrate-")
        self._warn(
            f"the cache {self.root} cannot be written ({error.strerror}): this run stores nothing"
        )

    def _roots(self) -> list[Path]:
        """Where clips are looked for; the scratch folder comes first, because its clips replace
        those in the cache.
        """
        return [Path(self._scratch.name), self.root] if self._scratch else [self.root]

    def _paths(self) -> Iterator[Path]:
        for shard in self._shards():
            yield from sorted(Path(file.path) for file in _files(shard, ENTRY))

    def _shards(self) -> list[Path]:
        with contextlib.suppress(OSError), os.scandir(self.root / "v1") as found:
            return sorted(Path(each.path) for each in found if SHARD.fullmatch(each.name))
        return []

    def _publish(self, root: Path, canonical: bytes, data: bytes, replace: bool) -> Clip:
        """Store an entry unless an intact one of the same request is there; return the one that is
        there then.
        """
        self._prepare(root)
        with self._lock:
            if not self._swept:
                self._swept = True
                self._sweep(root)
        place = _place(root, key(canonical))
        durable.make_folder(place.parent)
        temp, fd = durable.open_temp(root / "tmp")
        try:
            durable.write_all(partial(os.write, fd), data)
            os.fsync(fd)
            kept = _link(temp, place, None if replace else canonical)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temp.unlink()
            os.close(fd)
        durable.sync_folder(place.parent)
        return kept or entry.parse(data, place)

    def _prepare(self, root: Path) -> None:
        """Make the directory on first use, its tag first, and hold it if `hold` was called. Raises
        OSError.
        """
        with self._lock:
            if not (tag.found(root) and (root / "tmp").is_dir()):
                _make(root)
                tag.put(root)
                for name in ("v1", "tmp"):
                    durable.make_folder(root / name)
        if self._holding and root == self.root:
            self._presence.stay()

    def _sweep(self, root: Path) -> None:
        """Remove the temporary files of dead writers, those of the tag included."""
        for folder in (root, root / "tmp") if tag.found(root) else ():
            durable.sweep(folder)

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


def _files(folder: Path, name: re.Pattern[str]) -> list[os.DirEntry[str]]:
    """The files in a folder that have a name of ours; none if it cannot be read."""
    with contextlib.suppress(OSError):
        return durable.files(folder, name)
    return []


def _make(root: Path) -> None:
    """Make the cache's folder, private and to survive a power cut; one that is there keeps its
    mode.
    """
    try:
        root.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        return
    # Whatever the umask is.
    root.chmod(0o700)
    durable.sync_folder(root.parent)


def _refuse_foreign(root: Path) -> None:
    with contextlib.suppress(OSError):
        owner = root.stat().st_uid
        if owner != os.geteuid():
            raise EnvironmentProblem(
                f"this cache belongs to another user (uid {owner}, and this is uid {os.geteuid()})",
                where=str(root),
                hint="choose another with --cache-dir or NARRATE_CACHE_DIR;"
                " `narrate cache export` shares clips",
            )


def _remove(sizes: list[tuple[float, int, Path]], excess: float, oldest: float) -> tuple[int, int]:
    """Remove the first entries until `excess` bytes are gone, and all that were last used before
    `oldest`.
    """
    removed = freed = 0
    for used, size, path in sizes:
        if freed >= excess and used >= oldest:
            break
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            removed, freed = removed + 1, freed + size
    return removed, freed


def _link(temp: Path, place: Path, keep: bytes | None) -> Clip | None:
    """Give a finished file its name; an intact entry of the request `keep` that has the name
    already stays, and is returned.
    """
    if keep is not None:
        try:
            os.link(temp, place)
            return None
        except FileExistsError:
            with contextlib.suppress(Damaged, OSError):
                there, _ = entry.read(place)
                if there.canonical == keep:
                    return there
        except OSError as error:
            # Some file systems (exFAT, some FUSE ones) have no hard links.
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                raise
    temp.replace(place)
    return None


def _touch(path: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > TOUCH_SECONDS:
            os.utime(path)


def _disk_full(root: Path, size: int, error: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"the disk is full: {size:,} bytes could not be stored ({error.strerror})",
        where=str(root),
        hint="what was finished is kept; free some space"
        " (`narrate cache prune --max-size 1GB`) and run again",
    )
