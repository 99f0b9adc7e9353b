"""Which processes a process has started, and which are still running."""

from __future__ import annotations

import subprocess


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in table.splitlines())
    return [int(row[0]) for row in rows if row[1] == str(pid) and not row[2].startswith("Z")]


def alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be buried."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")
