"""Checks whether this machine is ready to narrate, and names a fix for each problem."""

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
from narrate.engines import registry
from narrate.engines.base import Auto, Capabilities, Job, Unusable
from narrate.errors import EnvironmentProblem, NarrateError, UsageError
from narrate.hearing import choice
from narrate.planning import casting
from narrate.request import Request
from narrate.sound import audio
from narrate.workers import environments, models
from narrate.workers.client import JobFailed, Worker
from narrate.workers.environments import Interpreter, State, Warn
from narrate.workers.process import WorkerLost

DEVICE_SECONDS = 120
"""The first import of torch from a cold disk takes most of a minute."""

SPOKEN_SECONDS = 60.0

FREE_BYTES = 2 * 10**9
"""Less is reported: a cloning engine takes about 2 GB, a model 2 to 5 GB."""


class Status(StrEnum):
    """How a part is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    """Without it nothing can be narrated as this machine is set up."""

    ABSENT = "-"
    """Missing, and not needed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a part, the command or act that fixes it, and the facts by name."""

    part: str
    status: Status
    text: str
    fix: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def examine(folder: Path, warn: Warn = lambda text: None) -> list[Finding]:
    """Look at everything that a run in `folder` would use; `warn` is called for each program that
    the project names and that is run for this.
    """
    try:
        configuration = config.resolve({}, {}, folder)
        found = _configuration(configuration)
    except UsageError as error:
        configuration = Config(Settings(), {}, ())
        found = Finding("configuration", Status.FAIL, str(error), error.hint)
    settings = configuration.settings
    looks: list[Callable[[], Finding]] = [_narrate, lambda: found, _machine]
    engines = [name for name in registry.built_in() if not registry.capabilities(name).for_tests]
    looks += [partial(_engine, registry.capabilities(name), settings, warn) for name in engines]
    looks += [partial(_plugin, name, settings, warn) for name in registry.plugins()]
    looks += [_models, partial(_recognizer, settings, warn), partial(_cache, settings)]
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
        or "all settings have their defaults"
    )
    if configuration.warnings:
        text = "; ".join((text, *configuration.warnings))
    status = Status.WARN if configuration.warnings else Status.OK
    fix = "make the file yours, or move it away" if configuration.warnings else ""
    return Finding("configuration", status, text, fix, {"settings": changed})


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


def _engine(engine: Capabilities, settings: Settings, warn: Warn) -> Finding:
    """How an engine of this package is; it fails only if a run here needs it."""
    needed = engine.auto is Auto.DEFAULT_VOICE or engine.name == settings.engine
    status = Status.FAIL if needed else Status.WARN
    try:
        python = environments.find(engine.name, settings, warn)
        if engine.environments:
            return _installed(engine, python, status)
        if engine.needs_server:
            return _server(engine.name, settings, status)
        return _spoken(engine, python, status)
    except EnvironmentProblem as problem:
        return _missing(engine, settings, status, problem)


def _missing(
    engine: Capabilities, settings: Settings, bad: Status, problem: EnvironmentProblem
) -> Finding:
    """What to say of an engine that cannot be used: an idle one is not missed."""
    part = f"engine {engine.name}"
    clones = engine.name == casting.cloning_engine()
    environment = environments.of_engine(engine.name)
    absent = environment is not None and environment.state is State.ABSENT
    if absent and not clones and engine.name != settings.engine:
        return Finding(part, Status.ABSENT, "not installed")
    need = "; cloned voices need it" if clones else ""
    return Finding(part, bad, problem.what + need, problem.hint.removeprefix("run: "))


def _spoken(engine: Capabilities, python: Interpreter, bad: Status) -> Finding:
    """Have an engine that comes with narrate say something."""
    choice = casting.choose("default", Settings(engine=engine.name))
    part, language = f"engine {engine.name}", engine.languages[0]
    request = Request(engine.name, engine.behaviour, choice.model_key, "Ready to speak.", language)
    worker = Worker(engine.name, choice.model, python.path)
    try:
        started = time.monotonic()
        worker.wait_ready()
        worker.send([Job(request)], {})
        refusal = checks.broken(worker.receive(SPOKEN_SECONDS).sound)
        took = duration(time.monotonic() - started)
        facts = {"python": python.path, "versions": worker.versions}
    except (NarrateError, WorkerLost, JobFailed) as error:
        refusal, took, facts = str(error), "", {"python": python.path}
    finally:
        worker.kill()
    if refusal is not None:
        return Finding(part, bad, refusal, "install narrate-cli again", facts)
    return Finding(part, Status.OK, f"spoke a test sentence in {took}", "", facts)


def _installed(engine: Capabilities, python: Interpreter, bad: Status) -> Finding:
    """Look into the interpreter of an engine that needs packages of its own."""
    name, part = engine.environments[0], f"engine {engine.name}"
    answer = environments.probe(python.path, engine.packages, engine.modules)
    facts = {"python": python.path, "origin": python.origin, "versions": answer["versions"]}
    if answer["missing"]:
        text = f"{python.path} ({python.origin}) has no {' and no '.join(answer['missing'])}"
        fix = f"narrate engines install {name}, and name no other Python"
        return Finding(part, bad, text, fix, facts)
    try:
        device = environments.ask(python.path, engine.device_probe, seconds=DEVICE_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        text = f"its libraries do not load: {environments.reason(error)}"
        fix = f"narrate engines remove {name} && narrate engines install {name}"
        return Finding(part, bad, text, fix, facts)
    facts["device"] = device
    versions = ", ".join(f"{package} {version}" for package, version in answer["versions"].items())
    text = f"{device}; {versions}; {python.path} ({python.origin})"
    if untested := _untested(engine, answer["versions"]):
        fix = f"narrate engines install {name}"
        return Finding(part, Status.WARN, f"{text}; tested with {untested}", fix, facts)
    return Finding(part, Status.OK, text, "", facts)


def _untested(engine: Capabilities, versions: dict[str, str]) -> str:
    """The packages with other versions than narrate was tested with, and those that it was tested
    with; of several environments that hold the engine, the one that fits best is compared.
    """
    others: list[list[str]] = []
    for environment in engine.environments:
        pins = environments.versions(environment)
        differ = [
            f"{package} {pins[package]}"
            for package, version in versions.items()
            if pins.get(package, version) != version.partition("+")[0]
        ]
        others.append(differ)
    fewest = min(others, key=len)
    return " and ".join(fewest)


def _server(name: str, settings: Settings, bad: Status) -> Finding:
    """How an engine is that asks a server; the server itself is not asked anything."""
    part, url = f"engine {name}", settings.engines.get(name, EngineSettings()).base_url
    if url:
        text = f"asks {url}{_withheld(name, url, settings)}"
        return Finding(part, Status.OK, text, "", {"base_url": url})
    if bad is Status.FAIL:
        fix = f"set base_url under [engines.{name}] in narrate.toml"
        return Finding(part, bad, "no server is named", fix)
    return Finding(part, Status.ABSENT, "no server is named")


def _withheld(name: str, url: str, settings: Settings) -> str:
    """Why a key in the environment is not sent to a server, if it is not."""
    look = getattr(registry.module(name), "withheld_key", None)
    try:
        why = look(url, settings.trust.servers) if look else ""
    except Unusable as error:
        why = str(error)
    return f"; {why}" if why else ""


def _plugin(name: str, settings: Settings, warn: Warn) -> Finding:
    """What another package brings; it is not loaded, as only an engine that is asked for is."""
    part, module = f"engine {name}", registry.plugins()[name].value
    try:
        python = environments.find(name, settings, warn)
    except EnvironmentProblem as problem:
        bad = Status.FAIL if name == settings.engine else Status.WARN
        return Finding(part, bad, problem.what, problem.hint.removeprefix("run: "))
    text = f"plug-in {module}; {python.path} ({python.origin})"
    return Finding(part, Status.OK, text, "", {"module": module})


def _models() -> Finding:
    names = dict.fromkeys(each.name for each in models.profiles())
    here = {name: models.size(folder) for name in names if (folder := models.find(name))}
    facts = {"folder": str(models.hub_dir()), "models": here}
    if not here:
        return Finding(
            "models", Status.ABSENT, f"no model of a profile in {models.hub_dir()}", "", facts
        )
    text = ", ".join(f"{name} ({size(count)})" for name, count in here.items())
    return Finding("models", Status.OK, text, "", facts)


def _recognizer(settings: Settings, warn: Warn) -> Finding:
    """What listens; without it, words are checked less well, and the transcript of a clone not at
    all.
    """
    part, named = "recogniser", settings.asr_model
    try:
        source = choice.find(named, settings, warn)
    except EnvironmentProblem as problem:
        status = Status.WARN if named else Status.ABSENT
        return Finding(part, status, problem.what, problem.hint.removeprefix("run: "))
    facts = {"folder": source.folder, "python": source.python}
    return Finding(part, Status.OK, source.folder, "", facts)


def _cache(settings: Settings) -> Finding:
    folder = config.cache_dir(settings)
    try:
        sizes = [count for _, count, _ in Store(folder).sizes()]
    except EnvironmentProblem as problem:
        return Finding("cache", Status.FAIL, str(problem), problem.hint, {"dir": str(folder)})
    facts = {"dir": str(folder), "entries": len(sizes), "bytes": sum(sizes)}
    if not os.access(_nearest(folder), os.W_OK):
        fix = f"chmod u+w {_nearest(folder)}, or name another folder in NARRATE_CACHE_DIR"
        return Finding(
            "cache", Status.WARN, f"{folder} cannot be written: nothing will be kept", fix, facts
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
        return Finding(
            "ffmpeg", Status.WARN, "not found: M4A can be neither written nor read", problem.hint
        )
    return Finding("ffmpeg", Status.OK, found, "", {"path": found})


def _nearest(folder: Path) -> Path:
    """The folder itself, or where it would be made."""
    return next(place for place in (folder, *folder.parents) if place.exists())
