"""A listener: one thread with an examiner, which checks what the lanes have had spoken."""

from __future__ import annotations

import threading

from narrate.hearing.examiner import Ended
from narrate.synthesis.executor import Broken, Unspoken, Work
from narrate.synthesis.lane import Desk
from narrate.synthesis.task import Sound, Task


class Listener(threading.Thread):
    """Takes sounds from a desk, and puts there whether they are accepted."""

    def __init__(self, work: Work, desk: Desk) -> None:
        super().__init__(daemon=True)
        self._gate, self._desk = work.gate, desk
        self._examiner = work.gate.examiner()

    def kill(self) -> None:
        """End the examiner at once; for any thread, and for signal handlers."""
        self._examiner.terminate()

    def run(self) -> None:
        """Listen until the desk says that there will be no more."""
        try:
            while heard := self._desk.sounds.get():
                self._listen(*heard)
        finally:
            self._examiner.close()

    def _listen(self, task: Task, sound: Sound) -> None:
        try:
            self._desk.results.put(self._gate.accept(task, sound, self._examiner))
        except Ended:
            self._desk.results.put(Unspoken([task]))
        except BaseException as error:
            self._desk.stopping = True
            self._desk.results.put(Broken(error))
            self._desk.results.put(Unspoken([task]))
