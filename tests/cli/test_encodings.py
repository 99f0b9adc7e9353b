"""Every command prints what it can, whatever the encoding of its streams and of file names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.project import Narrate

TEXT = "## Größe\n\nÜber den Fluß gehen wir.\n\nEin “Zitat” steht hier, 行列.\n"

ENCODINGS: dict[str, dict[str, str]] = {
    "ascii": {"PYTHONIOENCODING": "ascii:strict"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "cp437": {"PYTHONIOENCODING": "cp437"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}

COMMANDS: tuple[tuple[int, str], ...] = (
    (0, "plan größe.md"),
    (0, "run größe.md"),
    (0, "run größe.md"),
    (0, "run --json größe.md"),
    (0, "run --json --force größe.md"),
    (0, "status größe.md"),
    (0, "status --json größe.md"),
    (0, "why größe.md größe/über-den-fluß-gehen-3d83"),
    (2, "why größe.md größe/nö"),
    (2, "run gröber.md"),
    (2, "run --format größer größe.md"),
    (0, "cache ls"),
    (0, "cache ls --json"),
    (0, "engines list"),
    (0, "models list"),
    (0, "schema"),
    (0, "init größer"),
    (0, "--help"),
    (0, "--version"),
)
"""Commands and their exit codes."""


def narrated(tone: Narrate, command: str, env: dict[str, str]) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "narrate", *command.split()],
        cwd=tone.folder,
        env=os.environ | tone.env | env,
        capture_output=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_command_prints_what_it_can(tone: Narrate, name: str) -> None:
    tone.write("größe.md", TEXT)
    for code, command in COMMANDS:
        got, out, err = narrated(tone, command, ENCODINGS[name])
        assert got == code, (command, err)
        said = (out + err).decode("ascii" if name == "C" else name)
        assert "Traceback" not in said
        assert "fault of narrate" not in said
        if "--json" in command:
            assert out.isascii()
            json.loads(out)
    assert (tone.out / "segments" / "größe__über-den-fluß-gehen-3d83.wav").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no such file names")
@pytest.mark.parametrize("name", ENCODINGS)
def test_a_file_name_that_is_not_utf_8_is_shown_with_escapes(tone: Narrate, name: str) -> None:
    folder = tone.folder / os.fsdecode(b"d\xe4r")
    folder.mkdir()
    script = folder / os.fsdecode(b"l\xe4tin.md")
    script.write_text(TEXT)
    for command in ("run", "run --json", "status", "plan", "run --frozen"):
        done = subprocess.run(
            [sys.executable, "-m", "narrate", *command.split(), script],
            cwd=tone.folder,
            env=os.environ | tone.env | ENCODINGS[name],
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        if "--json" in command:
            manifest = json.loads(done.stdout)["manifest"]
            assert os.fsencode(manifest) == os.fsencode(folder / "build/narration/manifest.json")
