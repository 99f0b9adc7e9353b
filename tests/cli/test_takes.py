"""`narrate retake`, `takes`, `pick` and `lock`: a take that was chosen once stays chosen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.project import Narrate, identities, lines

SCRIPT = lines("The first line is said like this.", "The second. [pause:0.3s] It has two parts.")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A narration with three takes of its second segment."""
    project = Narrate(tmp_path_factory.mktemp("template"), NARRATE_ENGINE="tone")
    project.write("script.json", SCRIPT)
    project.run()
    ran = project("retake", "s2", "-n", "2")
    assert ran.code == 0, ran.err
    return project.root


@pytest.fixture
def spoken(template: Path, tone: Narrate) -> Narrate:
    shutil.copytree(template, tone.root, dirs_exist_ok=True)
    return tone


@pytest.fixture
def picked(spoken: Narrate) -> Narrate:
    """The same after a person chose the second take of the second segment."""
    ran = spoken("pick", "s2", "2")
    assert ran.code == 0, ran.err
    return spoken


def lock_of(project: Narrate) -> str:
    return (project.folder / "narrate.lock").read_text()


def takes_of(project: Narrate, *words: str) -> list[dict[str, Any]]:
    ran = project("takes", *words, "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json["segments"][-1]["takes"]
    return found


def replace_sound(project: Narrate) -> None:
    """Replace the approved takes by what another machine may have made of the same requests."""
    lock = lock_of(project)
    sounds = [line for line in lock.splitlines() if line.startswith("sound")]
    for number, line in enumerate(sounds):
        lock = lock.replace(line, f'sound = "{number:032x}"')
    project.write("narrate.lock", lock)


def test_retakes_are_numbered_on_and_change_no_output(spoken: Narrate) -> None:
    before = identities(spoken.out)
    assert [take["take"] for take in takes_of(spoken, "s2")] == [1, 2, 3]
    ran = spoken("retake", "s2", "-n", "1", "--seed", "7", "--json")
    assert ran.code == 0, ran.err
    *_, last = ran.json["segments"][0]["takes"]
    assert (last["take"], last["seed"], last["complete"], last["current"]) == (4, 7, True, False)
    assert all(Path(path).read_bytes()[:4] == b"RIFF" for path in last["paths"])
    assert identities(spoken.out) == before
    assert spoken.run()["spoken"] == 0


def test_takes_of_a_segment_with_a_seed_have_other_seeds(tone: Narrate) -> None:
    tone.write("script.json", lines("A line with a seed of its own.", seed=5))
    tone.run()
    assert tone("retake", "s1", "-n", "2").code == 0
    assert [take["seed"] for take in takes_of(tone, "s1")] == [5, 1005, 2005]


def test_a_pick_changes_the_sound_of_its_segment_only(picked: Narrate) -> None:
    before = picked.outputs()
    segments = [segment["file"] for segment in picked.manifest["segments"]]
    ran = picked.run("--frozen", "--locked")
    assert (ran["spoken"], [each["from_cache"] for each in ran["segments"]]) == (0, [True, True])
    after = picked.outputs()
    assert [before[file] == after[file] for file in segments] == [True, False]
    assert picked.manifest["segments"][1]["take"]["n"] == 2
    assert picked("run", "script.json").err.startswith("nothing to do")


def test_the_lock_says_what_a_person_chose(picked: Narrate) -> None:
    first = lock_of(picked)
    assert first.count('[[takes."script.json"."s2"]]') == 2
    assert picked("pick", "s2", "3", "s1", "1").code == 0
    assert [take["approved"] for take in takes_of(picked, "s2")] == [False, False, True]
    assert picked("pick", "s2", "2").code == 0
    assert "s1" in lock_of(picked)
    without_s1 = lock_of(picked).replace(lock_of(picked)[first.index("[[") :].split("\n\n")[0], "")
    assert without_s1.split() == first.split()


def test_what_cannot_be_picked_is_an_error(spoken: Narrate) -> None:
    spoken.write("clap.wav", (spoken.out / "narration.wav").read_bytes())
    spoken.write(
        "script.json", [*SCRIPT, {"id": "clap", "text": "(applause)", "audio": "clap.wav"}]
    )
    for words, what in (
        (("s2", "9"), "take 9 of 's2' is not in the cache (1, 2, 3 are)"),
        (("s3", "1"), "the segment 's3' does not exist"),
        (("clap", "1"), "the segment 'clap' is a recording, which has no takes"),
        (("s2",), "not an id and a take: s2"),
        (("s2", "two"), "not an id and a take: s2 two"),
        (("s2", "9" * 5000), "not an id and a take: s2 9"),
    ):
        ran = spoken("pick", *words)
        assert (ran.code, what in ran.err) == (2, True), ran.err
    assert spoken("retake").code == 2
    assert not (spoken.folder / "narrate.lock").exists()


def test_an_approved_take_outlives_a_clear_and_is_exported(picked: Narrate) -> None:
    picked.run()
    assert picked("cache", "clear").code == 0
    assert len(picked.clips) == 2
    assert picked.run()["spoken"] == 1
    assert picked("cache", "export", "clips.zip", "--script", "script.json").code == 0
    ran = picked("run", "script.json", "--frozen", "--cache-dir", picked.root / "new")
    assert ran.code == 3
    assert picked("cache", "import", "clips.zip", "--cache-dir", picked.root / "new").code == 0
    picked.run("--frozen", "--locked", "--cache-dir", picked.root / "new", "--force-output")


def test_an_approval_whose_text_changed_is_dropped_by_the_run(picked: Narrate) -> None:
    """Only the sentence that changed loses its take."""
    before = lock_of(picked)
    picked.write("script.json", json.dumps(SCRIPT).replace("two parts", "three parts"))
    for command in ("run", "plan"):
        ran = picked(command, "script.json", "--locked")
        assert (ran.code, "as the text has changed: s2" in ran.err) == (3, True), ran.err
    planned = picked("plan", "script.json")
    assert "warning: no longer approved, as the text has changed: s2" in planned.err
    assert lock_of(picked) == before
    ran = picked("run", "script.json")
    assert (ran.code, "no longer approved" in ran.err) == (0, True)
    assert lock_of(picked).count("[[takes") == 1
    assert "The second." in lock_of(picked)
    assert picked("run", "script.json", "--locked").err.startswith("nothing to do")


def test_another_voice_is_not_approved_but_its_approval_waits(picked: Narrate) -> None:
    """A look at a draft, with another engine or voice, must not lose what a person chose."""
    before = lock_of(picked)
    picked.write("script.json", [{**each, "seed": 3} for each in SCRIPT])
    ran = picked("run", "script.json")
    assert (ran.code, "ask for another engine, voice, take or seed: s2" in ran.err) == (0, True)
    assert picked("run", "script.json", "--locked").code == 3
    assert lock_of(picked) == before
    picked.write("script.json", SCRIPT)
    picked.run("--locked")
    assert picked.manifest["segments"][1]["take"]["n"] == 2


def test_a_renamed_segment_keeps_its_take(picked: Narrate) -> None:
    picked.write("script.json", json.dumps(SCRIPT).replace('"s2"', '"end"'))
    assert picked.run("--locked")["spoken"] == 0
    assert picked.manifest["segments"][1]["take"]["n"] == 2
    assert '"s2"' in lock_of(picked)
    picked.write("script.json", json.dumps([*SCRIPT, *lines("More.")]).replace('"s2"', '"end"'))
    picked("run", "script.json")
    picked.write("script.json", json.dumps(SCRIPT).replace('"s2"', '"end"'))
    picked.run()
    assert ('"s2"' in lock_of(picked), lock_of(picked).count('"end"')) == (False, 2)


def test_a_take_that_was_spoken_again_is_recognized_by_its_sound(picked: Narrate) -> None:
    again = picked("run", "script.json", "--locked", "--cache-dir", picked.root / "empty", "--json")
    assert (again.code, again.json["spoken"]) == (0, 3)
    replace_sound(picked)
    ran = picked("run", "script.json", "--locked", "--cache-dir", picked.root / "empty")
    assert (ran.code, "sounds different, as it was spoken again: s2" in ran.err) == (3, True)
    ran = picked("run", "script.json", "--locked", "--cache-dir", picked.root / "other")
    assert (ran.code, "sounds different" in ran.err) == (3, True)
    ran = picked("run", "script.json")
    assert (ran.code, "narrate cache import" in ran.err) == (0, True)
    assert not any(take["approved"] for take in takes_of(picked, "s2"))


def test_the_approved_sound_replaces_another_when_it_is_imported(picked: Narrate) -> None:
    """Two machines may have made the same take, each with a sound of its own."""
    picked.run()
    assert picked("cache", "export", "clips.zip").code == 0
    lock = lock_of(picked)
    ran = picked("run", "script.json", "--qa", "off", "--cache-dir", picked.root / "theirs")
    assert ran.code == 0
    theirs = Narrate(
        picked.root, NARRATE_ENGINE="tone", NARRATE_CACHE_DIR=str(picked.root / "theirs")
    )
    for path in (picked.root / "theirs" / "v1").glob("*/*.wav"):
        forge(path)
    ran = theirs("run", "script.json", "--locked")
    assert (ran.code, "sounds different" in ran.err) == (3, True)
    assert "6 new, 1 here already, 0 refused" in theirs("cache", "import", "clips.zip").out
    assert theirs("run", "script.json", "--locked").code == 0
    assert lock_of(picked) == lock


def forge(path: Path) -> None:
    """Let an entry have another sound, as if another machine had spoken it."""
    from narrate.store import entry

    clip, pcm = entry.read(path)
    origin = json.loads(clip.origin)
    louder = bytes(pcm[::2]) if len(pcm) % 4 else bytes(pcm)[::-1]
    origin["sound"] = entry.sound(louder, clip.rate)
    path.write_bytes(entry.compose(clip.canonical, louder, clip.rate, origin))


def test_what_a_person_approved_is_kept_whatever_the_checks_say(tone: Narrate) -> None:
    tone.write("script.json", lines("This is over before it began #short"))
    assert tone("run", "script.json").code == 4
    tone.run("--qa", "off")
    assert tone("lock", "--qa", "off").code == 0
    ran = tone.run("--frozen", "--locked")
    assert ran["spoken"] == 0
    assert tone.manifest["segments"][0]["qa"]["flags"]


def test_force_does_not_replace_an_approved_take(picked: Narrate) -> None:
    picked.run()
    ran = picked("run", "script.json", "--force", "--json")
    assert (ran.code, ran.json["spoken"]) == (0, 1)
    assert "not spoken again, as an approved take is kept: s2" in ran.err


def test_lock_approves_every_segment_that_is_spoken(spoken: Narrate) -> None:
    spoken.write(
        "script.json", [*SCRIPT, *lines("One more.")[:0], {"id": "s3", "text": "Missing."}]
    )
    ran = spoken("lock")
    assert (ran.code, "not in the cache: s3" in ran.err) == (3, True)
    assert not (spoken.folder / "narrate.lock").exists()
    spoken.run()
    assert "3 segments approved, 3 of them anew" in spoken("lock").out
    before = identities(spoken.folder)
    assert "3 segments approved, 0 of them anew" in spoken("lock").out
    assert identities(spoken.folder) == before
    assert all(take["approved"] == take["current"] for take in takes_of(spoken))


def test_standard_input_has_no_takes(spoken: Narrate) -> None:
    ran = spoken("takes", "-", stdin=json.dumps(SCRIPT))
    assert (ran.code, "standard input has no takes" in ran.err) == (2, True)


def test_a_retake_that_fails_says_which_and_keeps_the_others(spoken: Narrate) -> None:
    spoken.write("script.json", [*SCRIPT, {"id": "s3", "text": "It fails #error"}])
    ran = spoken("retake", "s2", "s3", "-n", "1")
    assert (ran.code, "s3" in ran.err) == (5, True)
    assert [take["take"] for take in takes_of(spoken, "s2")] == [1, 2, 3, 4]


def test_a_depfile_names_the_lock(picked: Narrate) -> None:
    picked.run("--depfile", "narration.d")
    assert "narrate.lock" in (picked.folder / "narration.d").read_text()


def test_a_broken_lock_stops_every_command(picked: Narrate) -> None:
    picked.write("narrate.lock", "<<<<<<< HEAD")
    for command in (("run", "script.json"), ("plan",), ("pick", "s2", "1"), ("takes",)):
        ran = picked(*command)
        assert (ran.code, "narrate.lock: it is not valid TOML" in ran.err) == (2, True), ran.err


def test_takes_of_the_embedded_voice_differ(narrate: Narrate) -> None:
    narrate.write("script.json", lines("Takes of one line are not the same sound."))
    narrate.run()
    assert narrate("retake", "s1", "-n", "1").code == 0
    first, second = (Path(take["paths"][0]) for take in takes_of(narrate, "s1"))
    assert first.read_bytes()[:-400] != second.read_bytes()[:-400]
    narrate("pick", "s1", "2")
    narrate.run("--locked")
    assert narrate.manifest["segments"][0]["cache_keys"] == [second.stem]
