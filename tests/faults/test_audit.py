"""A whole run under an audit hook: no network, no pickle, no program but the worker, no file
changed elsewhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from support import auditing
from support.harness import Figures
from support.project import Narrate, identities, lines

REFERENCE = Path(__file__).parents[2] / "examples" / "voice_ref"
RULES = ("sockets", "pickles", "programs", "outside")
FORMATS = ("wav", "flac", "mp3", "ogg", "opus")
TEXTS = (
    "A line to be spoken.",
    "And another one, with a pause [pause:0.3s] inside.",
    "The last one.",
)


class Audited(Narrate):
    """The command, with the hook in every process of it."""

    def __init__(self, root: Path, **env: str) -> None:
        super().__init__(root, **env)
        self.log, self.temporary = root / "audit.log", root / "tmp"
        site = root / "site"
        site.mkdir()
        self.temporary.mkdir()
        shutil.copy(auditing.__file__, site / "sitecustomize.py")
        self.env |= {
            "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]),
            # The interpreter's own cache of modules is not narrate's doing.
            "PYTHONDONTWRITEBYTECODE": "1",
            "AUDIT_LOG": str(self.log),
            "AUDIT_WRITABLE": os.pathsep.join(
                map(str, (self.out.parent, self.cache, self.temporary))
            ),
            "TMPDIR": str(self.temporary),
            "HOME": str(root / "home"),
            "XDG_CACHE_HOME": str(root / "xdg"),
            # Libraries that report to their makers are silent where they see that they are tested.
            "CI": "",
            "GITHUB_ACTIONS": "",
        }

    @property
    def events(self) -> list[dict[str, Any]]:
        return (
            [json.loads(line) for line in self.log.read_text().splitlines()]
            if self.log.exists()
            else []
        )

    def broken(self, rule: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["broken"] == rule]

    def elsewhere(self) -> dict[str, tuple[int, int]]:
        """Every file but those that a run may leave or change."""
        ours = {"build", "cache", "audit.log"}
        return {
            name: what
            for name, what in identities(self.root).items()
            if not ours & set(Path(name).parts)
        }


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return Audited(tmp_path)


def write_cloned(narrate: Narrate) -> None:
    """A script with a cloned voice, whose recording is short and has its transcript beside it."""
    sound, rate = soundfile.read(REFERENCE / "ref.wav")
    (narrate.folder / "voices").mkdir()
    soundfile.write(narrate.folder / "voices" / "me.wav", sound[: 2 * rate], rate)
    shutil.copy(REFERENCE / "ref.txt", narrate.folder / "voices" / "me.txt")
    script = {"voices": {"me": {"ref": "voices/me.wav"}}, "segments": lines(*TEXTS, voice="me")}
    narrate.write("cloned.json", script)


def invocations(formats: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Runs from nothing, from the cache, with nothing to do, with a cloned voice, and in each
    format.
    """
    for engine in ("tone", "hibari"):
        for again in (("-f",), ("--fps", "25"), ("--fps", "25")):
            yield "run", "script.json", "--engine", engine, *again
    for _ in range(2):
        yield "run", "cloned.json", "--engine", "tone"
    for name in formats:
        yield "run", "script.json", "--engine", "tone", "--format", name
    yield "plan", "script.json", "--engine", "tone"
    yield "cache", "verify"


@pytest.mark.slow
def test_a_run_opens_no_socket_loads_no_pickle_and_changes_no_file_elsewhere(
    audited: Audited, figures: Figures
) -> None:
    audited.write("script.json", lines(*TEXTS))
    write_cloned(audited)
    told = invocations(FORMATS[: figures.size(2, len(FORMATS))])
    ran = [(arguments, audited(*arguments)) for arguments in told]
    broken = {rule: audited.broken(rule) for rule in RULES}
    counts = {rule: len(events) for rule, events in broken.items()}
    figures.report("audit", runs=len(ran), events=len(audited.events), **counts)
    assert broken == {rule: [] for rule in RULES}
    assert [(arguments, each.err) for arguments, each in ran if each.code] == []
    assert {event["role"] for event in audited.events} == {"parent", "worker"}


@pytest.mark.parametrize("engine", ["tone", "hibari"])
def test_native_code_which_calls_no_hook_leaves_no_file_elsewhere_either(
    audited: Audited, engine: str
) -> None:
    audited.write("script.json", lines(*TEXTS))
    before = audited.elsewhere()
    audited.run("--engine", engine, "--format", "flac")
    assert audited.elsewhere() == before


VIOLATIONS = [
    ("sockets", "import socket; socket.socket().connect(('127.0.0.1', 9))"),
    ("sockets", "import socket; socket.socket().bind(('127.0.0.1', 0))"),
    ("sockets", "import socket; socket.getaddrinfo('localhost', 80)"),
    ("sockets", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9')"),
    ("pickles", "import pickle; pickle.loads(b'cos\\nsystem\\n.')"),
    ("programs", "import os; os.system('true')"),
    ("programs", "import subprocess; subprocess.run(['true'])"),
    ("programs", "import subprocess; subprocess.run('true', shell=True)"),
    ("programs", "import os; os.posix_spawn('/bin/true', ['true'], {})"),
    ("outside", "open('../outside', 'w')"),
    ("outside", "open('script.json', 'r+')"),
    ("outside", "import os; os.open('../outside', os.O_RDWR | os.O_CREAT)"),
    ("outside", "open('build/link/outside', 'w')"),
    ("outside", "import os; os.rename('build/mine', 'mine')"),
    ("outside", "import os; os.replace('script.json', 'build/script.json')"),
    ("outside", "import os; os.remove('script.json')"),
    ("outside", "import os; os.remove('script.json', dir_fd=os.open('.', os.O_RDONLY))"),
    ("outside", "import os; os.mkdir('folder')"),
    ("outside", "import os; os.link('build/mine', 'mine')"),
    ("outside", "import os; os.symlink('build', 'mine')"),
    ("outside", "import os; os.utime('script.json')"),
    ("outside", "import os; os.truncate('script.json', 0)"),
    ("outside", "import shutil; shutil.rmtree('build/link/')"),
]


def test_the_hook_sees_each_violation(audited: Audited) -> None:
    audited.write("script.json", "[]")
    audited.write("build/mine", "")
    os.symlink("..", audited.folder / "build" / "link")
    before = identities(audited.folder)
    for rule, code in VIOLATIONS:
        audited.log.unlink(missing_ok=True)
        assert "Forbidden" in python(audited, code), code
        assert [event["broken"] for event in audited.events if event["broken"]] == [rule], code
    assert identities(audited.folder) == before


def test_the_hook_lets_pass_what_is_allowed(audited: Audited) -> None:
    allowed = (
        "import os; open('script.json'); os.mkdir('build'); "
        "open('build/x', 'w'); open(os.devnull, 'w')"
    )
    audited.write("script.json", "[]")
    assert python(audited, allowed) == ""
    assert [event["broken"] for event in audited.events if event["broken"]] == []
    assert len(audited.events) >= 4


def python(audited: Audited, code: str) -> str:
    """What a program under the hook says on stderr."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(
        command, cwd=audited.folder, env=os.environ | audited.env, capture_output=True, text=True
    ).stderr
