"""A stand-in speaks for an engine that is missing, only when it is asked for, and never unseen."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from support.project import Narrate

SCRIPT: dict[str, Any] = {
    "voices": {"reader": {"speaker": "high"}},
    "segments": [
        {"id": "one", "text": "A reader says this."},
        {"id": "two", "text": "A reader says this too.", "voice": "reader"},
    ],
}
STANDS_IN = ("--stand-in", "hibari")


@pytest.fixture
def lacking(tone: Narrate) -> Narrate:
    """A script for an engine whose Python is not there."""
    tone.write("script.json", SCRIPT)
    python = tone.root / "bin" / "python"
    python.parent.mkdir()
    tone.write("narrate.toml", f"[engines.tone]\npython = {json.dumps(str(python))}\n")
    return tone


def install(narrate: Narrate) -> None:
    """Put the engine's Python there; no file that a run reads is changed."""
    python = narrate.root / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)


def engines(narrate: Narrate) -> list[str]:
    """The engine of each segment, by what its clip says of itself."""
    record = json.loads((narrate.out / "run.json").read_text())
    return [request["engine"] for requests in record["requests"].values() for request in requests]


def test_it_speaks_only_when_asked_and_says_so_everywhere(lacking: Narrate) -> None:
    assert lacking("run").code == 6
    ran = lacking("run", *STANDS_IN)
    assert ran.code == 0, ran.err
    told = "2 segments are spoken by a stand-in (hibari) in place of: the default voice, reader\n"
    assert told in ran.err
    assert [each["stand_in"] for each in lacking.manifest["segments"]] == ["hibari", "hibari"]
    assert "to speak with hibari (stands in for what is missing)" in ran.err
    assert [each["name"] for each in lacking.manifest["engines"]] == ["hibari"]
    record = json.loads((lacking.out / "run.json").read_text())
    assert record["stand_ins"] == {"one": "hibari", "two": "hibari"}
    again = lacking("run", *STANDS_IN)
    assert "nothing to do" in again.err
    assert told in again.err
    report = lacking.run(*STANDS_IN)
    assert [each["stand_in"] for each in report["segments"]] == ["hibari", "hibari"]
    planned = lacking("plan", *STANDS_IN)
    assert "warning: [engines.tone] python: there is no " in planned.err
    assert f"warning: {told}" in planned.err
    checked = lacking("plan", *STANDS_IN, "--check")
    assert checked.code == 3
    assert "2 utterances would have to be spoken, including what a stand-in speaks" in checked.err
    assert "narrate run" not in checked.err.splitlines()[-1]


def test_it_is_no_narration_that_is_finished(lacking: Narrate) -> None:
    for _ in range(2):
        ran = lacking("run", *STANDS_IN, "--frozen")
        assert ran.code == 3
        assert ran.err.rstrip().splitlines()[-2].endswith(": one, two")
        assert "narrate cache import" in ran.err
        lacking.run(*STANDS_IN)
    lacking.env["NARRATE_STAND_IN"] = "hibari"
    exported = lacking("cache", "export", "clips.zip", "--script", "script.json")
    assert (exported.code, "not in the cache: one, two" in exported.err) == (3, True)


def test_the_engine_speaks_as_soon_as_it_is_there(lacking: Narrate) -> None:
    lacking("run", *STANDS_IN)
    lacking("run", *STANDS_IN)
    install(lacking)
    ran = lacking("run", *STANDS_IN)
    assert ran.code == 0, ran.err
    assert "2 utterances spoken" in ran.err
    assert "stand-in" not in ran.err
    assert engines(lacking) == ["tone", "tone"]
    assert b"stand_in" not in lacking.outputs()["manifest.json"]
    lacking("run", *STANDS_IN, "--frozen")


def test_clips_in_the_right_voice_are_kept(lacking: Narrate) -> None:
    install(lacking)
    lacking.run()
    own = set(lacking.clips)
    contents = {path: path.read_bytes() for path in own}
    (lacking.root / "bin" / "python").unlink()
    script = {**SCRIPT, "segments": [*SCRIPT["segments"], {"id": "new", "text": "And a new one."}]}
    lacking.write("script.json", script)
    report = lacking.run(*STANDS_IN)
    assert (report["spoken"], report["cached"]) == (1, 2)
    assert engines(lacking) == ["tone", "tone", "hibari"]
    assert [each.get("stand_in") for each in lacking.manifest["segments"]] == [None, None, "hibari"]
    assert lacking("run", "script.json", "one", *STANDS_IN, "-f").code == 6
    assert {path: path.read_bytes() for path in own} == contents


def test_it_is_its_own_default_voice_and_in_its_own_language(lacking: Narrate) -> None:
    flags = ("--model", "large", "--dtype", "bfloat16")
    lacking.run(*STANDS_IN, *flags)
    plain = Narrate(lacking.root)
    plain.write("script.json", [{"text": each["text"]} for each in SCRIPT["segments"]])
    assert plain.run("-o", "plain")["cached"] == 2
    lacking.write("script.json", {**SCRIPT, "language": "de"})
    ran = lacking("run", *STANDS_IN)
    assert ran.code == 2
    assert "the engine hibari does not speak 'de'" in ran.err


@pytest.mark.parametrize("name", ["hibary", "auto"])
def test_an_engine_that_there_is_not_is_refused(lacking: Narrate, name: str) -> None:
    ran = lacking("run", "--stand-in", name)
    assert ran.code == 2
    assert f"error: --stand-in: there is no engine named '{name}'" in ran.err


def test_a_stand_in_that_is_missing_itself_is_an_error(lacking: Narrate) -> None:
    lacking.env["NARRATE_DATA_DIR"] = str(lacking.root / "data")
    for name in ("torch", "tone"):
        ran = lacking("run", "--stand-in", name)
        assert ran.code == 6
        assert "next: " in ran.err
    assert lacking.clips == []
