"""What the fault harnesses share: what a cache and an output folder hold after a fault, told from outside."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from conftest import contents
from narrate import entry

TORN = b"torn"
"""Stands for the samples of an entry that does not read well."""


def clips(cache: Path) -> dict[str, bytes]:
    """The samples of every entry that has its name, by key."""
    return {path.stem: _samples(path) for path in sorted((cache / "v1").glob("*/*.wav"))}


def _samples(path: Path) -> bytes:
    try:
        return bytes(entry.read(path)[1])
    except entry.Damaged:
        return TORN


def temps(cache: Path) -> list[Path]:
    """Files that were being written to a cache, or to the stamps beside it, and were never given their names."""
    return [*(cache / "tmp").glob("*"), *(cache / "stamps").glob("*.*")]


def halves(out: Path, new: dict[str, bytes], old: dict[str, bytes] | None = None) -> list[str]:
    """What of an output folder is neither whole nor as it was, by name.

    Each file must be that of the new narration or that of the old one, and a manifest of the new one, which is
    moved into place last, may only be there when all that it names is.
    """
    held = {name: data for name, data in contents(out).items() if not name.startswith(".narrate/")}
    record = held.pop("run.json", b"{}")
    torn = [name for name, data in held.items() if data not in (new.get(name), (old or {}).get(name))]
    if held.get("manifest.json") == new["manifest.json"]:
        torn += [name for name, data in new.items() if held.get(name) != data]
    return torn + ["run.json"] * (not _is_json(record))


def _is_json(data: bytes) -> bool:
    try:
        return bool(json.loads(data) is not None)
    except ValueError:
        return False


def processes(cache: Path) -> list[str]:
    """The processes that were told to use a cache: a run, and the workers that it has started."""
    table = subprocess.run(["ps", "axeww", "-o", "pid=,stat=,command="], capture_output=True, check=True).stdout
    rows = table.decode(errors="replace").splitlines()
    return [row for row in rows if f"NARRATE_CACHE_DIR={cache}" in row and row.split()[1][0] != "Z"]
