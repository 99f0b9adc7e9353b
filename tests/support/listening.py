"""Runs whose engine and examiner are functions of the test, so that the flow between them can be
seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from narrate import script as scripts
from narrate.base.events import Event
from narrate.cache import Store
from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.checks.words import Words
from narrate.config import CheckSettings, Settings
from narrate.engines import tone
from narrate.engines.base import Job, Reference, Synthesis
from narrate.hearing import choice
from narrate.hearing.choice import Source
from narrate.planning import planner
from narrate.planning.plan import Plan
from narrate.synthesis import accept, local
from narrate.synthesis.local import LocalExecutor
from narrate.synthesis.speak import Outcome, speak
from narrate.workers.client import Reply

GOOD = Findings(words=Words(checked="graph"))
BAD = Findings(words=Words(checked="graph", ratio=99.0))
WORDS = Settings(engine="tone", jobs=1, checks=CheckSettings(use="words"))


def hum(job: Job) -> Synthesis:
    """What the engine for tests says; its pitch is that of the seed."""
    [sound] = tone.Engine().synthesize([job], {})
    assert isinstance(sound, Synthesis)
    return sound


class Worker:
    """A worker that speaks with a function."""

    engine = "tone"

    def __init__(self, say: Callable[[Job], Synthesis]) -> None:
        self.versions: dict[str, str] = {}
        self.facts: dict[str, str] = {}
        self._say, self._jobs = say, deque[Job]()

    def wait_ready(self) -> None:
        """It is."""

    def send(self, jobs: Sequence[Job], voices: Mapping[str, Reference]) -> None:
        self._jobs += jobs

    def receive(self, seconds: float) -> Reply:
        return Reply(self._say(self._jobs.popleft()), 0.1, 1)

    def terminate(self) -> None:
        """There is no process."""

    def kill(self) -> None:
        """There is no process."""


class Run:
    """A script of lines that is spoken by `say` and listened to by `hear`; both can be changed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.store = folder, Store(folder / "cache")
        self.events: list[Event] = []
        self.jobs: list[Job] = []
        self.heard: list[str] = []
        self.examiners: list[Examiner] = []
        self.say: Callable[[Job], Synthesis] = hum
        self.hear: Callable[[Synthesis, Expected], Findings] = lambda sound, expected: GOOD
        monkeypatch.setattr(local, "Worker", lambda *_: Worker(self._say))
        monkeypatch.setattr(accept, "Examiner", lambda *_: Examiner(self))
        monkeypatch.setattr(choice, "find", lambda *_: Source("nowhere"))

    def _say(self, job: Job) -> Synthesis:
        self.jobs.append(job)
        return self.say(job)

    def plan(self, *texts: str, settings: Settings = WORDS) -> Plan:
        path = self.folder / "script.json"
        segments = [{"id": f"s{i}", "text": text} for i, text in enumerate(texts, 1)]
        path.write_bytes(msgspec.json.encode(segments))
        return planner.make(scripts.load(path), settings, self.store)

    def __call__(self, *texts: str, settings: Settings = WORDS) -> Outcome:
        """Speak what these lines miss; a segment that fails does not stop the others."""
        plan = self.plan(*texts, settings=settings)
        return speak(
            plan,
            plan.misses,
            settings,
            self.store,
            self.events.append,
            keep_going=True,
            prepare=lambda *_: None,
            start=lambda work: LocalExecutor(work, "python"),
        )

    def kinds(self, segment: str) -> list[str]:
        """What happened to a segment."""
        return [event.kind for event in self.events if event.segment == segment]


class Examiner:
    """Listens with the function of a run."""

    def __init__(self, run: Run) -> None:
        self._run, self.closed = run, False
        run.examiners.append(self)

    def examine(
        self, sound: Synthesis, expected: Expected, voice: str | None, checks: Sequence[str]
    ) -> Findings:
        self._run.heard.append(expected.text)
        return self._run.hear(sound, expected)

    def terminate(self) -> None:
        """There is no process."""

    def close(self) -> None:
        self.closed = True
