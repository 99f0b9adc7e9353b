"""The edit matrix: what each edit of a project costs, in utterances spoken. Exactly the minimum,
and never stale.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
import yaml

from support.harness import Figures
from support.project import Narrate, contents

SCRIPT = """\
# A comment.
title: The matrix
language: en
fps: 30
voices:
  me: {ref: voices/me.wav}
  low: {speaker: low}
scenes:
- id: intro
  segments:
  - {id: hook, text: Multiplying two matrices looks strange at first.}
  - {id: mine, text: This one is said by a voice of my own., voice: me}
  - {id: tagged, text: "It has a meaning. [pause:0.6s] Look closely.", pause_after: 1.0}
  - {id: cij, text: "The entry $c_{ij}$ is a sum.", say: The entry c i j is a sum.}
- id: end
  segments:
  - id: long
    text: >-
      The first sentence of this long segment says that there are several of them and that each has
      a key. The second sentence is there because an utterance holds no more than a few hundred
      characters of text. The third sentence goes on about nothing in particular, so that the
      segment has to be cut somewhere. The fourth sentence is the last one but one, and it is as
      dull as the three sentences before it are.
      The fifth sentence ends the segment.
  - {id: also, text: And this is said by the same voice again., voice: me}
  - {id: clap, text: (applause), audio: clap.wav}
  - {id: bye, text: That is all for today., voice: low, seed: 7}
"""

EVERYTHING = 9
"""The utterances of the script; the long segment has two, as has the tagged one, and the recording
none.
"""


@dataclass(frozen=True)
class Edit:
    """An edit: what is done to the project, with which flags it is run then, and how many
    utterances that may cost.
    """

    name: str
    spoken: int
    change: Callable[[Narrate], object] = lambda tone: None
    flags: tuple[str, ...] = ()


def replace(old: str, new: str) -> Callable[[Narrate], object]:
    """Edit the text of the script."""

    def change(tone: Narrate) -> None:
        script = (tone.folder / "script.yaml").read_text()
        assert script.count(old) == 1, old
        tone.write("script.yaml", script.replace(old, new))

    return change


def rename_voice(tone: Narrate) -> None:
    tone.write("script.yaml", SCRIPT.replace("me: {", "you: {").replace("voice: me", "voice: you"))


def reorder(tone: Narrate) -> None:
    head, scenes, rest = (tone.folder / "script.yaml").read_text().partition("scenes:\n")
    intro, end, tail = rest.partition("- id: end\n")
    tone.write("script.yaml", head + scenes + end + tail + intro)


def touch(tone: Narrate) -> None:
    os.utime(tone.folder / "voices/me.wav")


def another_voice(tone: Narrate) -> None:
    samples, rate = soundfile.read(tone.folder / "voices/me.wav", dtype="int16")
    soundfile.write(tone.folder / "voices/me.wav", samples[::-1], rate)


def to_flac(tone: Narrate) -> None:
    samples, rate = soundfile.read(tone.folder / "voices/me.wav", dtype="int16")
    soundfile.write(tone.folder / "voices/me.flac", samples, rate, "PCM_16")
    (tone.folder / "voices/me.wav").unlink()
    replace("voices/me.wav", "voices/me.flac")(tone)


def transcript(tone: Narrate) -> None:
    tone.write("voices/me.txt", "What it really says.\n")


def another_recording(tone: Narrate) -> None:
    soundfile.write(tone.folder / "clap.wav", [0.1, -0.1] * 5000, 24_000)


def pick(tone: Narrate) -> None:
    """Approve the second take of a segment of two utterances."""
    for command in (("retake", "intro/tagged", "-n", "1"), ("pick", "intro/tagged", "2")):
        ran = tone(*command)
        assert ran.code == 0, ran.err


def approved(edit: Callable[[Narrate], object]) -> Callable[[Narrate], object]:
    """An edit after a take was picked and narrated."""

    def change(tone: Narrate) -> None:
        pick(tone)
        assert tone.run(script="script.yaml")["spoken"] == 0
        edit(tone)

    return change


def lexicon(words: str) -> Callable[[Narrate], object]:
    """Write a lexicon beside the script."""
    return lambda tone: tone.write("lexicon.toml", words)


def move(tone: Narrate) -> None:
    tone.folder = tone.folder.rename(tone.root / "moved")
    tone.out = tone.folder / "build" / "narration"


def as_json(tone: Narrate) -> None:
    tone.write("script.json", yaml.safe_load((tone.folder / "script.yaml").read_text()))
    (tone.folder / "script.yaml").unlink()


FRONT = "  - {id: hook,"
EDITS = (
    Edit("nothing", 0),
    Edit(
        "insert at the front",
        1,
        replace(FRONT, f"  - {{id: new, text: This is a new beginning.}}\n{FRONT}"),
    ),
    Edit("repeat a sentence", 0, replace(FRONT, f"  - {{id: new, text: Look closely.}}\n{FRONT}")),
    Edit("reorder the scenes", 0, reorder),
    Edit("remove a segment", 0, replace("  - {id: clap, text: (applause), audio: clap.wav}\n", "")),
    Edit("rename an id", 0, replace("id: hook", "id: opening")),
    Edit("rename a scene", 0, replace("id: intro", "id: beginning")),
    Edit("rename a voice", 0, rename_voice),
    Edit("change a pause", 0, replace("pause_after: 1.0", "pause_after: 2.5")),
    Edit("change a pause inside", 0, replace("[pause:0.6s]", "[pause:2s]")),
    Edit(
        "change the default pause",
        0,
        lambda tone: tone.write("narrate.toml", "pause_after = 0.9\n"),
    ),
    Edit("change the frame rate", 0, replace("fps: 30", "fps: 29.97")),
    Edit("change the format", 0, flags=("--format", "flac")),
    Edit("change the output folder", 0, flags=("-o", "elsewhere")),
    Edit("change a comment", 0, replace("# A comment.", "# Another comment.")),
    Edit("change the title", 0, replace("The matrix", "The product")),
    Edit("change what only captions show", 0, replace("$c_{ij}$", "$a_{ij}$")),
    Edit("turn the script into JSON", 0, as_json),
    Edit("move the project", 0, move),
    Edit("run with more workers", 0, flags=("-j", "3")),
    Edit("touch the reference", 0, touch),
    Edit("convert the reference to FLAC", 0, to_flac),
    Edit("replace the reference at its path", 2, another_voice),
    Edit("fix the transcript of the reference", 2, transcript),
    Edit("replace a recording at its path", 0, another_recording),
    Edit("edit a word", 1, replace("looks strange", "seems strange")),
    Edit(
        "edit one sentence of a long segment",
        1,
        replace("The fifth sentence ends", "The last sentence ends"),
    ),
    Edit("change a seed", 1, replace("seed: 7", "seed: 8")),
    Edit("ask for another take", 1, replace("id: hook,", "id: hook, take: 2,")),
    Edit("pick another take", 0, pick),
    Edit("edit a word where a take was picked", 1, approved(replace("Look closely", "Look at it"))),
    Edit("rename an id where a take was picked", 0, approved(replace("id: tagged", "id: meaning"))),
    Edit("give a segment another voice", 1, replace("at first.}", "at first., voice: low}")),
    Edit("say a word by the lexicon", 1, lexicon('strange = "straynge"\n')),
    Edit("add a word that nobody says to the lexicon", 0, lexicon('tensor = "ten sore"\n')),
    Edit("turn off reading", 0, lambda tone: tone.write("narrate.toml", 'reading = "off"\n')),
    Edit("change the language", EVERYTHING, replace("language: en", "language: de")),
)


def fill(project: Narrate) -> None:
    """Write the files of the project of the matrix."""
    voice = Path(__file__).parents[1] / "examples" / "voice_ref"
    project.write("voices/me.wav", (voice / "ref.wav").read_bytes())
    project.write("voices/me.txt", (voice / "ref.txt").read_text())
    soundfile.write(project.folder / "clap.wav", [0.2, -0.2] * 5000, 24_000)
    project.write("script.yaml", SCRIPT)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Narrate:
    """The project of the matrix, narrated once."""
    tone = Narrate(tmp_path_factory.mktemp("matrix"), NARRATE_ENGINE="tone")
    fill(tone)
    assert tone.run(script="script.yaml")["spoken"] == EVERYTHING
    return tone


def cost(edit: Edit, project: Narrate, root: Path) -> tuple[int, bool]:
    """What an edit costs in a copy of the project, and whether the result is what a run from
    nothing gives.
    """
    shutil.copytree(project.root, root, symlinks=True)
    tone = Narrate(root, NARRATE_ENGINE="tone")
    edit.change(tone)
    script = "script.json" if (tone.folder / "script.json").exists() else "script.yaml"
    ran = tone("run", script, "--json", *edit.flags)
    assert ran.code == 0, ran.err
    out = Path(ran.json["manifest"]).parent
    fresh = tone(
        "run", script, "--json", *edit.flags, "-o", root / "fresh", "--cache-dir", root / "empty"
    )
    assert fresh.code == 0, fresh.err
    return ran.json["spoken"], contents(out, without="run.json") == contents(
        root / "fresh", without="run.json"
    )


@pytest.mark.slow
def test_every_edit_costs_exactly_the_minimum_and_leaves_nothing_stale(
    project: Narrate, tmp_path: Path, figures: Figures
) -> None:
    time.sleep(0.2)
    wrong: list[str] = []
    needless = stale = 0
    for number, edit in enumerate(EDITS):
        spoken, true = cost(edit, project, tmp_path / str(number))
        figures.show(
            f"{edit.name:<40} {spoken:>3} of {EVERYTHING} spoken{'' if true else ', STALE'}"
        )
        needless += max(0, spoken - edit.spoken)
        stale += not true
        if (spoken, true) != (edit.spoken, True):
            kept = "true" if true else "stale"
            wrong.append(f"{edit.name}: {spoken} spoken, {edit.spoken} expected, {kept}")
    figures.report(
        "edits", edits=len(EDITS), exact=len(EDITS) - len(wrong), needless=needless, stale=stale
    )
    assert wrong == []
