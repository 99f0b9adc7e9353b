"""Compare the outputs of two checkouts of narrate: compare.py OLD NEW [FOLDER OF CASES].

Each checkout needs its .venv. The inputs are examples/matrix, every edit of the edit matrix, and
each script in the folder of cases. What is compared is the exit code and every file of the output
folder but run.json, which holds times. Prints a line for each difference, and the figures; exits 1
if there is any difference.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

SUFFIXES = (".json", ".yaml", ".md", ".txt")

Made = tuple[int, dict[str, bytes]]


def narrate(checkout: Path, folder: Path, *arguments: str, **env: str) -> Made:
    """Run one checkout's narrate in a folder; return its exit code and the files that it left."""
    out = folder / "build" / "narration"
    done = subprocess.run(
        [
            checkout / ".venv/bin/narrate",
            "run",
            *arguments,
            "-o",
            out,
            "--cache-dir",
            folder.parent / "cache",
        ],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(folder.parent / "xdg"), **env},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    files = (path for path in out.rglob("*") if path.is_file() and path.name != "run.json")
    return done.returncode, {str(path.relative_to(out)): path.read_bytes() for path in files}


def scripts(cases: Path) -> Iterator[tuple[str, Path, str]]:
    """A name, the folder and the argument of every script to be run."""
    yield "examples/matrix", ROOT / "examples" / "matrix", "script.json"
    for folder in sorted(path for path in cases.iterdir() if path.is_dir()):
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.name != "expect.md":
                yield (
                    f"{folder.name}/{path.relative_to(folder)}",
                    folder,
                    str(path.relative_to(folder)),
                )


def compare_script(old: Path, new: Path, folder: Path, argument: str) -> list[str]:
    """The differences between what two checkouts make of a script."""
    made = []
    for checkout in (old, new):
        with TemporaryDirectory() as temp:
            shutil.copytree(folder, Path(temp) / "project", ignore=shutil.ignore_patterns("build"))
            made.append(narrate(checkout, Path(temp) / "project", argument))
    return differences(*made)


def compare_edits(old: Path, new: Path) -> Iterator[tuple[str, list[str]]]:
    """The differences after each edit of the edit matrix."""
    import test_edit_matrix as matrix
    from support.project import Narrate

    with TemporaryDirectory() as temp:
        (Path(temp) / "start").mkdir()
        start = Narrate(Path(temp) / "start")
        matrix.fill(start)
        for number, edit in enumerate(matrix.EDITS):
            made = []
            for side, checkout in enumerate((old, new)):
                root = Path(temp) / f"{number}-{side}"
                shutil.copytree(start.root, root)
                project = Narrate(root)
                narrate(checkout, project.folder, "script.yaml", NARRATE_ENGINE="tone")
                edit.change(project)
                script = (
                    "script.json" if (project.folder / "script.json").exists() else "script.yaml"
                )
                flags = [flag for flag in edit.flags if flag not in ("-o", "elsewhere")]
                made.append(
                    narrate(checkout, project.folder, script, *flags, NARRATE_ENGINE="tone")
                )
            yield edit.name, differences(*made)


def differences(old: Made, new: Made) -> list[str]:
    """What two runs differ in, in words."""
    found = [f"exit code {old[0]} became {new[0]}"] if old[0] != new[0] else []
    names = sorted(old[1].keys() | new[1].keys())
    return found + [name for name in names if old[1].get(name) != new[1].get(name)]


def compare(old: Path, new: Path, cases: Path) -> Iterator[tuple[str, list[str]]]:
    """The name of each input, and the differences between what two checkouts make of it."""
    for name, folder, argument in scripts(cases):
        yield name, compare_script(old, new, folder, argument)
    yield from compare_edits(old, new)


def main(old: Path, new: Path, cases: Path) -> int:
    inputs = different = 0
    for name, found in compare(old, new, cases):
        inputs, different = inputs + 1, different + bool(found)
        if found:
            print(f"{name}: {', '.join(found)}", flush=True)
    print(f"compare: inputs={inputs} differences={different}")
    return int(different > 0)


if __name__ == "__main__":
    given = [Path(word).resolve() for word in sys.argv[1:]]
    sys.exit(
        main(given[0], given[1], given[2] if len(given) > 2 else ROOT.parent / "shared" / "cases")
    )
