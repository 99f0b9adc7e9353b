"""What the review page holds, where it goes, and what verdicts do."""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from narrate import build
from narrate.base.events import Event, Warned
from narrate.build import Failed, Options
from narrate.errors import UsageError
from narrate.review import make, sample, verdicts
from narrate.review.gather import NEW
from narrate.review.model import Line
from narrate.script import Segment
from narrate.sound import wav
from narrate.tools import retakes
from support.plans import noise
from support.project import Narrate, lines

FAULTY = lines("The first line.", "A #silence<2 second line.", "A #clipped third line.", "Fourth.")


class Project:
    """A script in a folder, narrated and reviewed in this process."""

    def __init__(self, folder: Path) -> None:
        self.script = folder / "script.json"
        self.flags = {"engine": "tone", "cache_dir": str(folder / "cache")}
        self.page = folder / "build" / "review"
        self.warnings: list[str] = []

    def emit(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.warnings.append(event.message)

    def write(self, segments: Sequence[dict[str, Any]]) -> None:
        self.script.write_text(json.dumps({"segments": segments}))

    def run(self, force: str = "", **flags: str) -> None:
        options = Options(force=(force,) if force else (), keep_going=True)
        build.run(self.script, self.flags | flags, options, self.emit)

    def review(self, **flags: Any) -> dict[str, Line]:
        """The lines of the page by id."""
        return {line.id: line for line in self.made(**flags)}

    def made(self, out: Path | None = None, share: str = "", **flags: str) -> tuple[Line, ...]:
        flags = self.flags | flags
        return make.review(self.script, flags, self.emit, out=out, share=share)[1].lines

    def save(self, content: Any) -> Path:
        path = self.script.with_name("saved.json")
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def apply(self, path: Path) -> verdicts.Applied:
        return verdicts.apply(path, str(self.script), 2, self.flags, self.emit)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def states(found: dict[str, Line]) -> list[str]:
    return [line.state for line in found.values()]


def test_a_failed_run_is_reviewed_with_what_was_refused_and_why(project: Project) -> None:
    project.write(FAULTY)
    assert states(project.review()) == ["missing"] * 4
    with pytest.raises(Failed):
        project.run()
    found = project.review()
    assert states(found) == ["ok", "ok", "failed", "ok"]
    assert [each.take for each in found["s1"].takes] == [1]
    [second] = found["s2"].refused
    assert second.attempt == 1
    assert "it is silent (peak 0.0000)" in second.reasons
    third = found["s3"]
    assert third.takes == ()
    assert [each.attempt for each in third.refused] == [1, 2, 3]
    assert "clipped" in third.refused[0].reasons[0]
    with wave.open(str(project.page / third.refused[0].audio)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert third.refused[0].seconds == pytest.approx(seconds, abs=0.001)

    project.run(qa="warn")
    found = project.review(qa="warn")
    assert found["s3"].state == "flagged"
    assert "clipped" in found["s3"].takes[0].reasons[0]


def test_what_has_changed_is_marked_until_the_next_build_is_reviewed(project: Project) -> None:
    project.write(lines("One line.", "Two lines."))
    project.run()
    assert [line.changed for line in project.made()] == ["", ""]
    project.write(lines("One line.", "Three lines."))
    assert project.review()["s2"].changed == "text: “Two lines.” → “Three lines.”"
    project.run()
    for _ in range(2):
        assert [line.changed for line in project.made()] == ["", NEW]
    project.run(force="*")
    assert [line.changed for line in project.made()] == ["", ""], "the same sounds again"


def test_verdicts_become_picks_and_more_takes(project: Project) -> None:
    project.write(lines("One.", "Two.", "Three."))
    project.run()
    retakes.speak(project.script, ["s1"], 1, None, project.flags, project.emit)
    found = project.review()
    given = [
        {"id": "s1", "of": found["s1"].of, "verdict": "approve", "take": 2},
        {"id": "s2", "of": "another sound", "verdict": "retake"},
        {"id": "s3", "of": found["s3"].of, "verdict": "retake"},
        {"id": "gone", "of": "", "verdict": "retake"},
    ]
    document = {"schema": "narrate.verdicts/1", "script": "script.json", "verdicts": given}
    done = project.apply(project.save(document))
    assert (list(done.picked), list(done.spoken)) == (["s1"], ["s3"])
    left = "left out, as the lines have changed since the page was made: s2, gone"
    assert left in project.warnings
    found = project.review()
    assert [(take.approved, take.current) for take in found["s1"].takes] == [
        (False, False),
        (True, True),
    ]
    assert [len(line.takes) for line in found.values()] == [2, 1, 3]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not JSON", "it is not a file of verdicts"),
        ({"schema": "narrate.verdicts/2", "script": "", "verdicts": []}, "narrate.verdicts/2"),
        (
            {"schema": "narrate.verdicts/1", "script": "other.json", "verdicts": []},
            "it is of 'other.json'",
        ),
    ],
)
def test_a_file_that_is_not_of_this_script_is_refused(
    project: Project, content: Any, says: str
) -> None:
    project.write(FAULTY)
    with pytest.raises(UsageError, match=says):
        project.apply(project.save(content))


def test_the_same_narration_gives_the_same_page_and_old_sounds_go(project: Project) -> None:
    project.write(lines("One.", "Two."))
    project.run()
    project.made()
    page, audio = project.page / "index.html", project.page / "audio"
    before = page.read_bytes()
    project.made()
    assert page.read_bytes() == before
    shutil.rmtree(project.flags["cache_dir"])
    project.made()
    named, folder = str(project.script).encode(), str(project.script.parent).encode()
    for path in (page, project.page / "page.json"):
        assert folder not in path.read_bytes().replace(named, b""), "no path of this machine"
    project.run()
    project.made()
    (audio / "mine.wav").write_bytes(b"")
    old = {path.name for path in audio.iterdir()}
    project.write(lines("Another."))
    project.run()
    project.made()
    new = {path.name for path in audio.iterdir()}
    assert (len(old), len(new), new & old) == (3, 2, {"mine.wav"})


def test_files_that_are_not_of_a_page_are_left_alone(project: Project, tmp_path: Path) -> None:
    project.write(lines("One."))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("mine")
    with pytest.raises(UsageError, match="it has files that are not those of a page"):
        project.made(mine)
    assert (mine / "index.html").read_text() == "mine"
    project.made(tmp_path / "page")
    other = Project(tmp_path)
    other.script = tmp_path / "other.json"
    other.write(lines("Two."))
    with pytest.raises(UsageError, match="it holds the page of another script: ../script.json"):
        other.made(tmp_path / "page")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "audio").symlink_to(mine)
    with pytest.raises(UsageError, match="it is a link"):
        project.made(tmp_path / "linked")
    assert [path.name for path in mine.iterdir()] == ["index.html"]


def segments(name: str) -> list[Segment]:
    return [Segment(id=f"s{n}", where="", text=f"{name} {n}.") for n in range(40)]


def test_a_recording_is_heard_and_has_no_takes(project: Project, tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(wav.header(24_000, 24_000) + noise(24_000))
    project.write([{"id": "s1", "text": "A recording.", "audio": "mine.wav"}])
    project.run()
    [line] = project.made()
    assert (line.recording, line.state) == (True, "ok")
    assert [(take.take, take.seconds, take.current) for take in line.takes] == [(1, 1.0, True)]


def test_a_sample_is_always_the_same_for_the_same_script(project: Project) -> None:
    drawn = [sample.ids(segments("Line"), share) for share in ("5%", "2", "7.5 %", "100", "0.1%")]
    assert drawn[0] == drawn[1] <= drawn[2]
    assert list(map(len, drawn)) == [2, 2, 3, 40, 1]
    assert sample.ids(segments("Row"), "5%") != drawn[0]
    for wrong in ("some", "0", "0%", "101%", "-1", "5%%", ""):
        with pytest.raises(UsageError, match="is not a sample"):
            sample.ids(segments("Line"), wrong)
    project.write(lines(*(f"Line {n}." for n in range(40))))
    assert sum(line.sample for line in project.made(share="5%")) == 2


def test_the_command_prints_the_page_and_what_to_listen_to(tone: Narrate) -> None:
    tone.write("script.json", {"segments": lines("One.", "Two.")})
    ran = tone("review")
    assert (ran.code, ran.out) == (0, "build/review/index.html\n")
    assert ran.err == "2 lines, 2 not spoken\n"
    ran = tone("review", "--sample", "half", "--json")
    assert ran.code == 2
    assert "next: write a share such as 5%, or a number of lines such as 20" in ran.err
