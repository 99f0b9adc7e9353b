"""Is there anything to do? Answered from file times and sizes, before anything heavy is imported.

A run leaves a stamp: its arguments, the facts (see `facts`) of every file that it read, looked for
or wrote, and what the next run should print. The same command has nothing to do while all of these
files have the same facts.

No stamp is kept if an output is missing, or if an input changed so shortly before the run that a
second change could have the same time. Stamps that belong to another user are ignored.
"""

from __future__ import annotations

import os
import sys
import zlib

from narrate import TYPE_CHECKING, __version__
from narrate.base import facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from narrate.base.facts import Fact

TICK_NS = 100_000_000
"""Two changes of a file further apart than this have different times on today's file systems."""

COARSE_TICK_NS = 2_000_000_000
"""The same for file systems that keep whole seconds (FAT keeps every second one)."""

ENVIRONMENT = (
    "HOME",
    "PYTHONPATH",
    "SUDO_UID",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
)
"""Variables that a run depends on, besides those of narrate itself."""

MOST_BYTES = 1 << 26
"""More than a stamp of the largest script, with paths of the greatest length."""


def reply(argv: Sequence[str]) -> tuple[str, str] | None:
    """What the stamp of the same command says on stdout and stderr, or None if anything changed.

    `argv` is the folder in which the command was started, then its arguments.
    """
    try:
        checksum, _, body = _read(_place(argv)).partition("\0")
        invocation, out, err, *known = body.split("\0")
    except (OSError, ValueError):
        return None
    if checksum != _checksum(body) or invocation != _invocation(argv):
        return None
    paths = iter(known)
    if not facts.are_same(zip(paths, paths, strict=False)):
        return None
    return out, err


def save(
    argv: Sequence[str],
    inputs: Mapping[str, Fact],
    outputs: Mapping[str, Fact],
    said: tuple[str, str],
    started_ns: int,
) -> None:
    """Keep a stamp of a run that began at `started_ns`, with what a run with nothing to do prints.

    `inputs` are the facts of what it read, `outputs` those of what it left, taken before another
    process could change them. Nothing is kept if an input may have changed since it was read, or if
    an output is missing. If the stamp cannot be written, the next run is only slower.
    """
    place = _place(argv)
    changed = any(
        _fresh(path, started_ns) or facts.of(path) != fact for path, fact in inputs.items()
    )
    if changed or any(fact.absent for fact in outputs.values()) or not _is_ours(_cache()):
        _remove(place)
        return
    fields = [_invocation(argv), *said]
    folders = facts.take(_changed_to(argv))
    for path, fact in (*folders.items(), *inputs.items(), *outputs.items()):
        fields += (path, fact)
    body = "\0".join(fields)
    temp = f"{place}.new"
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        _refuse_foreign(os.lstat(os.path.dirname(place)))
        _remove(temp)
        _write(temp, f"{_checksum(body)}\0{body}")
        os.replace(temp, place)
    except OSError:
        _remove(temp)


def clear() -> None:
    """Forget every stamp."""
    if os.path.islink(folder()) or not _is_ours(_cache()):
        return
    try:
        names = os.listdir(folder())
    except OSError:
        return
    for name in names:
        stem = name.removesuffix(".new")
        # Other files are left alone: the folder may have been there before.
        if len(stem) == 8 and not stem.strip("0123456789abcdef"):
            _remove(os.path.join(folder(), name))


def _cache() -> str:
    """The cache of the environment, whatever other cache a run is told to use."""
    cache = os.environ.get("NARRATE_CACHE_DIR")
    if not cache:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        cache = os.path.join(home, "narrate")
    return cache


def folder() -> str:
    """Where stamps are kept."""
    return os.path.join(_cache(), "stamps")


def _is_ours(cache: str) -> bool:
    """Whether a folder is a cache, or may become one: `store/tag` has the rule and its reason."""
    try:
        names = os.listdir(cache)
    except OSError:
        return not os.path.lexists(cache)
    return "CACHEDIR.TAG" in names or not set(names) - {"stamps"}


def _changed_to(argv: Sequence[str]) -> list[str]:
    """The folders to which -C has led, one after the other: a link may lead elsewhere next time."""
    here, found = argv[0], []
    words = iter(argv[1:])
    for word in words:
        if word.startswith("-C"):
            here = os.path.join(here, word[2:] or next(words, ""))
            found.append(os.path.join(here, facts.FOLDER))
    return found


def _place(argv: Sequence[str]) -> str:
    """Where the stamp of a command is kept; a path that cannot exist if there is no home folder."""
    place = os.path.join(folder(), _checksum(_invocation(argv)))
    return place if os.path.isabs(place) else os.devnull + "/none"


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode(errors='surrogateescape')):08x}"


def _invocation(argv: Sequence[str]) -> str:
    """What a run depends on besides files: version, installation, arguments and environment."""
    ours = (name for name in os.environ if name in ENVIRONMENT or name.startswith("NARRATE_"))
    # A key to a server changes no output, and must not be written down.
    names = sorted(name for name in ours if not name.endswith("_KEY"))
    return repr((__version__, sys.prefix, argv, [(name, os.environ[name]) for name in names]))


def _read(place: str) -> str:
    """The text of a stamp; it and its folder must be this user's. Raises OSError or ValueError."""
    _refuse_foreign(os.lstat(os.path.dirname(place)))
    file = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(file, encoding="utf-8", errors="surrogateescape") as text:
        status = os.fstat(file)
        _refuse_foreign(status)
        if status.st_mode & 0o170000 != 0o100000 or status.st_size > MOST_BYTES:
            raise ValueError("not a stamp")
        return text.read()


def _write(path: str, text: str) -> None:
    """Create a file, and follow no link. Raises OSError, FileExistsError if there is one."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(file, "w", encoding="utf-8", errors="surrogateescape") as stamp:
        stamp.write(text)


def _refuse_foreign(status: os.stat_result) -> None:
    """Refuse what belongs to another user, who could claim that there is nothing to do. Raises
    PermissionError.
    """
    if status.st_uid != os.geteuid():
        raise PermissionError("it belongs to another user")


def _fresh(path: str, started_ns: int) -> bool:
    """Whether a file changed so shortly before the run that another change may have its time."""
    if os.path.basename(path) == facts.FOLDER:
        return False
    try:
        status = os.stat(path)
    except OSError:
        return False
    tick = TICK_NS if status.st_mtime_ns % 1_000_000_000 else COARSE_TICK_NS
    return max(status.st_mtime_ns, status.st_ctime_ns) + tick > started_ns


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
