"""`narrate init`, and the project that it makes driven by real make and real ninja."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.harness import Figures, tool
from support.project import Narrate, identities

FILES = {
    ".gitignore",
    "Makefile",
    "build.ninja",
    "narrate.mk",
    "narrate.ninja",
    "narrate.toml",
    "script.md",
    "voices/README.md",
}
PICTURE = "build/narration/manifest.json"

Build = Callable[[], str]


@pytest.fixture
def project(tone: Narrate) -> Narrate:
    """A new project, with `narrate` on the path of what builds it."""
    assert tone("init").code == 0
    shim = tone.root / "bin" / "narrate"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\necho narrated >> "{tone.root}/calls"\n'
        f'exec "{sys.executable}" -m narrate "$@"\n'
    )
    shim.chmod(0o755)
    return tone


def build(project: Narrate, *command: str) -> str:
    path = f"{project.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        command,
        cwd=project.folder,
        env=os.environ | project.env | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def happened(project: Narrate) -> tuple[int, int]:
    """How often narrate was called, and how often what comes after it was made."""
    counts = []
    for path in (project.root / "calls", project.folder / "made"):
        counts.append(len(path.read_text().splitlines()) if path.exists() else 0)
    return counts[0], counts[1]


def edit(project: Narrate, old: str, new: str, name: str = "script.md") -> None:
    # File times on some disks are no finer than the clock's tick.
    time.sleep(0.2)
    text = (project.folder / name).read_text()
    assert old in text
    project.write(name, text.replace(old, new))


def with_make(project: Narrate) -> Build:
    tool("make")
    project.write(
        "Makefile", f"video: {PICTURE}\n\techo made >> made; touch video\ninclude narrate.mk\n"
    )
    return lambda: build(project, "make")


def with_ninja(project: Narrate) -> Build:
    tool("ninja")
    rule = "rule render\n  command = echo made >> made; touch video\n"
    project.write("build.ninja", f"include narrate.ninja\n{rule}build video: render {PICTURE}\n")
    return lambda: build(project, "ninja")


@pytest.mark.slow
@pytest.mark.parametrize("driven", [with_make, with_ninja], ids=["make", "ninja"])
def test_a_build_does_what_is_needed_and_nothing_else(
    project: Narrate,
    driven: Callable[[Narrate], Build],
    figures: Figures,
    request: pytest.FixtureRequest,
) -> None:
    again = driven(project)
    again()
    assert happened(project) == (1, 1)
    before = identities(project.folder)
    again()
    again()
    assert happened(project) == (1, 1)
    assert identities(project.folder, without=".ninja_log") == {
        name: identity for name, identity in before.items() if name != ".ninja_log"
    }
    edit(project, "Comments are not spoken", "Comments are never spoken")
    again()
    assert happened(project) == (2, 1)
    again()
    assert happened(project) == (2, 1)
    edit(project, "the first line", "the very first line")
    again()
    assert happened(project) == (3, 2)
    edit(project, "pause_after = 0.4", "pause_after = 0.8", "narrate.toml")
    again()
    again()
    assert happened(project) == (4, 3)
    name = request.node.callspec.id
    figures.report(
        name, builds=8, needed=4, narrated=happened(project)[0], rendered=happened(project)[1]
    )


@pytest.mark.parametrize("driven", [with_make, with_ninja], ids=["make", "ninja"])
def test_a_voice_that_changes_or_goes_is_noticed(
    project: Narrate, driven: Callable[[Narrate], Build]
) -> None:
    voice = Path(__file__).parents[2] / "examples" / "voice_ref"
    for name in ("ref.wav", "ref.txt"):
        project.write(f"voices/my own/{name}", (voice / name).read_bytes())
    edit(project, "---\n##", "voices: {me: {ref: voices/my own/ref.wav}}\nvoice: me\n---\n##")
    again = driven(project)
    again()
    edit(project, "leisure", "the leisure", "voices/my own/ref.txt")
    again()
    assert happened(project) == (2, 2)
    edit(project, "voices: {me: {ref: voices/my own/ref.wav}}\nvoice: me\n", "")
    (project.folder / "voices/my own/ref.wav").unlink()
    again()
    again()
    assert happened(project) == (3, 3)


def test_a_new_project_builds_at_once(project: Narrate) -> None:
    tool("make")
    build(project, "make")
    assert project.manifest["totals"]["segments"] == 3
    assert "Nothing to be done" in build(project, "make")
    build(project, "make", "clean")
    assert not (project.folder / "build").exists()


def test_the_files_of_a_project_are_written_once_and_kept(tone: Narrate) -> None:
    tone.write("new/Makefile", "mine:\n")
    tone.write("new/script.md", "Mine.\n")
    ran = tone("init", "new")
    assert ran.code == 0, ran.err
    made = {
        str(path.relative_to(tone.folder / "new"))
        for path in (tone.folder / "new").rglob("*")
        if path.is_file()
    }
    assert made == FILES
    assert ran.out.count("written") == len(FILES) - 2
    assert "include narrate.mk" in ran.out
    assert (tone.folder / "new/Makefile").read_text() == "mine:\n"
    before = identities(tone.folder)
    assert "written" not in tone("init", "new").out
    assert identities(tone.folder) == before


def test_a_project_that_cannot_be_made_is_an_error(tone: Narrate) -> None:
    tone.write("file", "")
    ran = tone("init", "file")
    assert (ran.code, ran.out) == (2, "")
    assert "cannot make a project there" in ran.err


def test_without_a_script_the_one_here_is_meant(tone: Narrate) -> None:
    assert "this folder has none" in tone("run").err
    tone("init")
    assert tone("run", "--json").json["spoken"] == 3
    time.sleep(0.2)
    tone("run")
    assert "nothing to do" in tone("run").err
    tone.write("script.json", [{"text": "Another."}])
    both = tone("run", "--json").json["scripts"]
    assert [each["script"] for each in both] == ["script.json", "script.md"]
    assert [each["spoken"] for each in both] == [1, 0]
    assert "several scripts: script.json, script.md" in tone("why").err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("script.json", '[{"id": "a", "text": "Mine."}]'),
        ("script.md", "Mine.\n"),
        ("lesson-1.yaml", "- text: Mine.\n"),
        ("talk.txt", "Mine.\n"),
        ("talk.srt", "1\n00:00:01,000 --> 00:00:02,000\nMine.\n"),
    ],
)
def test_a_script_that_is_there_is_used(tone: Narrate, name: str, content: str) -> None:
    tool("make")
    tone.write(name, content)
    tone.write("README.md", "Not a script.\n")
    tone.write("package.json", '{"name": "x"}')
    ran = tone("init")
    assert ran.code == 0, ran.err
    assert f"kept     {name}\n" in ran.out
    made = {str(path.relative_to(tone.folder)) for path in tone.folder.rglob("*") if path.is_file()}
    assert made == FILES - {"script.md"} | {name, "README.md", "package.json"}
    assert f"narrate run {name} --depfile" in (tone.folder / "narrate.mk").read_text()
    assert (tone.folder / "narrate.ninja").read_text().endswith(f": narrate {name}\n")
    assert (tone.folder / name).read_text() == content


def test_a_second_init_changes_nothing_and_says_so(tone: Narrate) -> None:
    tone("init")
    before = identities(tone.folder)
    ran = tone("init")
    assert ran.code == 0
    assert "nothing to do: every file of the project is there" in ran.out
    assert identities(tone.folder) == before


def test_of_several_scripts_one_is_to_be_named(tone: Narrate) -> None:
    for name in ("one.md", "two.md"):
        tone.write(f"talks/{name}", "Mine.\n")
    ran = tone("init", "talks")
    assert ran.code == 2
    assert "error: talks: there are several scripts: one.md, two.md" in ran.err
    assert "narrate init talks/one.md" in ran.err
    assert not (tone.folder / "talks" / "Makefile").exists()
    named = tone("init", "talks/two.md")
    assert named.code == 0
    assert "next: narrate -C talks run two.md, or make -C talks\n" in named.out
    assert "run two.md" in (tone.folder / "talks" / "narrate.mk").read_text()


@pytest.mark.parametrize("driven", [with_make, with_ninja], ids=["make", "ninja"])
def test_a_build_of_one_of_several_scripts_ends(
    project: Narrate, driven: Callable[[Narrate], Build]
) -> None:
    """The folder that the rules name is the one that they write."""
    for name in ("narrate.mk", "narrate.ninja", "script.md"):
        (project.folder / name).unlink()
    for name in ("talk.md", "other.md"):
        project.write(name, "Mine.\n")
    assert project("init", "talk.md").code == 0
    again = driven(project)
    again()
    again()
    assert happened(project) == (1, 1)
    assert '"talk.md"' in (project.out / "manifest.json").read_text()


def test_a_name_that_make_does_not_take_is_refused(tone: Narrate) -> None:
    tone.write("my talk.md", "Mine.\n")
    ran = tone("init")
    assert ran.code == 2
    assert "a rule for make cannot name this script" in ran.err


def test_a_script_that_is_not_there_is_not_made_a_folder(tone: Narrate) -> None:
    ran = tone("init", "talk.md")
    assert ran.code == 2
    assert "error: talk.md: there is no such script" in ran.err
    assert not (tone.folder / "talk.md").exists()
