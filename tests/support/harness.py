"""What a harness needs: its size, the line of figures that it prints, and the tools it runs."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

SET = dict(os.environ)
"""The environment as conftest.py found it, before it removes the developer's settings.
NARRATE_FAULTS=large, NARRATE_FIGURES=FILE and CI=true matter here.
"""

STRICT = SET.get("CI") == "true" or SET.get("NARRATE_REQUIRE_TOOLS") == "1"
"""Whether a harness that cannot run because a tool is missing fails instead of being skipped."""


class Figures:
    """How much a harness does, small in `make test` and large in `make faults`, and the one line
    that it prints.
    """

    large = SET.get("NARRATE_FAULTS") == "large"

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def size(self, small: int, large: int) -> int:
        return large if self.large else small

    def show(self, line: str) -> None:
        """Print a line after all tests."""
        self._lines.append(line)

    def report(self, harness: str, **counts: object) -> None:
        """Print the figures of a harness, and keep them for the table of promises."""
        line = f"{harness}: " + " ".join(f"{name}={count}" for name, count in counts.items())
        self.show(line)
        if path := SET.get("NARRATE_FIGURES"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(line + "\n")


def absent(reason: str) -> NoReturn:
    """Skip a harness that cannot run on this machine; in CI that is a failure."""
    if STRICT:
        pytest.fail(f"cannot run: {reason}")
    pytest.skip(reason)


def tool(name: str) -> str:
    """The path of a program that a harness needs; scripts/fault_tools.sh installs them."""
    return shutil.which(name) or absent(f"{name} is not installed: run scripts/fault_tools.sh")
