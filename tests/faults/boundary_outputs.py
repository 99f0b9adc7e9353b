"""Attacks on what a run writes: outputs over inputs and files of others, through links, and two
scripts at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from xxhash import xxh3_128_hexdigest

REF = str(Path(__file__).parents[2] / "examples" / "voice_ref" / "ref.wav")
OUT = "build/narration"
OUTPUTS = [
    "manifest.json",
    "narration.wav",
    "narration.srt",
    "narration.vtt",
    "run.json",
    "segments/a.wav",
]
NAMED = ["--events", "--depfile"]
ROUNDS = 4


def attack(root: Path) -> dict[str, int]:
    """Plant files and links, run narrate over them, and count those that were lost or written
    through.

    `refused` counts the runs that exited with 2; each attack is one run.
    """
    figures: Counter[str] = Counter(
        foreign_files=0, attacks=0, refused=0, lost=0, through_links=0, torn=0, stale=0
    )
    for number, plant in enumerate(ATTACKS):
        place = Place(root / str(number))
        arguments = plant(place)
        figures.update(place.attack(*arguments))
    figures.update(take_turns(root / "turns"))
    return dict(figures)


class Place:
    """A project of its own, with files that narrate did not make, and a folder outside of it."""

    def __init__(self, root: Path) -> None:
        self.folder, self.outside = root / "project", root / "outside"
        self.folder.mkdir(parents=True)
        self.outside.mkdir()
        self.planted: dict[Path, bytes] = {}
        self.env = os.environ | {"NARRATE_CACHE_DIR": str(root / "cache"), "NARRATE_ENGINE": "tone"}
        self.script("script.json", {"id": "a", "text": "Hello."})

    def script(self, name: str, *segments: dict[str, str]) -> None:
        self.planted[self.folder / name] = json.dumps(segments).encode()
        (self.folder / name).write_bytes(self.planted[self.folder / name])

    def plant(self, path: str | Path, content: bytes = b"the only copy") -> Path:
        """A file of somebody, in the project unless the path is absolute."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.planted[file] = content
        return file

    def record(self, path: str) -> None:
        file = self.plant(path)
        soundfile.write(file, np.tile([0.25, -0.25], 800), 8000)
        self.planted[file] = file.read_bytes()

    def link(self, path: str, target: Path) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).symlink_to(target)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "narrate", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
        )

    def narrate(self, *arguments: str) -> int:
        process = self.start(*arguments)
        process.communicate(timeout=60)
        return process.returncode

    def attack(self, *arguments: str) -> dict[str, int]:
        """Run narrate; what became of the files and of the folder outside."""
        outside = {path for path in self.planted if path.is_relative_to(self.outside)}
        refused = self.narrate(*arguments) == 2
        lost = [
            path
            for path, content in self.planted.items()
            if not path.is_file() or path.read_bytes() != content
        ]
        new = {path for path in self.outside.rglob("*") if path.is_file()} - outside
        return {
            "foreign_files": len(self.planted),
            "attacks": 1,
            "refused": refused,
            "lost": len(lost),
            "through_links": len(new),
        }

    def torn(self) -> int:
        """How many files are not those that the manifest names."""
        out = self.folder / OUT
        manifest = json.loads((out / "manifest.json").read_bytes())
        named = {
            each["file"]: each["xxh3_128"] for each in (manifest["audio"], *manifest["segments"])
        }
        held = {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}
        others = {"manifest.json", "narration.srt", "narration.vtt", "run.json"}
        wrong = [
            name
            for name in named
            if name not in held or xxh3_128_hexdigest(held[name].read_bytes()) != named[name]
        ]
        return len(wrong) + len(held.keys() - named.keys() - others)

    def script_of_manifest(self) -> str:
        return str(json.loads((self.folder / OUT / "manifest.json").read_bytes())["script"]["file"])


def take_turns(root: Path) -> dict[str, int]:
    """Two scripts into one folder, at once and then one after another: a mixture is torn, the
    other's is stale.
    """
    place = Place(root)
    place.script("a.json", {"id": "a", "text": "One."}, {"id": "b", "text": "Two."})
    place.script("b.json", {"id": "b", "text": "Three."}, {"id": "c", "text": "Four."})
    torn = stale = 0
    shared = ("-o", OUT, "--force-output")
    for number in range(ROUNDS):
        again = ["--force"] * (number % 2)
        running = [place.start("run", name, *shared, *again) for name in ("a.json", "b.json")]
        for process in running:
            process.communicate(timeout=60)
        torn += place.torn()
        for name in ("a.json", "b.json")[:: 1 if number % 2 else -1]:
            place.narrate("run", name, *shared)
            torn += place.torn()
            stale += place.script_of_manifest() != name
    return {"torn": torn, "stale": stale}


# Each plants something and returns what narrate is told.


def all_outputs(place: Place) -> list[str]:
    for name in OUTPUTS:
        place.plant(f"{OUT}/{name}")
    return ["run", "script.json"]


def recording(place: Place) -> list[str]:
    place.record("narration.wav")
    place.script("script.json", {"id": "x", "audio": "narration.wav"})
    return ["run", "script.json", "-o", ".", "--force-output"]


def recording_of_ours(place: Place) -> list[str]:
    place.narrate("run", "script.json")
    place.record(f"{OUT}/segments/a.wav")
    place.script("script.json", {"id": "b", "audio": f"{OUT}/segments/a.wav"})
    return ["run", "script.json"]


def hard_link(place: Place) -> list[str]:
    place.record("take.wav")
    (place.folder / OUT).mkdir(parents=True)
    os.link(place.folder / "take.wav", place.folder / OUT / "narration.wav")
    place.script("script.json", {"id": "x", "audio": "take.wav"})
    return ["run", "script.json", "--force-output"]


def script_as_output(place: Place) -> list[str]:
    place.script("manifest.json", {"id": "a", "text": "Hello."})
    return ["run", "manifest.json", "-o", ".", "--force-output"]


def another_format(place: Place) -> list[str]:
    place.narrate("run", "script.json")
    place.plant(f"{OUT}/narration.flac")
    return ["run", "script.json", "--format", "flac"]


def record_that_lists(place: Place) -> list[str]:
    place.narrate("run", "script.json")
    path = place.folder / OUT / "run.json"
    document = json.loads(path.read_bytes())
    for name in ("notes.txt", "segments/thesis.odt", ".git/config", "../../script.json"):
        file = (
            place.plant(f"{OUT}/{name}", b"same")
            if ".." not in name
            else place.folder / "script.json"
        )
        status = file.stat()
        made = document["outputs"]["narration.wav"]
        document["outputs"][name] = made | {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
    path.write_text(json.dumps(document))
    return ["run", "script.json", "--fps", "25"]


def replaced_and_dropped(place: Place) -> list[str]:
    place.script("script.json", {"id": "a", "text": "Hello."}, {"id": "b", "text": "World."})
    place.narrate("run", "script.json")
    place.plant(f"{OUT}/segments/b.wav", b"recorded anew")
    place.script("script.json", {"id": "a", "text": "Hello."})
    return ["run", "script.json"]


def cache_in_output(place: Place) -> list[str]:
    place.plant(f"{OUT}/.narrate/CACHEDIR.TAG")
    place.plant(f"{OUT}/.narrate/v1/ab/clip.wav")
    place.plant(f"{OUT}/.narrate-0123456789abcdef/thesis.odt")
    return ["run", "script.json"]


def linked_build(place: Place) -> list[str]:
    place.link("build", place.outside)
    return ["run", "script.json"]


def linked_segments(place: Place) -> list[str]:
    place.link(f"{OUT}/segments", place.outside)
    return ["run", "script.json", "--force-output"]


def linked_file(place: Place) -> list[str]:
    place.link(f"{OUT}/narration.wav", place.plant(place.outside / "mine.wav"))
    return ["run", "script.json", "--force-output"]


def named_link(place: Place) -> list[str]:
    place.plant(place.outside / "narration.wav")
    place.link("link", place.outside)
    return ["run", "script.json", "-o", "link"]


def linked_project(place: Place) -> list[str]:
    place.link("voices", place.outside)
    place.link("script.md", place.outside / "absent")
    return ["init"]


def exported(place: Place) -> list[str]:
    place.plant("thesis.zip", b"PK\x03\x04 of somebody else")
    return ["cache", "export", "thesis.zip"]


def exported_through_a_link(place: Place) -> list[str]:
    place.link("clips.zip", place.outside / "absent.zip")
    return ["cache", "export", "clips.zip"]


def flag_over_script(flag: str, place: Place) -> list[str]:
    return ["run", "script.json", flag, "script.json"]


def flag_over_file(flag: str, place: Place) -> list[str]:
    place.plant("notes.txt")
    return ["run", "script.json", flag, "notes.txt"]


def flag_through_a_link(flag: str, place: Place) -> list[str]:
    place.link("link", place.outside / "absent")
    return ["run", "script.json", flag, "link"]


def clone(name: str, place: Place) -> list[str]:
    return ["clone", "--ref", REF, "--name", name, "--force", "--engine", "tone"]


def cloned_into_a_link(place: Place) -> list[str]:
    place.plant(place.outside / "ref.wav")
    place.link("voices/me", place.outside)
    return clone("me", place)


def cloned_into_linked_voices(place: Place) -> list[str]:
    place.link("voices", place.outside)
    return clone("me", place)


def cloned_over_links(place: Place) -> list[str]:
    for name in ("ref.wav", "ref.txt", "voice.toml", "test.wav"):
        place.link(f"voices/me/{name}", place.plant(place.outside / name))
    return clone("me", place)


ATTACKS: list[Callable[[Place], list[str]]] = [
    all_outputs,
    recording,
    recording_of_ours,
    hard_link,
    script_as_output,
    another_format,
    record_that_lists,
    replaced_and_dropped,
    cache_in_output,
    linked_build,
    linked_segments,
    linked_file,
    named_link,
    linked_project,
    exported,
    exported_through_a_link,
    cloned_into_a_link,
    cloned_into_linked_voices,
    cloned_over_links,
    *(
        partial(plant, flag)
        for plant in (flag_over_script, flag_over_file, flag_through_a_link)
        for flag in NAMED
    ),
]
