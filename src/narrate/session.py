"""Scripts that were read, with their settings, their output folders and their caches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from narrate import config
from narrate import script as scripts
from narrate.base import events
from narrate.base.events import Emit
from narrate.cache import Store
from narrate.config import Config, Settings
from narrate.output import overwrite, place
from narrate.planning import planner
from narrate.planning.plan import Plan
from narrate.planning.readings import Readings, behaviour
from narrate.script import Script
from narrate.store import kept, locks
from narrate.takes import lockfile
from narrate.takes.lock import Lock

Prepared = tuple[Script, Config]
"""A script and its settings."""

OF_ONE_SCRIPT = (
    *("out", "format", "fps", "bitrate", "language", "pause_after"),
    *("format_in", "segments", "headings", "tables", "formulas", "images", "markup"),
    *("reading", "mathematics"),
)
"""Settings that do not matter while an engine speaks."""


@dataclass(frozen=True, slots=True)
class Options:
    """What one run should do, apart from its settings: see the flags of the same names."""

    force: tuple[str, ...] = ()
    only: str | None = None
    frozen: bool = False
    keep_going: bool = False
    force_output: bool = False
    locked: bool = False
    besides: tuple[Path, ...] = ()
    """Files that the caller writes during the run, which no output may overwrite."""

    depfile_start: str | None = None
    """The folder from which the caller names what was read in a depfile, if it writes one."""


@dataclass(frozen=True, slots=True)
class Session:
    """A script, its settings, its output folder, and its cache while that is open."""

    script: Script
    configuration: Config
    out: Path
    store: Store
    emit: Emit
    readings: Readings

    @property
    def settings(self) -> Settings:
        """The settings for the script."""
        return self.configuration.settings

    @property
    def base(self) -> Path:
        """The folder in which the narrations of the script's folder are, its own or others."""
        return _base(self.script, self.configuration)

    def plan(self, force: tuple[str, ...] = ()) -> Plan:
        """Work out every request of the script, and look each up."""
        return planner.make(self.script, self.settings, self.store, force, self.warn, self.readings)

    def keep_readings(self) -> None:
        """Keep what the texts say for the next run, if anything of it is new."""
        if self.script.path and self.readings.has_news:
            with suppress(UnicodeEncodeError):
                kept.keep(self.store.root, self.script.path, self.readings.encoded())

    @property
    def lock_paths(self) -> tuple[Path, ...]:
        """The narrate.lock of the script; standard input has none."""
        return (lockfile.path_of(self.script.path),) if self.script.path else ()

    def change_lock(self, change: Callable[[Lock], Lock]) -> None:
        """Change the approved takes of the script, unless it is standard input. Raises UsageError
        or EnvironmentProblem.
        """
        if self.script.path:
            lockfile.update(self.script.path, change)
        self.remember_lock()

    def remember_lock(self) -> None:
        """Let prunes know of the approved takes."""
        for path in self.lock_paths:
            locks.remember(self.store.root, path)

    def warn(self, text: str) -> None:
        """Tell of something that is not as it should be."""
        self.emit(events.Warned(message=text))

    def without_stand_in(self) -> Session:
        """The same, without regard to which engines are missing."""
        settings = msgspec.structs.replace(self.settings, stand_in=None)
        return replace(self, configuration=replace(self.configuration, settings=settings))

    def lenient(self) -> Session:
        """The same, with clips that the checks refuse among those that are there."""
        settings = msgspec.structs.replace(self.settings, qa="warn")
        return replace(self, configuration=replace(self.configuration, settings=settings))

    def is_spoken_like(self, other: Session) -> bool:
        """Whether both scripts can be spoken together, into one cache."""
        return self.store is other.store and _speaking(self.settings) == _speaking(other.settings)

    def check_links(self) -> None:
        """Refuse links on the way to an output folder that a project chose, not the user. Raises
        UsageError.
        """
        origin = self.configuration.origins.get("out", "flag")
        if origin == "default":
            overwrite.check_links(self.out, scripts.parent_of(self.script))
        elif Path(origin) in self.configuration.files[:-1]:
            overwrite.check_links(self.out, Path(origin).parent)


@contextmanager
def opened(prepared: Sequence[Prepared], emit: Emit) -> Iterator[list[Session]]:
    """Open the caches of scripts, each cache once."""
    stores: dict[Path, Store] = {}
    with ExitStack() as stack:
        for _, configuration in prepared:
            root = config.cache_dir(configuration.settings)
            if root not in stores:
                stores[root] = stack.enter_context(Store(root, events.warner(emit)))
        parents = {scripts.parent_of(script) for script, _ in prepared}
        found = {parent: scripts.scripts_in(parent) for parent in parents}
        folders = [_folder(each, prepared, found) for each in prepared]
        reading = behaviour()
        sessions = []
        for (script, own), out in zip(prepared, folders, strict=True):
            store = stores[config.cache_dir(own.settings)]
            data = kept.recall(store.root, script.path) if script.path else b""
            sessions.append(Session(script, own, out, store, emit, Readings(data, reading)))
        yield sessions


def _speaking(settings: Settings) -> Settings:
    usual = Settings()
    return msgspec.structs.replace(
        settings, **{name: getattr(usual, name) for name in OF_ONE_SCRIPT}
    )


def _folder(
    one: Prepared, prepared: Sequence[Prepared], found: Mapping[Path, Sequence[Path]]
) -> Path:
    """The output folder of one of the scripts; a flag names that of a single script, or the one in
    which several have theirs. `found` are the scripts of each folder.
    """
    script, base = one[0], _base(*one)
    named = one[1].settings.out is not None and one[1].origins.get("out", "flag") == "flag"
    if named and len(prepared) == 1:
        return base
    others = [
        place.name_of(other.path)
        for other, configuration in prepared
        if other is not script and _base(other, configuration) == base
    ]
    beside = [] if named else scripts.beside(script, found[scripts.parent_of(script)])
    names = [*others, *map(place.name_of, beside)]
    return place.choose(base, script.path, names, below=named)


def _base(script: Script, configuration: Config) -> Path:
    """The output folder of a folder's only script."""
    if configuration.settings.out is not None:
        return Path(configuration.settings.out).expanduser().absolute()
    return scripts.parent_of(script).absolute() / "build" / "narration"
