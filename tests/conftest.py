"""Every test runs in a world of its own: no real cache, configuration or home is ever touched."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from support.harness import Figures
from support.project import Narrate

# A shell starts background jobs with SIGINT ignored, and what these start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test depends on time: these machines are shared.
hypothesis.settings.register_profile("narrate", deadline=None)
hypothesis.settings.load_profile("narrate")

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", autouse=True)
def _own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point everything that narrate keeps at a folder of the tests, and remove the developer's
    settings.
    """
    root = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("NARRATE_")]:
            patch.delenv(name)
        # Some libraries behave better in CI than they do at home.
        patch.delenv("CI", raising=False)
        patch.setenv("NARRATE_CACHE_DIR", str(root / "cache"))
        patch.setenv("XDG_CACHE_HOME", str(root / "xdg-cache"))
        patch.setenv("XDG_CONFIG_HOME", str(root / "xdg-config"))
        patch.setenv("HOME", str(root / "home"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture
def narrate(tmp_path: Path) -> Narrate:
    """The command with its default voice."""
    return Narrate(tmp_path)


@pytest.fixture
def tone(tmp_path: Path) -> Narrate:
    """The command with the stand-in that hums, and fails when it is asked to."""
    return Narrate(tmp_path, NARRATE_ENGINE="tone", NARRATE_TIMEOUT="20")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a harness reports what it counted."""
    return Figures(request.config.stash.setdefault(FIGURES, []))


@pytest.fixture
def ending() -> Iterator[Callable[[subprocess.Popen[bytes]], subprocess.Popen[bytes]]]:
    """Makes sure that a started process, and all of its group, ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def note(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        started.append(process)
        return process

    yield note
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of pytest-xdist sends its figures to the one that prints them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash.get(FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    lines = getattr(node, "workeroutput", {}).get("figures", [])
    node.config.stash.setdefault(FIGURES, []).extend(lines)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if lines := config.stash.get(FIGURES, []):
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(line)
