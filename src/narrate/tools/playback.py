"""Sounds on their way out, in order, while the next ones are made."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol

from narrate.base import terminal
from narrate.sound import wav

WAIT_SECONDS = 0.1
"""The longest wait at once, as the main thread runs no signal handler while it waits."""

STOP_SECONDS = 1.0
"""How long outlets may take to stop."""

Pcm = bytes | memoryview


class Outlet(Protocol):
    """Where sounds go: PCM_16 mono samples and their rate in Hz."""

    @property
    def is_seamless(self) -> bool:
        """Whether nothing is heard between two sounds."""

    def put(self, pcm: Pcm, rate: int) -> None:
        """Take a sound, and return when the next one may come."""

    def finish(self) -> None:
        """Return when all sounds are out."""

    def stop(self) -> None:
        """Give up the sound that is being taken; for any thread."""


class Stdout:
    """Standard output as one WAV file, which does not say its length if it is a `stream`."""

    is_seamless = True

    def __init__(self, stream: bool) -> None:
        self._stream, self._begun = stream, False

    def put(self, pcm: Pcm, rate: int) -> None:
        """Write a sound; all have the rate of the first. Raises StdoutLost."""
        if not self._begun:
            samples = len(pcm) // wav.SAMPLE_BYTES
            terminal.write_bytes(wav.endless(rate) if self._stream else wav.header(samples, rate))
            self._begun = True
        terminal.write_bytes(pcm)

    def finish(self) -> None:
        """There is nothing to wait for."""

    def stop(self) -> None:
        """There is nothing to give up."""


class Playback(threading.Thread):
    """Hands sounds to outlets, one after the other, in a thread of its own.

    As a context manager, it begins at once, and an exception stops it at once.
    """

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        super().__init__(daemon=True)
        self._outlets = outlets
        self._sounds: SimpleQueue[tuple[Pcm, int] | None] = SimpleQueue()
        self._stopped = False
        # Not `join`: in Python 3.11, one that a signal interrupts takes the thread for ended.
        self._ended = threading.Event()
        self._error: Exception | None = None

    def add(self, pcm: Pcm, rate: int) -> None:
        """Have a sound handed on after those before it; return at once."""
        self._sounds.put((pcm, rate))

    def finish(self) -> None:
        """Wait until all sounds are out. Raises what an outlet raised."""
        self._sounds.put(None)
        while not self._ended.wait(WAIT_SECONDS):
            pass
        if self._error:
            raise self._error

    def run(self) -> None:
        """Hand on what comes, until `finish`, an error or a stop."""
        try:
            self._hand_on()
        except Exception as error:
            self._error = error
        finally:
            self._ended.set()

    def _hand_on(self) -> None:
        try:
            while not self._stopped and (sound := self._sounds.get()):
                for outlet in self._outlets:
                    outlet.put(*sound)
        finally:
            for outlet in self._outlets:
                outlet.finish()

    def __enter__(self) -> Playback:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped = True
        for outlet in self._outlets:
            outlet.stop()
        self._sounds.put(None)
        # Standard output may be a pipe that nobody reads.
        self._ended.wait(STOP_SECONDS)
