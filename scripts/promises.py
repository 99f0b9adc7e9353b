"""Write the table of promises in the README, from the figures that the harnesses printed:
promises.py FIGURES.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- promises -->\n", "<!-- /promises -->\n"

PROMISES = (
    ("A clip that was said to be spoken survives `kill -9` at any instant", "kill"),
    ("… and at every system call", "steps"),
    ("… and a power cut; without the syncs it would not (`control_lost`)", "power"),
    ("Any system call that fails costs a clean exit, and nothing else", "errno"),
    (
        "A full disk keeps what is finished, and the same command goes on when there is room",
        "disks",
    ),
    ("A wrong bit is never served", "bits"),
    ("Damage never stops a run, and leaves no trace in the narration", "damage"),
    ("One cache serves many processes at once", "crowd"),
    ("Whatever is done to the store, in any order, it never gives another clip", "machine"),
    ("Two runs at once pay for each utterance once", "twice"),
    ("A prune breaks no run, and waits for none", "prune"),
    ("Ctrl-C keeps everything that is finished", "ctrl_c"),
    ("A worker that dies, hangs or talks garbage costs attempts, not the run", "workers"),
    ("No worker outlives its parent", "orphans"),
    ("An edit costs exactly what it must, and nothing is ever stale", "edits"),
    ("make runs what is needed, and nothing else", "make"),
    ("… and so does ninja", "ninja"),
    ("A hostile script is refused, quickly and in little memory", "scripts"),
    ("A hostile recording is refused, within bounds", "audio"),
    ("A hostile archive is refused, and writes nothing outside of the cache", "archives"),
    ("No bytes make a parser fail in a way of its own", "fuzz"),
    (
        "Nothing of others is lost, executed, sent or obeyed, and no change goes unnoticed",
        "boundaries",
    ),
    ("A run opens no connection, reads no pickle, and writes only where it should", "audit"),
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


def rows(readme: str) -> dict[str, str]:
    """The figures in the README's table, by harness."""
    lines = readme.partition(BEGIN)[2].partition(END)[0].splitlines()[2:]
    return read(
        "\n".join(line.split(" | ")[1].removesuffix(" |").replace("`", "") for line in lines)
    )


def main() -> None:
    readme = README.read_text(encoding="utf-8")
    before, _, rest = readme.partition(BEGIN)
    after = rest.partition(END)[2]
    figures = read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    README.write_text(
        before + BEGIN + table(rows(readme) | figures) + END + after, encoding="utf-8"
    )


if __name__ == "__main__":
    main()
