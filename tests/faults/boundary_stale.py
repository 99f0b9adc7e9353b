"""Changes that leave sizes and times as they were, or come in between: a run must notice
every one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

import narrate as package
from support.project import Narrate, lines

SETTLED = 0.15
"""Seconds after which a change can be told from an earlier one."""

OLD_NS = 1_500_000_000_123_456_789

PLUGIN = """
import dataclasses
from kazoo_parts import BEHAVIOUR
from narrate.engines import tone
CAPABILITIES = dataclasses.replace(tone.CAPABILITIES, name="kazoo", behaviour=BEHAVIOUR)
class Engine(tone.Engine):
    pass
"""


def attack(root: Path) -> dict[str, int]:
    """Make each change to a narrated project; count those after which a run left something
    stale.
    """
    for change in CHANGES:
        (root / change.__name__).mkdir(parents=True)
    unseen = [change.__name__ for change in CHANGES if not change(root / change.__name__)]
    print("unseen:", *unseen)
    return {"changes": len(CHANGES), "stale": len(unseen)}


def project(folder: Path, script: object, **env: str) -> Narrate:
    """A narrated project, in which a run has nothing to do."""
    made = Narrate(folder, **{"NARRATE_ENGINE": "tone", **env})
    made.write("script.json", script)
    time.sleep(SETTLED)
    made("run", "script.json")
    assert not went_the_whole_way(made)
    return made


def into(narrated: Narrate) -> tuple[str, ...]:
    """The flags with which a script replaces the narration of another one."""
    return "-o", str(narrated.out), "--force-output"


def quick(narrated: Narrate) -> bool:
    """Whether the next run has nothing to do at all; nothing is left stale by one that has."""
    ran = narrated("run", "script.json")
    assert ran.code == 0, ran.err
    return ran.err.startswith("nothing to do")


def slow_reader(narrated: Narrate, between: Callable[[Narrate], object]) -> None:
    """Run with a full pipe as stdout, and do something while the run waits to print."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    filled = 0
    while True:
        try:
            filled += os.write(write, b"\n" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(write, True)
    command = [sys.executable, "-m", "narrate", "run", "script.json"]
    process = subprocess.Popen(
        command,
        cwd=narrated.folder,
        env=os.environ | narrated.env,
        stdout=write,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    record = narrated.out / "run.json"
    deadline = time.monotonic() + 30
    while not record.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    between(narrated)
    with os.fdopen(read, "rb") as reader:
        reader.read()
    assert process.wait() == 0


def build_removed_while_printing(folder: Path) -> bool:
    narrated = Narrate(folder, NARRATE_ENGINE="tone")
    narrated.write("script.json", lines("The first line."))
    time.sleep(SETTLED)
    slow_reader(narrated, lambda each: shutil.rmtree(each.out))
    return not quick(narrated) and (narrated.out / "narration.wav").exists()


def other_script_while_printing(folder: Path) -> bool:
    narrated = Narrate(folder, NARRATE_ENGINE="tone")
    narrated.write("script.json", lines("The first line."))
    narrated.write("other.json", lines("Another line."))
    time.sleep(SETTLED)
    slow_reader(narrated, lambda each: each.run(*into(each), script="other.json"))
    # It takes another folder then, as it does not replace what another script made.
    return not quick(narrated) and (narrated.out / "script" / "manifest.json").exists()


def recordings(folder: Path, levels: dict[str, float]) -> None:
    """Recordings of one size and, as far as the clock allows, one time."""
    data = {}
    for name, level in levels.items():
        soundfile.write(folder / "made.wav", np.tile([level, -level], 1_200), 24_000)
        data[name] = (folder / "made.wav").read_bytes()
        (folder / name).mkdir()
    (folder / "made.wav").unlink()
    for _ in range(2_000):
        for name in levels:
            (folder / name / "take.wav").write_bytes(data[name])
            os.utime(folder / name / "take.wav", ns=(OLD_NS, OLD_NS))
        if len({(folder / name / "take.wav").stat().st_ctime_ns for name in levels}) == 1:
            break


def level(narrated: Narrate) -> float:
    samples, _ = soundfile.read(narrated.out / "narration.wav")
    return round(float(samples[100]), 2)


def folders_change_places(folder: Path) -> bool:
    (folder / "project").mkdir()
    recordings(folder / "project", {"takes": 0.1, "others": 0.3})
    narrated = project(folder, [{"id": "mine", "audio": "takes/take.wav"}])
    for old, new in (("takes", "aside"), ("others", "takes"), ("aside", "others")):
        (narrated.folder / old).rename(narrated.folder / new)
    return not quick(narrated) and level(narrated) == 0.3


def link_leads_elsewhere(folder: Path) -> bool:
    (folder / "project").mkdir()
    recordings(folder / "project", {"one": 0.1, "two": 0.3})
    takes = folder / "project" / "takes"
    takes.symlink_to("one")
    narrated = project(folder, [{"id": "mine", "audio": "takes/take.wav"}])
    takes.unlink()
    takes.symlink_to("two")
    return not quick(narrated) and level(narrated) == 0.3


def site(folder: Path) -> Path:
    """A folder of packages: an engine of another package, in two modules."""
    place = folder / "site"
    metadata = place / "kazoo-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: kazoo\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[narrate.engines]\nkazoo = kazoo\n")
    (place / "kazoo.py").write_text(PLUGIN)
    (place / "kazoo_parts.py").write_text("BEHAVIOUR = 1\n")
    return place


def plugged(folder: Path) -> tuple[Narrate, Path]:
    """A project that is spoken by that engine, and the folder of packages."""
    place = site(folder)
    environment = {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    return project(folder, lines("The first line."), **environment, NARRATE_ENGINE="kazoo"), place


def plugin_edited(folder: Path) -> bool:
    narrated, place = plugged(folder)
    module = place / "kazoo.py"
    module.write_text(module.read_text().replace("behaviour=BEHAVIOUR", "behaviour=BEHAVIOUR + 1"))
    return not quick(narrated)


def part_of_a_plugin_edited(folder: Path) -> bool:
    """A module that the plug-in imports, which no installer put where it is."""
    narrated, place = plugged(folder)
    (place / "kazoo_parts.py").write_text("BEHAVIOUR = 2\n")
    return not quick(narrated)


def plugin_upgraded(folder: Path) -> bool:
    """Another release under the same version: an installer makes the metadata anew."""
    narrated, place = plugged(folder)
    (place / "kazoo_parts.py").write_text("BEHAVIOUR = 2\n")
    metadata = place / "kazoo-1.0.dist-info"
    shutil.copytree(metadata, folder / "new")
    shutil.rmtree(metadata)
    (folder / "new").rename(metadata)
    return not quick(narrated)


def narrate_reinstalled(folder: Path) -> bool:
    """Put other code in the place of narrate's, under the same version."""
    place = folder / "site" / "narrate"
    shutil.copytree(
        Path(package.__file__).parent, place, ignore=shutil.ignore_patterns("__pycache__")
    )
    narrated = project(folder, lines("The first line."), PYTHONPATH=str(place.parent))
    captions = place / "output" / "writers" / "captions.py"
    text = captions.read_text()
    captions.write_text(
        text + '\n\ndef srt(cues: object) -> str:\n    return "other captions\\n"\n'
    )
    ran = narrated("run", "script.json")
    return ran.code == 0 and (narrated.out / "narration.srt").read_text() == "other captions\n"


def library_upgraded(folder: Path) -> bool:
    """Install another build of a library under the same version."""
    metadata = folder / "site" / "soundfile-0.0.dist-info"
    metadata.mkdir(parents=True)
    narrated = project(folder, lines("The first line."), PYTHONPATH=str(metadata.parent))
    metadata.rename(folder / "old")
    metadata.mkdir()
    return went_the_whole_way(narrated)


def went_the_whole_way(narrated: Narrate) -> bool:
    """Whether the next run looks at everything: it writes run.json anew."""
    before = (narrated.out / "run.json").stat()
    narrated("run", "script.json")
    after = (narrated.out / "run.json").stat()
    return (before.st_ino, before.st_mtime_ns) != (after.st_ino, after.st_mtime_ns)


def changed_into_another_folder(folder: Path) -> bool:
    """-C follows a link, which leads to another project the next time."""
    narrated = project(folder, lines("The first line."))
    other = folder / "other"
    other.mkdir()
    (other / "script.json").write_text((narrated.folder / "script.json").read_text())
    link = folder / "link"
    link.symlink_to("project")
    for _ in range(2):
        narrated("-C", link, "run")
    link.unlink()
    link.symlink_to("other")
    narrated("-C", link, "run")
    return (other / "build" / "narration" / "narration.wav").exists()


def settings_no_longer_obeyed(folder: Path) -> bool:
    """Settings that anybody may write are ignored, and obeyed once nobody else may."""
    narrated = Narrate(folder, NARRATE_ENGINE="tone")
    narrated.write("narrate.toml", "fps = 24\n")
    narrated.write("script.json", lines("The first line."))
    narrated.folder.chmod(0o777)
    time.sleep(SETTLED)
    for _ in range(2):
        narrated("run", "script.json")
    ignored = narrated.manifest["timeline"]["fps"] == 30
    narrated.folder.chmod(0o755)
    narrated("run", "script.json")
    return bool(ignored and narrated.manifest["timeline"]["fps"] == 24)


def output_damaged(folder: Path) -> bool:
    """Damage that keeps size and time is mended by the stage too."""
    narrated = project(folder, lines("The first line."))
    good = narrated.outputs()
    for name in ("narration.wav", "segments/s1.wav", "manifest.json", "narration.srt"):
        path = narrated.out / name
        status = path.stat()
        data = bytearray(path.read_bytes())
        data[-2] ^= 1
        path.write_bytes(data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return not quick(narrated) and narrated.outputs() == good


def stamps_of_another_user(folder: Path) -> bool:
    """A folder of stamps that belongs to somebody else is not believed. Only root can give
    it away.
    """
    narrated = project(folder, lines("The first line."))
    if os.geteuid() == 0:
        os.chown(narrated.cache / "stamps", 12345, -1)
        return went_the_whole_way(narrated)
    return True


def locked_while_facts_are_taken(folder: Path) -> bool:
    """A run that waits for the folder's lock takes the facts of its own outputs, not of those it
    waited for.
    """
    narrated = project(folder, lines("The first line."))
    narrated.write("other.json", lines("Another line."))
    narrated.run(*into(narrated), script="other.json")
    lock = os.open(narrated.out, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    names = ("script.json", "other.json")
    processes = [narrated.start("run", name, *into(narrated)) for name in names]
    time.sleep(1)
    os.close(lock)
    for process in processes:
        process.communicate()
    ran = [narrated("run", name, *into(narrated)) for name in names]
    return (
        all(each.code == 0 for each in ran)
        and narrated.manifest["segments"][0]["text"] == "Another line."
    )


CHANGES: tuple[Callable[[Path], bool], ...] = (
    build_removed_while_printing,
    other_script_while_printing,
    folders_change_places,
    link_leads_elsewhere,
    plugin_edited,
    part_of_a_plugin_edited,
    plugin_upgraded,
    narrate_reinstalled,
    library_upgraded,
    changed_into_another_folder,
    settings_no_longer_obeyed,
    output_damaged,
    stamps_of_another_user,
    locked_while_facts_are_taken,
)
"""Each leaves a project in which something has changed, and says whether the next run noticed."""
