"""The programs of this machine that play a WAV file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from narrate.errors import EnvironmentProblem
from narrate.sound import wav

PLAYERS = (
    ("ffplay", "-autoexit", "-nodisp", "-loglevel", "error"),
    ("afplay",),
    ("aplay", "-q"),
)
"""Programs, the best first, and how they are called with a file."""

COMPLAINT_CHARS = 300


class Player:
    """Plays one sound after the other, each in a process of its own."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def put(self, pcm: bytes | memoryview, rate: int) -> None:
        """Play a sound to its end. Raises EnvironmentProblem if the program fails."""
        with TemporaryDirectory() as temp:
            path = Path(temp, "line.wav")
            with path.open("wb") as file:
                file.write(wav.header(len(pcm) // wav.SAMPLE_BYTES, rate))
                file.write(pcm)
            self._play(path)

    def stop(self) -> None:
        """End what is being played, and play nothing more; for any thread."""
        # `_play` sets `_process` before it reads `_stopped`, so a program that is just starting is
        # ended by one of the two.
        self._stopped = True
        if process := self._process:
            process.kill()

    def _play(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [*self._command, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        if self._stopped:
            self._process.kill()
        _, complaint = self._process.communicate()
        if self._process.returncode and not self._stopped:
            raise self._failed(self._process.returncode, complaint)

    def _failed(self, code: int, complaint: str) -> EnvironmentProblem:
        how = f"exit code {code}" if code > 0 else f"killed by signal {-code}"
        said = " ".join(complaint.split())[:COMPLAINT_CHARS]
        return EnvironmentProblem(
            f"it could not play the sound ({how})" + (f": {said}" if said else ""),
            where=Path(self._command[0]).name,
            hint="check the sound of this machine, or write a file with -o FILE",
        )


def find() -> Player:
    """The best player of this machine. Raises EnvironmentProblem if there is none."""
    for name, *arguments in PLAYERS:
        if program := shutil.which(name):
            return Player((program, *arguments))
    names = ", ".join(each[0] for each in PLAYERS)
    hint = f"write it to a file with -o FILE, or install one of: {names}"
    raise EnvironmentProblem("no program that plays audio was found", hint=hint)
