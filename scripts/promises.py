"""Write the table in docs/promises.md from the figures of the harnesses: promises.py FIGURES."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "promises.md"
BEGIN, END = "<!-- promises -->\n", "<!-- /promises -->\n"

PROMISES = (
    ("A clip that was reported as spoken survives `kill -9` at any instant", "kill"),
    ("… and at every system call", "steps"),
    ("… and a power cut (`control_lost`: clips lost when the syncs are left out)", "power"),
    ("A system call that fails causes a clean exit and loses nothing", "errno"),
    (
        "On a full disk, finished clips are kept; once there is room, the same command continues",
        "disks",
    ),
    ("A clip with a wrong bit is never used", "bits"),
    ("Damage in the cache never stops a run or changes the narration", "damage"),
    ("Many processes can use one cache at once", "crowd"),
    ("No sequence of operations makes the cache return the wrong clip", "machine"),
    ("Two runs at once speak each utterance once", "twice"),
    ("A prune does not break a run or wait for one", "prune"),
    ("Ctrl-C keeps every finished clip", "ctrl_c"),
    ("A worker that dies, hangs or sends garbage costs attempts, not the run", "workers"),
    ("No worker outlives its parent", "orphans"),
    ("An edit speaks exactly what it must, and no output is stale", "edits"),
    ("make runs what is needed and nothing else", "make"),
    ("… and so does ninja", "ninja"),
    ("A hostile script is refused quickly and in little memory", "scripts"),
    ("A hostile recording is refused within bounds of time and memory", "audio"),
    ("A hostile archive is refused and writes nothing outside the cache", "archives"),
    ("No input makes a parser raise an undocumented error", "fuzz"),
    (
        "Files of others are not overwritten, executed, sent or obeyed; every change is noticed",
        "boundaries",
    ),
    ("A run opens no connection, reads no pickle and writes only where it should", "audit"),
)
"""What is promised, and the harness whose figures prove it."""


def read(figures: str) -> dict[str, str]:
    """The last figures of every harness by its name."""
    return dict(re.findall(r"^(\w+): (\w+=.*)$", figures, re.MULTILINE))


def table(figures: dict[str, str]) -> str:
    """The promises with their figures; SystemExit names those that have none."""
    if missing := [name for _, name in PROMISES if not figures.get(name)]:
        sys.exit(f"no figures of: {', '.join(missing)}; run `make faults`")
    rows = [f"| {promise} | `{name}`: {figures[name]} |" for promise, name in PROMISES]
    return "\n".join(["| promise | harness and figures |", "|---|---|", *rows]) + "\n"


def rows(page: str) -> dict[str, str]:
    """The figures in the page's table, by harness."""
    lines = page.partition(BEGIN)[2].partition(END)[0].splitlines()[2:]
    return read(
        "\n".join(line.split(" | ")[1].removesuffix(" |").replace("`", "") for line in lines)
    )


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    figures = read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    PAGE.write_text(before + BEGIN + table(rows(page) | figures) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
