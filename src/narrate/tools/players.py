"""The programs of this machine that play a WAV file, or one that is still being written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import NamedTuple

from narrate.base.files.durable import write_all
from narrate.base.text import shortened
from narrate.errors import EnvironmentProblem
from narrate.sound import wav


class Program(NamedTuple):
    """A program, the arguments before the file, and whether it plays `-`, its standard input."""

    name: str
    arguments: tuple[str, ...]
    takes_stdin: bool


PROGRAMS = (
    Program("ffplay", ("-autoexit", "-nodisp", "-loglevel", "error"), takes_stdin=True),
    Program("afplay", (), takes_stdin=False),
    Program("aplay", ("-q",), takes_stdin=True),
)
"""The best first. ffplay and aplay know WAV by its header, so no rate need be named."""

COMPLAINT_CHARS = 300


class Player:
    """A program that plays sounds: each from a file or, as a `stream` where the program can, all
    through its standard input, so that nothing is heard between them.
    """

    def __init__(self, program: Program, path: str, *, stream: bool) -> None:
        self._program = program
        self._command = (path, *program.arguments)
        self.is_seamless = stream and program.takes_stdin
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def put(self, pcm: bytes | memoryview, rate: int) -> None:
        """Play a sound, to its end unless it is a stream. Raises EnvironmentProblem if the program
        fails.
        """
        if self.is_seamless:
            self._pour(pcm, rate)
        else:
            self._play(pcm, rate)

    def finish(self) -> None:
        """Play to its end what is in the stream. Raises as `put` does."""
        if self._process:
            self._wait(self._process)

    def stop(self) -> None:
        """End what is being played, and play nothing more; for any thread."""
        # `_start` sets `_process` before it reads `_stopped`, so a program that is just starting is
        # ended by one of the two.
        self._stopped = True
        if process := self._process:
            process.kill()

    def _play(self, pcm: bytes | memoryview, rate: int) -> None:
        with TemporaryDirectory() as temp:
            path = Path(temp, "line.wav")
            with path.open("wb") as file:
                file.write(wav.header(len(pcm) // wav.SAMPLE_BYTES, rate))
                file.write(pcm)
            self._wait(self._start(str(path), subprocess.DEVNULL))

    def _pour(self, pcm: bytes | memoryview, rate: int) -> None:
        process = self._process
        head = b"" if process else wav.endless(rate)
        process = process or self._start("-", subprocess.PIPE)
        assert process.stdin
        try:
            write_all(process.stdin.write, head)
            write_all(process.stdin.write, pcm)
        except BrokenPipeError:
            self._wait(process, "it ended too early")

    def _start(self, file: str, stdin: int) -> subprocess.Popen[bytes]:
        # A file, as a pipe that is not read would make the program wait.
        self._stderr = TemporaryFile()  # noqa: SIM115
        self._process = process = subprocess.Popen(
            [*self._command, file],
            bufsize=0,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
        )
        if self._stopped:
            process.kill()
        return process

    def _wait(self, process: subprocess.Popen[bytes], failed: str = "") -> None:
        """Wait until a program ends; it has `failed` if this or its exit code says so."""
        if process.stdin:
            process.stdin.close()
        code = process.wait()
        self._process = None
        with self._stderr:
            self._stderr.seek(0)
            said = " ".join(self._stderr.read().decode(errors="replace").split())
        if code:
            failed = f"exit code {code}" if code > 0 else f"killed by signal {-code}"
        if failed and not self._stopped:
            raise EnvironmentProblem(
                f"it could not play the sound ({failed})"
                + (f": {shortened(said, COMPLAINT_CHARS)}" if said else ""),
                where=self._program.name,
                hint="check the sound of this machine, or write a file with -o FILE",
            )


def find(*, stream: bool) -> Player:
    """The best player of this machine. Raises EnvironmentProblem if there is none."""
    for program in PROGRAMS:
        if path := shutil.which(program.name):
            return Player(program, path, stream=stream)
    names = ", ".join(each.name for each in PROGRAMS)
    hint = f"write it to a file with -o FILE, or install one of: {names}"
    raise EnvironmentProblem("no program that plays audio was found", hint=hint)
