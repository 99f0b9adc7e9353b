"""Listening beside speaking: the engine goes on, and what is stopped ends at once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.engines.base import Job, Synthesis
from narrate.hearing.examiner import Ended
from narrate.synthesis import local
from narrate.synthesis.executor import AHEAD
from support.listening import GOOD, Run, hum


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(tmp_path, monkeypatch)


def numbered(count: int) -> list[str]:
    return [f"Line number {number}." for number in range(count)]


def test_an_engine_goes_on_while_a_clip_is_listened_to_but_not_without_end(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "UNHEARD", 4)
    most = 4 + AHEAD + 2
    spoken, ahead = threading.Condition(), []

    def say(job: Job) -> Synthesis:
        with spoken:
            spoken.notify_all()
        return hum(job)

    def hear(sound: Synthesis, expected: Expected) -> Findings:
        if len(run.heard) == 1:
            with spoken:
                spoken.wait_for(lambda: len(run.jobs) > 4, 20)
            # Time to speak all the others, if nothing held the engine.
            time.sleep(0.4)
            ahead.append(len(run.jobs) - 1)
        return GOOD

    run.say, run.hear = say, hear
    assert len(run(*numbered(14)).clips) == 14
    assert 4 <= ahead[0] <= most


def test_what_other_runs_may_speak_is_not_claimed_by_a_lane_that_is_busy(run: Run) -> None:
    claimed: list[int] = []
    held = threading.Event()
    forms = [miss.utterance.canonical for miss in run.plan(*numbered(12)).misses]
    really_claim, all_claims = run.store.claim, set[bytes]()

    def claim(canonical: bytes) -> bool:
        all_claims.add(canonical)
        return really_claim(canonical)

    def say(job: Job) -> Synthesis:
        if len(run.jobs) == 1:
            held.wait(0.3)
            claimed.append(len(all_claims))
        return hum(job)

    run.store.claim = claim  # type: ignore[method-assign]
    run.say = say
    run(*numbered(12))
    assert claimed[0] <= AHEAD + 1 < len(forms)


def test_an_examiner_that_was_ended_hands_its_clip_back(run: Run) -> None:
    def hear(sound: Synthesis, expected: Expected) -> Findings:
        raise Ended

    run.hear = hear
    outcome = run("One line.")
    assert (outcome.clips, outcome.failures) == ({}, {})
    assert run.kinds("s1") == []
