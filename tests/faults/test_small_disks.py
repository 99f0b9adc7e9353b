"""Full disks of many sizes: what was stored stays, nothing is torn, and with more room the same
command goes on.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from support.harness import Figures
from support.injection import clips, mounted, temps
from support.project import Narrate, contents, lines

LINES = 20
SMALLEST, LARGEST = 64, 4096
"""Sizes of disks in KiB; the clips need 4.3 MiB, and the outputs twice as much."""


def sizes(count: int) -> list[int]:
    """Sizes between the smallest and the largest, each so many times as large as the one before."""
    return [round(SMALLEST * (LARGEST / SMALLEST) ** (step / (count - 1))) for step in range(count)]


class Crowded:
    """A run for which a disk is too small."""

    def __init__(self, tone: Narrate) -> None:
        self.tone, self.log = tone, tone.folder / "events.jsonl"
        self.command = ("-j", "2", "--events", self.log)
        tone.write(
            "script.json",
            lines(*(f"Line {number}. #seconds={1 + number % 9}" for number in range(LINES))),
        )
        tone.run(*self.command)
        self.new, self.sounds = tone.outputs(), clips(tone.cache)
        self.keys = {segment["id"]: segment["cache_keys"] for segment in tone.manifest["segments"]}

    def fill(self, folder: Path, kibibytes: int) -> Counter[str]:
        """Run with a small disk at a folder, then once more when it has grown; count what went
        wrong.
        """
        for old in (self.tone.cache, self.tone.out):
            shutil.rmtree(old, ignore_errors=True)
        with mounted("-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", folder):
            ran = self.tone("run", "script.json", *self.command)
            stored, written = r"full: [\d,]+ bytes", "full, so the outputs were not written"
            said = "the disk is " + (stored if folder == self.tone.cache else written)
            told = str(folder) in ran.err and re.search(said, ran.err) and "\n  next: " in ran.err
            found = self._damage()
            subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
            kept = len(clips(self.tone.cache))
            spoken = self.tone.run(*self.command)["spoken"]
            found["temps"] += len(temps(self.tone.cache))
            same = self.tone.outputs() == self.new and clips(self.tone.cache) == self.sounds
        found.update(
            full=ran.code == 6, told=bool(told), identical=same, needless=spoken != LINES - kept
        )
        return found

    def _damage(self) -> Counter[str]:
        held = clips(self.tone.cache)
        return Counter(
            lost=len(self._acknowledged() - held.keys()),
            torn=sum(sound != self.sounds[key] for key, sound in held.items())
            + len(contents(self.tone.out)),
            temps=len(temps(self.tone.cache)) + len(list(self.tone.out.glob(".narrate*"))),
        )

    def _acknowledged(self) -> set[str]:
        events = map(json.loads, self.log.read_text().splitlines())
        return {
            key
            for event in events
            if event["event"] == "spoken"
            for key in self.keys[event["segment"]]
        }


@pytest.mark.slow
def test_a_full_disk_of_any_size_loses_nothing_and_the_same_command_goes_on(
    tone: Narrate, figures: Figures
) -> None:
    crowded, counts = Crowded(tone), Counter[str]()
    tried = sizes(figures.size(4, 40))
    for size, folder in zip(tried, cycle((tone.cache, tone.out)), strict=False):
        counts += crowded.fill(folder, size)
    harm = {name: counts[name] for name in ("lost", "torn", "temps")}
    figures.report(
        "disks",
        sizes=len(tried),
        full=counts["full"],
        **harm,
        identical=f"{counts['identical']}/{len(tried)}",
    )
    assert (counts["full"], counts["told"], counts["identical"]) == (len(tried),) * 3
    assert (*harm.values(), counts["needless"]) == (0, 0, 0, 0)
