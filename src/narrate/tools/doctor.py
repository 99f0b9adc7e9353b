"""Is this machine ready to narrate? Each part is looked at and, where it is not well, the mend is
named.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from narrate import __version__, config
from narrate.base.text import duration, size
from narrate.cache import Store
from narrate.checks import structure as checks
from narrate.config import Config, EngineSettings, Settings
from narrate.engines import openai
from narrate.engines.base import Job, Unusable
from narrate.engines.openai import server as speech_server
from narrate.errors import EnvironmentProblem, NarrateError, UsageError
from narrate.planning import casting
from narrate.request import Request
from narrate.sound import audio
from narrate.workers import environments, models
from narrate.workers.client import JobFailed, Worker, WorkerLost
from narrate.workers.environments import OWN, Interpreter, State, Tell

DEVICE_SECONDS = 120
"""A first import of torch from a cold disk takes most of a minute."""

SPOKEN_SECONDS = 60.0

FREE_BYTES = 2 * 10**9
"""Below it a disk is called short: a cloning engine takes about 2 GB, a model 2 to 5 GB."""

DEVICES = {
    "torch": """
import torch
if torch.cuda.is_available():
    card = torch.cuda.get_device_properties(0)
    print(f"cuda ({card.name}, {card.total_memory / 2**30:.0f} GiB)")
else:
    print("mps" if torch.backends.mps.is_available() else f"cpu ({torch.get_num_threads()} threads)")
""",
    "mlx": """
import mlx.core
print(mlx.core.default_device().type.name)
""",
}
"""What an engine would speak on; only its own interpreter can tell."""


class Status(StrEnum):
    """How a part is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    """Without it nothing can be narrated as this machine is set up."""

    ABSENT = "-"
    """Not there, and not needed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a part, the command or act that mends it, and the facts by name."""

    part: str
    status: Status
    text: str
    mend: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def examine(folder: Path, tell: Tell = lambda text: None) -> list[Finding]:
    """Look at everything that a run in `folder` would use; `tell` hears of programs of the project
    that are run.
    """
    try:
        configuration = config.resolve({}, {}, folder)
        found = _configuration(configuration)
    except UsageError as error:
        configuration = Config(Settings(), {}, ())
        found = Finding("configuration", Status.FAIL, str(error), error.hint)
    settings = configuration.settings
    looks: list[Callable[[], Finding]] = [_narrate, lambda: found, _machine]
    looks += [partial(_engine, name, settings, tell) for name in casting.names() if name != "tone"]
    looks += [_models, partial(_cache, settings)]
    looks += [
        partial(_disk, "disk of cache", config.cache_dir(settings)),
        partial(_disk, "disk of data", config.data_dir()),
    ]
    looks += [_ffmpeg]
    # Side by side, as importing torch takes longer than all the rest.
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda look: look(), looks))


def _narrate() -> Finding:
    facts = {
        "version": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
    }
    return Finding(
        "narrate",
        Status.OK,
        f"{__version__} on Python {facts['python']} ({sys.executable})",
        "",
        facts,
    )


def _configuration(configuration: Config) -> Finding:
    changed = {
        name: origin for name, origin in configuration.origins.items() if origin != "default"
    }
    text = (
        ", ".join(f"{name} from {origin}" for name, origin in changed.items())
        or "all settings as they come"
    )
    if configuration.warnings:
        text = "; ".join((text, *configuration.warnings))
    status = Status.WARN if configuration.warnings else Status.OK
    mend = "make the file yours, or move it away" if configuration.warnings else ""
    return Finding("configuration", status, text, mend, {"settings": changed})


def _machine() -> Finding:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    facts = {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": cores,
        "memory": memory,
    }
    text = f"{platform.system()} {platform.machine()}, {cores} cores, {size(memory)} of memory"
    return Finding("machine", Status.OK, text, "", facts)


def _engine(name: str, settings: Settings, tell: Tell) -> Finding:
    """How an engine is; only one that a run here cannot do without makes it fail."""
    status = Status.FAIL if name in ("hibari", settings.engine) else Status.WARN
    part = f"engine {name}"
    try:
        python = environments.find(name, settings, tell)
        if name in OWN:
            return _installed(name, python, status)
        if name == "openai":
            return _server(settings, status)
        return _spoken(name, python) if name == "hibari" else _plugin(name, python)
    except EnvironmentProblem as problem:
        idle = name in OWN and name not in (settings.engine, casting.cloning_engine())
        if idle and environments.inspect(name).state is State.ABSENT:
            return Finding(part, Status.ABSENT, "not installed")
        need = "; cloned voices need it" if name == casting.cloning_engine() else ""
        return Finding(part, status, problem.what + need, problem.hint.removeprefix("run: "))


def _spoken(name: str, python: Interpreter) -> Finding:
    """Have the embedded engine say something."""
    choice = casting.choose("default", Settings(engine=name))
    able, part = choice.capabilities, f"engine {name}"
    worker = Worker(name, choice.model, python.path)
    try:
        started = time.monotonic()
        worker.wait_ready()
        worker.send(
            [
                Job(
                    Request(
                        name, able.behaviour, choice.model_key, "Ready to speak.", able.languages[0]
                    )
                )
            ],
            {},
        )
        refusal = checks.broken(worker.receive(SPOKEN_SECONDS).sound)
        took = duration(time.monotonic() - started)
        facts = {"python": python.path, "versions": worker.versions}
    except (NarrateError, WorkerLost, JobFailed) as error:
        refusal, took, facts = str(error), "", {"python": python.path}
    finally:
        worker.kill()
    if refusal is not None:
        return Finding(part, Status.FAIL, refusal, "install narrate-cli anew", facts)
    return Finding(part, Status.OK, f"spoke a test sentence in {took}", "", facts)


def _installed(name: str, python: Interpreter, bad: Status) -> Finding:
    """Look into the interpreter of an engine that brings many packages."""
    part, packages = f"engine {name}", casting.capabilities(name).packages
    answer = environments.probe(python.path, packages, OWN[name])
    facts = {"python": python.path, "origin": python.origin, "versions": answer["versions"]}
    if answer["missing"]:
        text = f"{python.path} ({python.origin}) has no {' and no '.join(answer['missing'])}"
        return Finding(
            part, bad, text, f"narrate engines install {name}, and name no other Python", facts
        )
    try:
        facts["device"] = environments.ask(python.path, DEVICES[name], seconds=DEVICE_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        mend = f"narrate engines remove {name} && narrate engines install {name}"
        return Finding(
            part, bad, f"its libraries do not load: {environments.reason(error)}", mend, facts
        )
    versions = ", ".join(f"{package} {version}" for package, version in answer["versions"].items())
    text = f"{facts['device']}; {versions}; {python.path} ({python.origin})"
    pins = environments.versions(name)
    if odd := [
        each
        for each, version in answer["versions"].items()
        if pins.get(each, version) != version.partition("+")[0]
    ]:
        wanted = " and ".join(f"{each} {pins[each]}" for each in odd)
        return Finding(
            part,
            Status.WARN,
            f"{text}; tested with {wanted}",
            f"narrate engines install {name}",
            facts,
        )
    return Finding(part, Status.OK, text, "", facts)


def _server(settings: Settings, bad: Status) -> Finding:
    url = settings.engines.get("openai", EngineSettings()).base_url
    if url:
        return Finding(
            "engine openai",
            Status.OK,
            f"asks {url}{_withheld(url, settings)}",
            "",
            {"base_url": url},
        )
    if bad is Status.FAIL:
        return Finding(
            "engine openai",
            bad,
            "no server is named",
            "set base_url under [engines.openai] in narrate.toml",
        )
    return Finding("engine openai", Status.ABSENT, "no server is named")


def _withheld(url: str, settings: Settings) -> str:
    """Why a key in the environment is not sent to a server, if it is not."""
    try:
        _, why = openai.find_key(speech_server.parse(url), settings.trust.servers, os.environ)
    except Unusable as error:
        why = str(error)
    return f"; {why}" if why else ""


def _plugin(name: str, python: Interpreter) -> Finding:
    """What another package brings; it is not loaded, as only an engine that is asked for is."""
    module = casting.plugins()[name].value
    text = f"plug-in {module}; {python.path} ({python.origin})"
    return Finding(f"engine {name}", Status.OK, text, "", {"module": module})


def _models() -> Finding:
    profiles = models.profiles(map(casting.capabilities, models.HUB_ENGINES))
    names = dict.fromkeys(each.name for each in profiles)
    here = {name: models.size(folder) for name in names if (folder := models.find(name))}
    facts = {"folder": str(models.hub_dir()), "models": here}
    if not here:
        return Finding(
            "models", Status.ABSENT, f"none of the profiles' in {models.hub_dir()}", "", facts
        )
    text = ", ".join(f"{name} ({size(count)})" for name, count in here.items())
    return Finding("models", Status.OK, text, "", facts)


def _cache(settings: Settings) -> Finding:
    folder = config.cache_dir(settings)
    try:
        sizes = [count for _, count, _ in Store(folder).sizes()]
    except EnvironmentProblem as problem:
        return Finding("cache", Status.FAIL, str(problem), problem.hint, {"dir": str(folder)})
    facts = {"dir": str(folder), "entries": len(sizes), "bytes": sum(sizes)}
    if not os.access(_nearest(folder), os.W_OK):
        mend = f"chmod u+w {_nearest(folder)}, or name another folder in NARRATE_CACHE_DIR"
        return Finding(
            "cache", Status.WARN, f"{folder} cannot be written: nothing will be kept", mend, facts
        )
    return Finding(
        "cache", Status.OK, f"{len(sizes)} clips, {size(sum(sizes))} in {folder}", "", facts
    )


def _disk(part: str, folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    facts = {"folder": str(folder), "free": free}
    text = f"{size(free)} free for {folder}"
    if free < FREE_BYTES:
        return Finding(
            part,
            Status.WARN,
            text,
            "narrate cache prune --max-size 500MB, or free some space",
            facts,
        )
    return Finding(part, Status.OK, text, "", facts)


def _ffmpeg() -> Finding:
    try:
        found = audio.ffmpeg("M4A")
    except EnvironmentProblem as problem:
        return Finding("ffmpeg", Status.WARN, "none: no M4A, and no recordings in it", problem.hint)
    return Finding("ffmpeg", Status.OK, found, "", {"path": found})


def _nearest(folder: Path) -> Path:
    """The folder itself, or where it would be made."""
    return next(place for place in (folder, *folder.parents) if place.exists())
