"""FIFOs and endless files where narrate looks for files of its own or of a person: no command
waits, none fills up.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from support.project import Narrate, Ran

SECONDS = 20


class Place(NamedTuple):
    """Where something lies in the way, the commands that come by, and the exit codes that they may
    have.
    """

    name: str
    path: Callable[[Narrate], Path]
    commands: list[list[str]]
    codes: tuple[int, ...]


def in_project(name: str) -> Callable[[Narrate], Path]:
    return lambda narrate: narrate.folder / name


def in_cache(pattern: str) -> Callable[[Narrate], Path]:
    """The first file of the cache that fits a pattern, else what has that name."""
    return lambda narrate: next(iter(sorted(narrate.cache.glob(pattern))), narrate.cache / pattern)


def in_data(name: str) -> Callable[[Narrate], Path]:
    return lambda narrate: narrate.root / "data" / name


RUN = ["run", "script.json", "--no-progress"]
LOAD = [
    "-c",
    "import narrate, sys\n"
    "try: narrate.load('x')\n"
    "except narrate.errors.NarrateError as e: sys.exit(str(e))",
]
HUB = "hub/models--Qwen--Qwen3-TTS-12Hz-1.7B-Base"
NEEDED = ["clone", "--ref", "ref.wav", "--no-say", "--anyway", "--name", "me"]

PLACES = [
    Place(
        "run.json", in_project("build/narration/run.json"), [RUN, ["why"], ["status"]], (0, 2, 6)
    ),
    Place("narration", in_project("build/narration/narration.wav"), [RUN], (0, 2, 6)),
    Place("the script", in_project("script.json"), [RUN, ["plan"], ["why"]], (2,)),
    Place("a script folder", in_project("texts/one.txt"), [["run", "texts"]], (2,)),
    Place("a recording", in_project("line.wav"), [["plan", "recorded.json"]], (2,)),
    Place("a reference", in_project("ref.wav"), [["plan", "cloned.json"], NEEDED], (2,)),
    Place("a transcript", in_project("ref.txt"), [["plan", "cloned.json"]], (2,)),
    Place("a named transcript", in_project("said"), [[*NEEDED, "--transcript", "said"]], (2,)),
    Place("voice.toml", in_project("voices/me/voice.toml"), [NEEDED], (0, 2, 6)),
    Place("ref.wav of a voice", in_project("voices/me/ref.wav"), [NEEDED], (0, 2, 6)),
    Place("an archive", in_project("clips.zip"), [["cache", "import", "clips.zip"]], (2,)),
    Place("-C", in_project("there"), [["run", "-C", "there"], ["-C", "there", "run"]], (2,)),
    Place("a manifest", in_project("x"), [LOAD], (1,)),
    Place("claims", in_cache("claims"), [["run", "new.json"]], (0, 6)),
    Place(
        "an entry",
        in_cache("v1/*/*.wav"),
        [RUN, ["cache", "ls"], ["cache", "export", "all.zip"]],
        (0,),
    ),
    Place("an entry, verified", in_cache("v1/*/*.wav"), [["cache", "verify"]], (0, 4)),
    Place("kept readings", in_cache("readings/*"), [["plan"], [*RUN, "--force"]], (0,)),
    Place("a day of uses", in_cache("uses/*"), [["cache", "stats"], RUN], (0,)),
    Place("a past day of uses", in_cache("uses/2026-01-01"), [["cache", "stats"]], (0,)),
    Place("a marker", in_data("engines/torch/complete.json"), [["engines", "list"]], (0,)),
    Place("a lock", in_data("engines/torch.lock"), [["engines", "remove", "torch"]], (0, 6)),
    Place("a hub reference", in_data(f"{HUB}/refs/main"), [["models", "list"]], (0,)),
    Place(
        "weights' index",
        in_data(f"{HUB}/snapshots/x/model.safetensors.index.json"),
        [["models", "list"]],
        (0,),
    ),
    Place(
        "a model",
        in_project("model/config.json"),
        [["plan", "--engine", "mlx", "--model", "model"]],
        (0, 2, 6),
    ),
]


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def own_places(narrate: Narrate) -> dict[str, str]:
    return {
        "NARRATE_DATA_DIR": str(narrate.root / "data"),
        "HF_HUB_CACHE": str(narrate.root / "data" / "hub"),
    }


def prepare(narrate: Narrate) -> None:
    """A project that was narrated once, with all that the commands need."""
    narrate.env |= own_places(narrate)
    narrate.write("script.json", {"segments": [{"id": "s1", "text": "Rows meet columns."}]})
    narrate.write("new.json", {"segments": [{"id": "s1", "text": "Never said before."}]})
    narrate.write("recorded.json", {"segments": [{"id": "s1", "audio": "line.wav"}]})
    voices = {"me": {"ref": "ref.wav"}}
    narrate.write(
        "cloned.json",
        {"voices": voices, "segments": [{"id": "s1", "text": "Rows.", "voice": "me"}]},
    )
    narrate.write("texts/one.txt", "Rows meet columns.")
    narrate.write("ref.txt", "What it says.")
    narrate.write("model/config.json", {})
    for name in (f"{HUB}/refs/main", f"{HUB}/snapshots/x/config.json"):
        path = narrate.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    for name in ("line.wav", "ref.wav"):
        soundfile.write(narrate.folder / name, np.sin(np.arange(96_000) / 9) * 0.3, 24_000)
    narrate.run()


def at(
    narrate: Narrate, place: Place, make: Callable[[Path], None]
) -> Iterator[tuple[list[str], Ran | None]]:
    """Put something in a place, and run the commands that come by; None for one that had to be
    ended.
    """
    for command in place.commands:
        path = place.path(narrate)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        make(path)
        for stamp in (narrate.cache / "stamps").glob("*"):
            stamp.unlink()
        yield command, within(narrate, command)


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32))
os.execv(sys.argv[1], sys.argv[1:])
"""


def within(narrate: Narrate, command: list[str], seconds: float = SECONDS) -> Ran | None:
    """How a command ended; None if it had to be ended. Of memory it gets 4 GiB."""
    program = [] if command[0] == "-c" else ["-m", "narrate"]
    try:
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, sys.executable, *program, *command],
            cwd=narrate.folder,
            env=os.environ | narrate.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return None
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("make", [fifo, endless])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name.replace(" ", "-"))
def test_no_command_waits_for_what_is_no_file(
    tone: Narrate, place: Place, make: Callable[[Path], None]
) -> None:
    prepare(tone)
    for command, ran in at(tone, place, make):
        assert ran is not None, f"{command} hangs"
        assert "Traceback" not in ran.err, ran.err
        assert "fault of narrate" not in ran.err
        assert ran.code in place.codes, (command, ran)


def test_an_event_log_that_nobody_reads_is_refused_in_words(tone: Narrate) -> None:
    prepare(tone)
    os.mkfifo(tone.folder / "log")
    ran = within(tone, [*RUN, "--events", "log"])
    assert ran is not None
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "error: log: the event log cannot be written (nobody reads from it)",
    )


def test_an_event_log_may_be_a_fifo_that_is_read(tone: Narrate) -> None:
    prepare(tone)
    os.mkfifo(tone.folder / "log")
    with subprocess.Popen(["cat", tone.folder / "log"], stdout=subprocess.PIPE) as reader:
        ran = within(tone, ["run", "new.json", "--events", "log"])
        assert ran is not None
        assert reader.communicate()[0].count(b'"spoken"') == 1
    assert ran.code == 0


def test_a_large_transcript_is_refused(tone: Narrate) -> None:
    prepare(tone)
    tone.write("ref.txt", "word " * 1_000_000)
    ran = tone("plan", "cloned.json")
    assert ran.code == 2
    assert "is larger than" in ran.err
