"""The boundary of the store: a cache is named by anybody, and whatever narrate did not make in it
stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from support.project import Narrate, contents, lines

TEMP, KEY = "4711-00000000dead", "ab" + "0" * 30
OURS = {
    "tmp": TEMP,
    "runs": TEMP,
    "quarantine": f"{KEY}.1700000000000000000",
    "uses": "1999-01-01",
    "locks": "0123456789abcdef",
    "refused": f"{KEY}.1.wav",
    "v1/ab": f"{KEY}.wav",
    "stamps": "0123abcd",
}
"""The folders of a cache, and in each a name that narrate gives to its own files and removes at
some time.
"""

COMMANDS = (
    ("run", "script.json"),
    ("run", "script.json", "--frozen"),
    ("cache", "prune", "--max-size", "0B"),
    ("cache", "clear"),
    ("cache", "verify"),
    ("cache", "import", "clips.zip"),
)


def attack(root: Path) -> dict[str, int]:
    """Have every command that writes to a cache use folders of others; count their files and those
    not as before.
    """
    tone = Narrate(root, NARRATE_ENGINE="tone", NARRATE_TIMEOUT="20")
    tone.write("script.json", lines("One line."))
    tone.run("--cache-dir", root / "full")
    tone("cache", "export", "clips.zip", "--cache-dir", root / "full")
    tone.write("script.json", lines("Another line."))
    counts: Counter[str] = Counter(foreign_files=0, lost=0, modes_changed=0, not_refused=0)
    for cache, kept in (*_folders(tone), *_links(root)):
        before, mode = contents(kept), cache.stat().st_mode
        for command in COMMANDS:
            ran = tone(*command, "--cache-dir", cache)
            counts["not_refused"] += ran.code != 6 or "\n  next: " not in ran.err
        after = contents(kept)
        counts["foreign_files"] += len(before)
        counts["lost"] += sum(after.get(name) != data for name, data in before.items()) + len(
            after.keys() - before
        )
        counts["modes_changed"] += cache.stat().st_mode != mode
    return dict(counts)


def _folders(tone: Narrate) -> Iterator[tuple[Path, Path]]:
    """A folder with no more than notes, and the project with folders that are called like those of
    a cache.
    """
    bare = tone.root / "bare"
    bare.mkdir(mode=0o755)
    (bare / "notes.txt").write_text("precious")
    yield bare, bare
    for folder, name in OURS.items():
        tone.write(f"{folder}/{name}", "precious")
        tone.write(f"{folder}/thesis.tex", "precious")
    tone.folder.chmod(0o755)
    yield tone.folder, tone.folder


def _links(root: Path) -> Iterator[tuple[Path, Path]]:
    """A cache all of whose folders are links to folders of others."""
    cache, elsewhere = root / "linked", root / "elsewhere"
    (cache / "v1").mkdir(parents=True)
    (cache / "CACHEDIR.TAG").write_bytes((root / "full" / "CACHEDIR.TAG").read_bytes())
    for folder, name in OURS.items():
        (elsewhere / folder).mkdir(parents=True)
        (elsewhere / folder / name).write_text("precious")
        (elsewhere / folder / "thesis.tex").write_text("precious")
        (cache / folder).symlink_to(elsewhere / folder)
    yield cache, elsewhere
