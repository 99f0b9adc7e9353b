"""Several scripts in one go: each has an output folder of its own, and what they share is spoken
once.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import soundfile

from support.project import Narrate, identities, lines

GOOD = "# A\n\nGood.\n\nThe shared line.\n"
BAD = "# B\n\nNot a number. \\#nan\n\nThe shared line.\n"


def made(folder: Path) -> list[str]:
    """The folders below one that hold a narration."""
    found = folder.rglob("manifest.json")
    return sorted(str(path.parent.relative_to(folder)) for path in found)


def lessons(tone: Narrate, *names: str) -> None:
    for name in names:
        text = f"This is {name.partition('.')[0]}."
        content: Any = text + "\n"
        if name.endswith((".json", ".yaml")):
            content = [{"id": "a", "text": text}]
        tone.write(name, content)


# A folder for each


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (("lesson1.md", "lesson2.md"), ("lesson1", "lesson2")),
        (("Unit 1.json", "Über uns.txt"), ("Unit 1", "Über uns")),
        (("talk.md", "talk.json"), ("talk.md", "talk.json")),
        (("talk.md", "TALK.yaml"), ("talk.md", "TALK.yaml")),
        (("script.md", "extra.md"), (".", "extra")),
        (("script.md", "script.json"), ("script.md", "script.json")),
        (("segments.md", "other.md"), ("segments.md", "other")),
        (("...md", "other.md"), ("_...md", ".")),
    ],
)
def test_one_after_the_other_both_narrations_are_there_and_a_second_round_does_nothing(
    tone: Narrate, names: tuple[str, ...], folders: tuple[str, ...]
) -> None:
    lessons(tone, *names)
    for name, folder in zip(names, folders, strict=True):
        assert tone.run(script=name)["manifest"] == str(tone.out / folder / "manifest.json")
    assert made(tone.out) == sorted(folders)
    before = identities(tone.folder, without="run.json")
    for name in names:
        assert "nothing to do" in tone("run", name).err
    assert identities(tone.folder, without="run.json") == before


def test_a_script_that_is_added_moves_no_other(tone: Narrate) -> None:
    lessons(tone, "talk.md")
    tone.run(script="talk.md")
    before = identities(tone.out)
    lessons(tone, "second.md")
    tone.run(script="second.md")
    assert identities(tone.out).items() >= before.items()
    assert tone("run", "talk.md").out == "build/narration/manifest.json\n"
    assert made(tone.out) == [".", "second"]
    tone.run("--format", "mp3", script="talk.md")
    assert tone.manifest["audio"]["file"] == "narration.mp3"


def test_a_narration_of_an_earlier_version_stays_where_it_is(tone: Narrate) -> None:
    lessons(tone, "talk.md", "second.md")
    tone.run("-o", tone.out, script="talk.md")
    record = json.loads((tone.out / "run.json").read_bytes())
    del record["script"]
    tone.write("build/narration/run.json", record)
    tone.run(script="second.md")
    tone.run(script="talk.md")
    assert made(tone.out) == [".", "second"]
    assert tone.manifest["script"]["file"] == "talk.md"


def test_a_script_that_was_renamed_has_the_folder_of_its_old_name(tone: Narrate) -> None:
    lessons(tone, "talk.md")
    tone.run(script="talk.md")
    (tone.folder / "talk.md").rename(tone.folder / "speech.md")
    assert tone.run(script="speech.md")["manifest"] == str(tone.out / "manifest.json")


def test_folders_of_texts_have_a_folder_each(tone: Narrate) -> None:
    tone.write("one/1.txt", "First.\n")
    tone.write("two/1.txt", "Second.\n")
    tone.run(script="one")
    tone.run(script="two")
    assert made(tone.out) == [".", "two"]
    assert "nothing to do" in tone("run", "one", "two").err


def test_what_comes_from_a_pipe_replaces_no_script(tone: Narrate) -> None:
    lessons(tone, "talk.md")
    tone.run(script="talk.md")
    ran = tone("run", "-", stdin=json.dumps(lines("From a pipe.")))
    assert ran.out == "build/narration/stdin/manifest.json\n"
    assert tone.manifest["script"]["file"] == "talk.md"


@pytest.mark.parametrize(("first", "second"), [("a.md", "b.md"), ("a/x.md", "b/x.md")])
def test_a_folder_that_holds_another_script_is_refused(
    tone: Narrate, first: str, second: str
) -> None:
    lessons(tone, first, second)
    tone.run("-o", "out", script=first)
    before = identities(tone.folder / "out")
    ran = tone("run", second, "-o", "out")
    assert ran.code == 2
    assert f"it holds the narration of {Path(first).name}" in ran.err
    assert "choose another folder with -o DIR, or replace it with --force-output" in ran.err
    assert identities(tone.folder / "out") == before
    tone.run("-o", "out", "--force-output", script=second)
    assert tone("run", first, "-o", "out").code == 2


def test_a_folder_in_the_settings_holds_one_for_each_script(tone: Narrate) -> None:
    lessons(tone, "a.md", "b.md")
    tone.write("narrate.toml", 'out = "public"\n')
    tone.run(script="a.md")
    tone.run(script="b.md")
    assert made(tone.folder) == ["public/a", "public/b"]


def test_make_is_not_told_that_another_script_is_up_to_date(tone: Narrate) -> None:
    lessons(tone, "a.md", "b.md")
    for name in ("a.md", "b.md"):
        tone.run("--depfile", f"{name}.d", script=name)
    targets = [(tone.folder / f"{name}.md.d").read_text().split(":")[0] for name in "ab"]
    assert targets == [f"build/narration/{name}/run.json" for name in "ab"]


# Several at once


MANY = ("lesson 1.md", "lesson 2.md", "lesson 10.yaml")


@pytest.mark.parametrize("words", [(), (".",), tuple(sorted(MANY)), (*MANY, ".")])
def test_a_folder_of_scripts_is_narrated_in_natural_order(
    tone: Narrate, words: tuple[str, ...]
) -> None:
    lessons(tone, *MANY)
    tone.write("README.md", "# Not narrated\n")
    tone.write("package.json", {"name": "x", "version": "1"})
    tone.write("mkdocs.yml", "site_name: x\ntheme:\n  font:\n    text: Roboto\n")
    ran = tone("run", *words, "--json")
    left = "not narrated, unless you name them: mkdocs.yml, package.json, README.md"
    left_out = left in ran.err
    assert left_out == (not words or "." in words)
    assert left_out == ("not narrated" in tone("status", *words).err)
    report = ran.json
    assert [each["script"] for each in report["scripts"]] == list(MANY)
    assert (report["spoken"], report["cached"]) == (3, 0)
    folders = [Path(each["manifest"]).parent.name for each in report["scripts"]]
    assert folders == ["lesson 1", "lesson 2", "lesson 10"]
    ran = tone("run", *words)
    assert ran.out.splitlines() == [f"build/narration/{name}/manifest.json" for name in folders]
    assert "nothing to do: 3 scripts, 3 segments" in ran.err
    assert ("not narrated" in ran.err) == left_out


def test_what_several_scripts_share_is_spoken_once(tone: Narrate) -> None:
    tone.write("lessons/a.md", GOOD)
    tone.write("lessons/b.md", "Another.\n\nThe shared line.\n")
    report = tone("run", "lessons", "--json", "--events", "log.json").json
    assert (report["spoken"], len(tone.clips)) == (3, 3)
    events = [json.loads(line) for line in (tone.folder / "log.json").read_text().splitlines()]
    spoken = [event["script"] for event in events if event["event"] == "spoken"]
    assert sorted(spoken) == ["lessons/a.md", "lessons/a.md", "lessons/b.md"]
    assert [event["script"] for event in events if event["event"] == "done"] == [
        "lessons/a.md",
        "lessons/b.md",
    ]
    assert made(tone.folder) == ["lessons/build/narration/a", "lessons/build/narration/b"]


def test_a_format_gives_a_file_a_lesson(tone: Narrate) -> None:
    lessons(tone, "a.md", "b.json")
    assert tone("run", "--format", "mp3").code == 0
    for name in "ab":
        assert soundfile.info(tone.out / name / "narration.mp3").frames > 0


def test_each_script_has_the_settings_of_its_folder(tone: Narrate) -> None:
    lessons(tone, "x/a.md", "y/a.md")
    tone.write("x/narrate.toml", 'format = "flac"\n')
    tone.write("y/narrate.toml", 'qa = "warn"\n')
    assert tone("run", "x", "y").code == 0
    assert (tone.folder / "x/build/narration/narration.flac").exists()
    assert (tone.folder / "y/build/narration/narration.wav").exists()


def test_each_script_has_the_cache_of_its_folder(tone: Narrate) -> None:
    tone.env |= {"NARRATE_CACHE_DIR": "", "XDG_CACHE_HOME": str(tone.root / "caches")}
    lessons(tone, "x/a.md", "y/a.md")
    for name in "xy":
        tone.write(f"{name}/narrate.toml", 'cache_dir = "own"\n')
    assert tone("run", "x", "y").code == 0
    for name in "xy":
        assert len(list((tone.folder / name / "own/v1").glob("*/*.wav"))) == 1


def test_a_folder_that_is_named_holds_one_for_each(tone: Narrate) -> None:
    lessons(tone, "a.md", "b.md")
    for _ in range(2):
        assert tone("run", "-o", "out").code == 0
        assert made(tone.folder / "out") == ["a", "b"]


def test_two_scripts_for_one_folder_are_refused_before_anything_is_spoken(tone: Narrate) -> None:
    lessons(tone, "x/a.md", "y/a.md")
    ran = tone("run", "x", "y", "-o", "out")
    assert ran.code == 2
    assert "x/a.md and y/a.md would both be narrated there" in ran.err
    assert tone.clips == []


def test_a_new_script_of_the_folder_is_noticed(tone: Narrate) -> None:
    lessons(tone, "x/a.md", "x/b.md")
    for _ in range(3):
        assert tone("run", "x").code == 0
    lessons(tone, "x/c.md")
    assert made(tone.folder / "x/build/narration") == ["a", "b"]
    assert tone("run", "x").out.count("manifest.json") == 3
    (tone.folder / "x/a.md").unlink()
    assert tone("run", "x").out.count("manifest.json") == 2


def test_a_depfile_has_a_rule_for_each_script(tone: Narrate) -> None:
    lessons(tone, "a.md", "b.md")
    assert tone("run", "--depfile", "run.d").code == 0
    text = (tone.folder / "run.d").read_text()
    for name in "ab":
        assert f"build/narration/{name}/run.json: \\\n  {name}.md" in text
    rule = "build/narration/a/run.json build/narration/b/run.json:\n\t@echo again\n-include run.d\n"
    tone.write("Makefile", rule)
    for name, said in (("a.md", ""), ("b.md", "again")):
        if said:
            (tone.folder / name).touch()
        done = subprocess.run(
            ["make", "-C", tone.folder, f"build/narration/{name[0]}/run.json"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert ("again" in done.stdout) == bool(said)


# When something is wrong


def test_the_problems_of_all_scripts_are_told_before_anything_is_spoken(tone: Narrate) -> None:
    tone.write("a.md", GOOD)
    tone.write("b.json", '[{"text": "Open."}')
    tone.write("c.yaml", "- {text: Hello., voice: nobody}\n")
    ran = tone("run", "a.md", "b.json", "c.yaml")
    assert ran.code == 2
    assert "b.json:1" in ran.err
    assert "c.yaml" in ran.err
    assert "error: 2 of 3 scripts were not narrated; no output was written" in ran.err
    assert tone.clips == []


@pytest.mark.parametrize("flags", [(), ("-k",)])
def test_a_segment_that_fails_keeps_no_other_script_from_being_written(
    tone: Narrate, flags: tuple[str, ...]
) -> None:
    tone.write("a.md", GOOD)
    tone.write("b.md", BAD)
    ran = tone("run", *flags)
    assert ran.code == 4
    assert "b.md: 1 segment failed; the outputs were left as they were" in ran.err
    assert "error: 1 of 2 scripts was not narrated; 1 is complete" in ran.err
    assert made(tone.out) == ["a"]
    report = tone("run", *flags, "--json").json
    assert (report["ok"], report["failed"]) == (False, 1)
    assert [each["script"] for each in report["scripts"]] == ["a.md"]
    assert report["errors"][0]["exit_code"] == 4
    tone.write("b.md", BAD.replace(" \\#nan", ""))
    assert tone("run").code == 0
    assert made(tone.out) == ["a", "b"]


def test_a_failed_line_that_two_scripts_share_fails_both(tone: Narrate) -> None:
    tone.write("a.md", BAD)
    tone.write("b.md", BAD)
    report = tone("run", "-k", "--json").json
    assert report["failed"] == 2
    assert made(tone.out) == []


def test_what_is_not_spoken_after_a_failure_is_said(tone: Narrate) -> None:
    tone.write("a.md", BAD)
    tone.write("b.md", "".join(f"Line {number}.\n\n" for number in range(40)))
    ran = tone("run", "-j", "1")
    assert ran.code == 4
    assert "b.md" in ran.err
    assert "not spoken, as another script failed" in ran.err


def test_a_failure_stops_scripts_with_other_settings_too(tone: Narrate) -> None:
    tone.write("x/a.md", BAD)
    tone.write("y/a.md", GOOD)
    tone.write("y/narrate.toml", 'qa = "warn"\n')
    ran = tone("run", "x", "y", "-j", "1")
    assert ran.code == 4
    assert "a.md: 2 segments are not spoken, as another script failed" in ran.err
    assert made(tone.folder) == []
    assert tone("run", "x", "y", "-k").code == 4
    assert made(tone.folder) == ["y/build/narration"]


def test_frozen_names_every_script_that_lacks_a_clip(tone: Narrate) -> None:
    lessons(tone, "a.md", "b.md", "c.md")
    tone.run(script="a.md")
    ran = tone("run", "--frozen")
    assert ran.code == 3
    assert "b.md: 1 segment is not cached" in ran.err
    assert "c.md: 1 segment is not cached" in ran.err
    assert made(tone.out) == ["a"]


def test_only_speaks_what_matches_in_any_script(tone: Narrate) -> None:
    lessons(tone, "a.json", "b.md")
    ran = tone("run", "--only", "a")
    assert ran.code == 3
    assert made(tone.out) == ["a"]
    assert len(tone.clips) == 1
    assert "no segment matches 'zzz'" in tone("run", "--only", "zzz").err


def test_ids_go_with_one_script(tone: Narrate) -> None:
    lessons(tone, "a.json", "b.json")
    assert tone("run").code == 0
    assert "ids of which script: a" in tone("run", "a.json", "b.json", "-f", "a").err
    assert tone("run", "a.json", "-f", "a", "--json").json["spoken"] == 1
    assert tone("run", "-f", "--json").json["spoken"] == 2
    assert "not a script: a\n" in tone("run", "a.json", "a").err
    (tone.folder / "a").mkdir()
    assert tone("run", "a.json", "-f", "a", "--json").json["spoken"] == 1


def test_ids_alone_are_of_the_script_of_this_folder(tone: Narrate) -> None:
    tone.write("script.json", lines("One.", "Two."))
    tone.run()
    assert tone("run", "-f", "s1", "--json").json["spoken"] == 1


# What a run would do


def test_a_plan_of_several_scripts_has_a_total(tone: Narrate) -> None:
    tone.write("a.md", GOOD)
    tone.write("b.md", "The shared line.\n")
    document = tone("plan", "--json").json
    assert [each["script"] for each in document["scripts"]] == ["a.md", "b.md"]
    assert (document["utterances"], document["missing"]) == (3, 2)
    for command in (("plan",), ("run", "--dry-run")):
        said = tone(*command).out
        assert said.startswith("a.md:\n")
        assert "\nb.md:\n" in said
        assert "2 of 3 utterances to speak" in said
    assert tone("plan", "--check").code == 3


def test_the_status_of_several_scripts_is_told_one_by_one(tone: Narrate) -> None:
    lessons(tone, "a.json", "b.json")
    tone.run(script="a.json")
    states = {
        each["script"]: [segment["state"] for segment in each["segments"]]
        for each in tone("status", "--json").json["scripts"]
    }
    assert states == {"a.json": ["same"], "b.json": ["speak"]}
    said = tone("status").out.splitlines()
    assert (said[0], said[3]) == ("a.json:", "b.json:")
    assert "several scripts: a.json, b.json" in tone("why").err
    assert "a: to be spoken" in tone("why", "b.json", "a").out


def test_a_folder_without_scripts_is_an_error(tone: Narrate) -> None:
    tone.write("README.md", "# Nothing here\n")
    tone.write("requirements.txt", "numpy\n")
    tone.write("voices.txt", "What it says.\n")
    tone.write("voices.wav", b"RIFF")
    assert "no script was named, and this folder has none" in tone("run").err


def test_a_folder_without_scripts_names_the_files_that_may_be_meant(tone: Narrate) -> None:
    tone.write("lesson.json", {"s1": "A data file may be a script."})
    tone.write("README.md", "# Nothing here\n")
    for words in ((), (".",), (tone.folder,)):
        ran = tone("run", *words)
        assert ran.code == 2
        assert "is a script, name it: " in ran.err
        assert "lesson.json" in ran.err
        assert "README.md" in ran.err


def test_the_main_script_needs_no_key_that_says_what_it_is(tone: Narrate) -> None:
    tone.write("script.json", {"s1": "A data file may be a script."})
    assert tone("run", ".").code == tone("run").code == 0
    assert made(tone.out) == ["."]


def test_a_link_to_a_script_is_not_another_script(tone: Narrate) -> None:
    lessons(tone, "a.md", "b.md")
    (tone.folder / "c.md").symlink_to("b.md")
    for words in ((), (".",)):
        assert len(tone("run", *words, "--json").json["scripts"]) == 2
    assert made(tone.out) == ["a", "b"]
