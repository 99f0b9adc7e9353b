"""Depfiles: what make and ninja read is what the narration was made of."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from narrate.base.facts import Fact
from narrate.errors import UsageError
from narrate.output import depfile
from support.harness import tool
from support.project import Narrate, identities

NAMES = [
    "a b.wav",
    " a  b.wav",
    "a#b.wav",
    "#b",
    "a$b.wav",
    "$$(b)$.wav",
    "a:b.wav",
    ":b",
    "a: b #$c.wav",
    "grüße.wav",
    "日本語 ナレーション.wav",
    "-b.wav",
    "@b!,+{x}.wav",
    "a~b.wav",
    "Take (2) of it].wav",
    "sub folder/a b.wav",
    os.fsdecode(b"latin \xe9.wav"),
]
QUOTED = ["it's.wav", '"so".wav', "a & b.wav"]
"""Ninja reads these from 1.12 on, which not every system has."""

REFUSED = "\n\r\t\0\x1f\x7f%*?[;|<>=^`\\"


def facts(*paths: str | Path) -> dict[str, Fact]:
    return dict.fromkeys(map(str, paths), Fact("1 2 3 4 5"))


# What is written


def test_a_rule_and_an_empty_one_for_each_input() -> None:
    assert depfile.render("run.json", ["script.md", "a b.wav"]) == (
        "run.json: \\\n  script.md \\\n  a\\ b.wav\n\nscript.md:\n\na\\ b.wav:\n"
    )
    assert depfile.render("run.json", []).startswith("run.json:")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a b", r"a\ b"),
        ("a#b", r"a\#b"),
        ("a$b", "a$$b"),
        ("a:b", r"a\:b"),
        ("grüße", "grüße"),
        ("'&'", "'&'"),
    ],
)
def test_names_are_escaped_as_gcc_does_it(name: str, written: str) -> None:
    text = depfile.render(name, [name])
    assert text == f"{written}: \\\n  {written}\n\n{written}:\n"


@pytest.mark.parametrize(
    "name", [*(f"a{char}b.wav" for char in REFUSED), "~/b", "a ", "a&", "a:", "a(b)", "\n"]
)
def test_what_make_or_ninja_would_misread_is_refused(name: str) -> None:
    for target, inputs in (("run.json", [name]), (name, ["script.md"])):
        with pytest.raises(UsageError, match="which a depfile cannot express") as raised:
            depfile.render(target, inputs)
        assert raised.value.where == repr(name)
        assert raised.value.hint


def test_what_was_not_there_is_left_out(tmp_path: Path) -> None:
    inputs = {**facts(tmp_path / "script.md"), str(tmp_path / "narrate.toml"): Fact()}
    depfile.write(tmp_path / "run.d", {tmp_path / "run.json": inputs}, str(tmp_path))
    assert (tmp_path / "run.d").read_text() == "run.json: \\\n  script.md\n\nscript.md:\n"


def test_paths_are_relative_to_where_make_runs_if_they_lie_below(tmp_path: Path) -> None:
    start, beside = tmp_path / "start", tmp_path / "start-not"
    inputs = facts(start / "a.md", start / "deep" / "b.wav", beside / "c.wav", tmp_path / "d.toml")
    depfile.write(start / "run.d", {start / "out" / "run.json": inputs}, str(start))
    target, _, rest = (start / "run.d").read_text().partition(":")
    assert target == "out/run.json"
    assert rest.split("\n\n")[0].split() == [
        *("\\", "a.md", "\\", "deep/b.wav", "\\", f"{beside}/c.wav", "\\", f"{tmp_path}/d.toml")
    ]


@pytest.mark.parametrize("name", ["script.md", "grüße.wav", os.fsdecode(b"latin \xe9.wav")])
def test_an_unchanged_file_is_left_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / "build" / "deps" / "run.d"
    depfile.write(path, {tmp_path / "run.json": facts(tmp_path / name)}, str(tmp_path))
    os.utime(path, (1000, 1000))
    before = identities(tmp_path)
    depfile.write(path, {tmp_path / "run.json": facts(tmp_path / name)}, str(tmp_path))
    assert identities(tmp_path) == before
    depfile.write(
        path, {tmp_path / "run.json": facts(tmp_path / name, tmp_path / "more")}, str(tmp_path)
    )
    assert identities(tmp_path) != before


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "run.d"):
        with pytest.raises(UsageError, match="the depfile cannot be written") as raised:
            depfile.write(path, {tmp_path / "run.json": {}}, str(tmp_path))
        assert raised.value.where == str(path)


# What is read


class Project:
    """A target that was made of an input with an odd name, and the programs that say whether it is
    up to date.
    """

    def __init__(self, root: Path, name: str, target: str = "run.json") -> None:
        self.root, self.input, self.target = root, root / name, root / target
        for path in (root / "script.md", self.input, self.target):
            path.parent.mkdir(exist_ok=True, parents=True)
            path.touch()
            os.utime(path, (1000, 1000))
        os.utime(self.target, (2000, 2000))

    def depend(self, first: bool) -> None:
        inputs = [self.input, self.root / "script.md"][:: 1 if first else -1]
        depfile.write(self.root / "run.d", {self.target: facts(*inputs)}, str(self.root))

    def make(self) -> bool:
        """Whether make finds the target up to date."""
        name = depfile._escaped(str(self.target.relative_to(self.root)))
        rules = f"all: {name}\n{name}:\n\tfalse\ninclude run.d\n"
        (self.root / "Makefile").write_bytes(os.fsencode(rules))
        done = subprocess.run([tool("make"), "-rq"], cwd=self.root, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0

    def ninja(self) -> bool:
        """Whether ninja finds the target up to date."""
        name = str(self.target.relative_to(self.root))
        for char in "$ :":
            name = name.replace(char, f"${char}")
        # A generator is not made anew only because ninja has never seen how it is made.
        rule = "rule r\n  command = false\n  depfile = run.d\n  generator = 1\n"
        rules = f"{rule}build {name}: r script.md\n"
        (self.root / "build.ninja").write_bytes(os.fsencode(rules))
        done = subprocess.run([tool("ninja"), "-n"], cwd=self.root, capture_output=True)
        assert done.returncode == 0, done.stdout
        return b"no work to do" in done.stdout


@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize(
    ("program", "name"),
    [*(("make", name) for name in NAMES + QUOTED), *(("ninja", name) for name in NAMES)],
)
def test_an_odd_name_is_understood(tmp_path: Path, program: str, name: str, first: bool) -> None:
    project = Project(tmp_path, name)
    up_to_date = getattr(project, program)
    project.depend(first)
    assert up_to_date()
    os.utime(project.input, (3000, 3000))
    assert not up_to_date()
    os.utime(project.input, (1000, 1000))
    assert up_to_date()
    os.utime(project.root / "script.md", (3000, 3000))
    assert not up_to_date()
    os.utime(project.root / "script.md", (1000, 1000))
    project.input.unlink()
    assert not up_to_date()


@pytest.mark.parametrize("program", ["make", "ninja"])
@pytest.mark.parametrize("name", NAMES)
def test_an_odd_target_is_understood(tmp_path: Path, program: str, name: str) -> None:
    project = Project(tmp_path, "input.wav", target=name)
    up_to_date = getattr(project, program)
    project.depend(first=False)
    assert up_to_date()
    os.utime(project.input, (3000, 3000))
    assert not up_to_date()


def test_a_narration_is_up_to_date_until_what_it_was_made_of_changes(tone: Narrate) -> None:
    script = tone.write("my script #1: $5.json", [{"id": "a", "text": "Hello."}])
    tone.write(
        "Makefile",
        "all: build/narration/run.json\nbuild/narration/run.json:\n\tfalse\n-include run.d\n",
    )
    ran = tone("run", script.name, "--depfile", "run.d")
    assert ran.code == 0, ran.err
    make = [tool("make"), "-rq"]
    assert subprocess.run(make, cwd=tone.folder).returncode == 0
    os.utime(script)
    assert subprocess.run(make, cwd=tone.folder, stderr=subprocess.DEVNULL).returncode == 1


def test_a_name_that_cannot_be_told_is_an_error_of_the_run(tone: Narrate) -> None:
    tone.write("100%.json", [{"id": "a", "text": "Hello."}])
    ran = tone("run", "100%.json", "--depfile", "run.d")
    assert ran.code == 2
    assert "the file name contains '%', which a depfile cannot express" in ran.err
    assert "next: rename the file, or run without --depfile" in ran.err
    assert not (tone.folder / "run.d").exists()
    assert not list(tone.cache.rglob("*.wav")), "nothing is spoken first"


def test_a_recording_with_such_a_name_is_found_before_anything_is_spoken(tone: Narrate) -> None:
    (tone.folder / "50%.wav").write_bytes(b"")
    tone.write("script.json", [{"text": "Hello."}, {"id": "take", "audio": "50%.wav"}])
    ran = tone("run", "--depfile", "run.d")
    assert ran.code == 2
    assert "contains '%'" in ran.err
    assert not list(tone.cache.rglob("*.wav"))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("folder", "Is a directory"),
        ("file/run.d", "Not a directory"),
        ("fifo", "it is a FIFO"),
        ("notes.txt", "not a depfile"),
        ("link", "it is a link"),
    ],
)
def test_a_target_that_cannot_be_written_is_found_before_anything_is_spoken(
    tone: Narrate, path: str, why: str
) -> None:
    tone.write("script.json", [{"text": "Hello."}])
    tone.write("notes.txt", "Mine.")
    tone.write("file", "A file.")
    (tone.folder / "folder").mkdir()
    os.mkfifo(tone.folder / "fifo")
    os.symlink("notes.txt", tone.folder / "link")
    ran = tone("run", "--depfile", path)
    assert ran.code == 2
    assert why in ran.err
    assert not list(tone.cache.rglob("*.wav"))


ORDERS = [
    *(
        ".IGNORE",
        ".ONESHELL",
        ".PHONY",
        ".SILENT",
        ".POSIX",
        ".DELETE_ON_ERROR",
        ".SECONDEXPANSION",
        ".DEFAULT",
    ),
    *(
        ".SUFFIXES",
        ".PRECIOUS",
        ".INTERMEDIATE",
        ".SECONDARY",
        ".NOTPARALLEL",
        ".EXPORT_ALL_VARIABLES",
        ".WAIT",
    ),
    *(".LOW_RESOLUTION_TIME", ".sh", ".c.o", ".script.json"),
]
"""Names that make takes for orders, suffix rules, or nothing but names."""

WORDS = [
    "include",
    "-include",
    "sinclude",
    "define",
    "define a",
    "endef",
    "ifdef x",
    "else",
    "endif",
    "export a",
    "export",
    "override",
]
WORDS += ["unexport", "private", "vpath a", "undefine", "load", "-load", "-lfoo"]
"""Names that begin like lines that are no rules."""


@pytest.mark.parametrize("program", ["make", "ninja"])
@pytest.mark.parametrize("name", ORDERS + WORDS)
def test_a_name_is_no_order(tmp_path: Path, program: str, name: str) -> None:
    for first in (True, False):
        project = Project(tmp_path, name)
        project.depend(first)
        up_to_date = getattr(project, program)
        assert up_to_date()
        os.utime(project.input, (3000, 3000))
        assert not up_to_date()
        os.utime(project.input, (1000, 1000))
        project.input.unlink()
        assert not up_to_date()


@pytest.mark.parametrize("name", [".IGNORE", ".SILENT", ".ONESHELL", ".POSIX"])
def test_make_obeys_no_name(tmp_path: Path, name: str) -> None:
    """A recipe that fails has to fail, be shown, and run line by line, as without the depfile."""
    said = []
    for input in ("usual.md", name):
        folder = tmp_path / input
        folder.mkdir()
        (folder / input).touch()
        depfile.write(folder / "run.d", {folder / "run.json": facts(folder / input)}, str(folder))
        (folder / "Makefile").write_text(
            'run.json:\n\tcd /; x=1\n\tpwd; test -n "$$x"; false; true\n\tfalse\n-include run.d\n'
        )
        done = subprocess.run(
            [tool("make"), "run.json"], cwd=folder, capture_output=True, text=True
        )
        said.append((done.returncode, done.stdout.replace(str(folder), "")))
    assert said[0] == said[1]
    assert said[0][0] == 2


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.d")
    with pytest.raises(UsageError, match="FIFO"):
        depfile.write(tmp_path / "run.d", {tmp_path / "run.json": {}}, str(tmp_path))


def test_another_name_of_a_depfile_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "run.d"
    depfile.write(path, {tmp_path / "run.json": facts(tmp_path / "one")}, str(tmp_path))
    os.link(path, tmp_path / "copy")
    before = path.read_bytes()
    depfile.write(path, {tmp_path / "run.json": facts(tmp_path / "two")}, str(tmp_path))
    assert (tmp_path / "copy").read_bytes() == before != path.read_bytes()


@pytest.mark.parametrize("name", ["narrate.toml", "pyproject.toml"])
def test_a_file_of_settings_is_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="reads settings"):
        depfile.write(tmp_path / name, {tmp_path / "run.json": {}}, str(tmp_path))
    assert not (tmp_path / name).exists()
