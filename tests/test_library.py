"""narrate as a library: three functions, and what they promise."""

from __future__ import annotations

import inspect
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import narrate
from narrate import errors
from narrate.base.events import Event
from support.project import contents, lines


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a cache of its own."""
    monkeypatch.setenv("NARRATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NARRATE_ENGINE", "tone")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, *texts: str) -> Path:
    path = folder / "script.json"
    path.write_text(json.dumps(lines(*texts)))
    return path


def test_the_public_surface_is_this() -> None:
    assert narrate.__all__ == ["__version__", "load", "plan", "run"]
    assert {
        name: str(inspect.signature(getattr(narrate, name))) for name in ("load", "plan", "run")
    } == {
        "load": "(path: 'str | Path') -> 'Manifest'",
        "plan": "(script: 'str | Path', *, on_event: 'Callable[[Event], object] | None' = None, "
        "**settings: 'Any') -> 'Plan'",
        "run": "(script: 'str | Path', *, force: 'Sequence[str]' = (), only: 'str | None' = None, "
        "frozen: 'bool' = False, keep_going: 'bool' = False, force_output: 'bool' = False, "
        "locked: 'bool' = False, "
        "on_event: 'Callable[[Event], object] | None' = None, **settings: 'Any') -> 'Manifest'",
    }


def test_importing_it_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import narrate; "
        "print(*sorted(set(sys.modules) - before))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert out.split() == ["__future__", "narrate"]


def test_run_plan_and_load_agree(folder: Path) -> None:
    script = write(folder, "The first line.", "The second line.")
    assert len(narrate.plan(script).misses) == 2
    manifest = narrate.run(script)
    assert narrate.load(folder / "build" / "narration" / "manifest.json") == manifest
    assert narrate.plan(script).misses == []
    assert manifest["s2"].text == "The second line."
    with pytest.raises(KeyError):
        manifest["s3"]


def test_settings_are_those_of_the_configuration_file(folder: Path) -> None:
    script = write(folder, "The first line.")
    manifest = narrate.run(script, out=folder / "there", format="flac", fps=24, pause_after=1.0)
    assert manifest.timeline.fps == 24
    assert "narration.flac" in contents(folder / "there")
    with pytest.raises(errors.UsageError, match="there is no setting 'formt'"):
        narrate.run(script, formt="flac")
    with pytest.raises(errors.UsageError, match="there is no setting 'formt'"):
        narrate.plan(script, formt="flac")


def test_what_goes_wrong_is_raised_with_its_exit_code(folder: Path) -> None:
    with pytest.raises(errors.PendingError) as pending:
        narrate.run(write(folder, "Not yet."), frozen=True)
    with pytest.raises(errors.NarrateError) as failed:
        narrate.run(write(folder, "#nan"))
    with pytest.raises(errors.ScriptError) as broken:
        narrate.run(write(folder, ""))
    with pytest.raises(errors.UsageError) as missing:
        narrate.load(folder / "nowhere.json")
    assert [each.value.exit_code for each in (pending, failed, broken, missing)] == [3, 4, 2, 2]


def test_something_that_is_no_manifest_is_refused(folder: Path) -> None:
    for content in ("", "[]", '{"schema": "narrate.manifest/1"}', "[" * 100_000, "\0"):
        (folder / "manifest.json").write_text(content)
        with pytest.raises(errors.UsageError):
            narrate.load(folder / "manifest.json")


def test_events_tell_what_happens(folder: Path) -> None:
    events: list[Event] = []
    narrate.run(write(folder, "The first line."), on_event=events.append)
    assert [(event.kind, event.segment) for event in events] == [
        ("plan", None),
        ("spoken", "s1"),
        ("done", None),
    ]


def test_it_prints_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    narrate.run(write(folder, "The first line. #nan<2"))
    assert capfd.readouterr() == ("", "")


def test_it_works_in_a_thread_and_leaves_signal_handlers_alone(folder: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    script = write(folder, "The first line.")
    thread = threading.Thread(target=narrate.run, args=(script,))
    thread.start()
    thread.join(60)
    assert narrate.plan(script).misses == []
    narrate.run(script, force=["*"])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_force_and_only_work_as_the_flags_do(folder: Path) -> None:
    script = write(folder, "The first line.", "The second line.")
    spoken: list[str | None] = []

    def note(event: Event) -> None:
        if event.kind == "spoken":
            spoken.append(event.segment)

    with pytest.raises(errors.PendingError):
        narrate.run(script, only="s1", on_event=note)
    narrate.run(script, force=["s1"], on_event=note)
    assert spoken[0] == "s1"
    assert sorted(map(str, spoken[1:])) == ["s1", "s2"]
