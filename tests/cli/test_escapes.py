"""Nothing that narrate prints steers a terminal: what stands in scripts, settings, archives and
names is shown.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import narrate as package
from narrate import archive
from narrate.base import terminal
from narrate.base.text import SPACES
from narrate.cache import Store
from narrate.request import canonical_json
from support.project import Narrate, Ran

EVIL = "\x1b]0;evil\x07\x1b[31m\x9b2J\u202etxt.exe\u2066\x85\u2028[red]" + (
    "\udcff" if sys.platform == "linux" else ""
)
"""An operating system command, a colour, a C1 sequence, bidi overrides, line breaks, rich's markup,
a broken byte.
"""

SAID = (
    EVIL.replace("\udcff", "")
    .replace("\x1b", "")
    .replace("\x07", "")
    .replace("\x9b", "")
    .replace("\x85", "")
)
"""What of it a script may hold."""

NAME = EVIL + "\n\r\b"


def raw(text: str) -> set[str]:
    """The characters of a printed text that a terminal would obey."""
    return {char for char in text if not (char.isprintable() or char in "\n" + SPACES)}


def plant(narrate: Narrate) -> None:
    """A project with escapes in every field that takes them."""
    voices = {"v" + SAID: {"instruct": SAID, "speaker": "Ryan"}}
    segments = [
        {"text": f"Rows {SAID} meet columns."},
        {"id": "two", "text": "And more.", "say": f"And {SAID} more."},
        {"id": "three", "audio": SAID + ".wav"},
    ]
    document = {
        "title": SAID,
        "voices": voices,
        "scenes": [{"title": SAID, "budget": 0.1, "segments": segments}],
    }
    narrate.write("script.json", document)
    narrate.write(NAME + ".json", document)
    narrate.write("texts/" + NAME + ".txt", f"Rows {SAID} meet columns.")
    narrate.write("bad.json", json.dumps({"segments": [{"id": EVIL, "text": "x"}], EVIL: EVIL}))
    narrate.write("bad.yaml", f"segments: [{{text: 'a {SAID}', 'what {SAID}': 1}}]\n")
    narrate.write("bad.md", f"---\n{SAID}: {SAID}\n---\nText.\n")
    narrate.write("evil/narrate.toml", f'out = "{escaped(EVIL)}"\nlanguage = "{escaped(EVIL)}"\n')
    narrate.write("evil/script.json", [{"text": "Rows."}])
    for number, line in enumerate(
        ('engine = "{}"', 'model = "{}"', '"{}" = 1', 'qa = "{}"', 'engine_python = "./{}"')
    ):
        narrate.write(f"evil{number}/narrate.toml", line.format(escaped(EVIL)) + "\n")
        narrate.write(f"evil{number}/script.json", [{"text": "Rows."}])
    narrate.write("evil5/narrate.toml", f"x = {EVIL.encode('utf-8', 'surrogateescape')!r}\n")
    narrate.write("evil5/script.json", [{"text": "Rows."}])
    for name in (SAID, "ref" + NAME.strip()):
        soundfile.write(narrate.folder / "x.wav", np.sin(np.arange(96_000) / 9) * 0.3, 24_000)
        (narrate.folder / "x.wav").rename(narrate.folder / f"{name}.wav")
    narrate.write("ref" + NAME.strip() + ".txt", f"What {SAID} it says.")
    narrate.write("junk.zip", b"PK\x03\x04" + EVIL.encode("utf-8", "surrogateescape"))
    pack(narrate.folder / "clips.zip", narrate.root / "store")


def escaped(text: str) -> str:
    """Text inside of a TOML string."""
    return json.dumps(text.replace("\udcff", ""))[1:-1]


def pack(path: Path, root: Path) -> None:
    """An archive whose clips claim to be of odd engines and texts."""
    request = {
        "engine": EVIL.replace("\udcff", ""),
        "text": EVIL.replace("\udcff", ""),
        "schema": 1,
    }
    recording = {"recording": "x", "schema": 1}
    with Store(root) as store:
        for form, origin in ((request, {}), (recording, {"recording": EVIL.replace("\udcff", "")})):
            store.put(canonical_json(form), bytes(range(200)) * 40, 24_000, origin)
        archive.export(store.entries(), store, path)


COMMANDS: list[list[str]] = [
    ["plan"],
    ["run"],
    ["run", "-v", "--json", "--force"],
    ["status"],
    ["why"],
    ["why", "two", "--json"],
    ["run", "-o", NAME],
    ["run", "-o", NAME],
    ["run", NAME + ".json", "-o", "other"],
    ["run", "script.json", "-o", NAME + "2", "--format", "flac"],
    ["run", "texts"],
    ["run", "bad.json"],
    ["run", "bad.yaml"],
    ["run", "bad.md"],
    ["run", "script.json", "--only", EVIL],
    ["run", "script.json", "--force", EVIL],
    ["run", "script.json", "--engine", EVIL],
    ["run", "script.json", "--events", f"{NAME}/{NAME}"],
    ["run", "--show-config", "--format", EVIL],
    ["run", f"--{EVIL}"],
    [EVIL],
    ["-C", EVIL, "run"],
    ["run", EVIL],
    ["why", EVIL],
    ["run", "-C", "evil", "--show-config"],
    ["run", "-C", "evil"],
    *(["run", "-C", f"evil{number}"] for number in range(6)),
    *(["run", "-C", f"evil{number}", "--show-config"] for number in range(2)),
    ["cache", "import", "clips.zip"],
    ["cache", "import", "junk.zip"],
    ["cache", "import", EVIL],
    ["cache", "ls"],
    ["cache", "ls", "--json"],
    ["cache", "dir", "--cache-dir", NAME],
    ["cache", "stats", "--cache-dir", NAME],
    ["cache", "export", NAME],
    ["cache", "prune", "--max-size", EVIL],
    ["clone", "--ref", "ref" + NAME.strip() + ".wav", "--anyway", "--no-say"],
    [
        "clone",
        "--ref",
        "ref" + NAME.strip() + ".wav",
        "--anyway",
        "--no-say",
        "--name",
        "me",
        "-o",
        NAME,
    ],
    ["clone", "--ref", "ref" + NAME.strip() + ".wav", "--json", "--transcript", EVIL],
    ["clone", "--ref", "ref" + NAME.strip() + ".wav", "--name", EVIL],
    ["engines", "list"],
    ["engines", "install", EVIL],
    ["models", "path", EVIL],
    ["models", "list"],
    ["init", NAME],
]


def encoded(argument: str) -> bytes:
    return os.fsencode(argument)


def run(narrate: Narrate, command: list[str]) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "narrate", *map(encoded, command)],
        cwd=narrate.folder,
        env=os.environ | narrate.env | {"PYTHONPATH": str(narrate.root / "plugins")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    return Ran(
        done.returncode,
        done.stdout.decode(errors="surrogateescape"),
        done.stderr.decode(errors="replace"),
    )


def plugin(root: Path) -> None:
    """A package that brings an engine with an odd name."""
    info = root / "plugins" / "odd-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[narrate.engines]\nodd\x1b[31m\u202e = odd\x1b[31m\n")


def test_nothing_that_a_terminal_obeys_is_printed(tone: Narrate) -> None:
    plant(tone)
    plugin(tone.root)
    found: dict[str, str] = {}
    for command in COMMANDS:
        ran = run(tone, command)
        if bad := raw(ran.out + ran.err):
            found[str(command)] = f"prints {bad}"
        if "Traceback" in ran.err or "fault of narrate" in ran.err:
            found[str(command)] = ran.err
    assert found == {}


def test_a_line_cannot_pose_as_several(tone: Narrate) -> None:
    tone.write("script.json", [{"text": "Rows."}])
    ran = tone("run", "script.json", "-o", "out\nerror: none\n")
    assert ran.code == 0
    assert not any(line.startswith("error:") for line in (ran.out + ran.err).splitlines())


def test_json_says_the_same_as_before_it_was_escaped() -> None:
    document = {"text": EVIL, EVIL: ["é", "\U0001f600", "\x7f"]}
    printed = terminal.as_json(document)
    assert printed.isascii()
    assert not raw(printed)
    assert json.loads(printed) == document


def prints(path: Path) -> Iterator[str]:
    """The calls of a module that print something by themselves."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("print", "typer.echo", "typer.secho", "Console") or called.endswith(
                ("stdout.write", "stderr.write", "stdout.buffer.write", "stderr.buffer.write")
            ):
                yield f"{path.name}:{node.lineno}: {called}"


@pytest.mark.parametrize(
    "path", sorted(Path(package.__file__).parent.rglob("*.py")), ids=lambda path: path.stem
)
def test_whatever_is_printed_passes_one_gate(path: Path) -> None:
    own = {
        # What it draws is printed by the gate.
        "bench.py": ["Console"],
        # A program of its own, whose lines its parent reads.
        "hub.py": ["sys.stdout.write"],
        # What it prints was printed by the gate before.
        "__main__.py": ["sys.stdout.write", "sys.stderr.write"],
        "terminal.py": ["sys.stdout.write", "sys.stderr.write"],
    }
    called = {each.rpartition(" ")[2] for each in prints(path)}
    assert called <= set(own.get(path.name, [])), list(prints(path))
