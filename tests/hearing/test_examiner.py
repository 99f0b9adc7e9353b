"""The process that listens: how it starts, answers, is lost and ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from narrate.checks.expected import Expected
from narrate.errors import EnvironmentProblem
from narrate.hearing import examiner as module
from narrate.hearing.choice import Source
from narrate.hearing.examiner import Ended, Examiner, Failed
from narrate.workers.process import Process
from support import speech
from support.processes import alive

TEXT = speech.LINES[1]
EXPECTED = Expected(TEXT, TEXT, "en")


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    made = Examiner(None, {})
    yield made
    made.close()


def pid_of(examiner: Examiner) -> int:
    assert examiner._process
    return examiner._process._popen.pid


def test_it_measures_what_is_said_and_is_started_again_when_it_dies(examiner: Examiner) -> None:
    sound = speech.spoken(TEXT)
    found = examiner.examine(sound, EXPECTED, None, ["words", "speaker"])
    assert found.words
    assert found.words.differences == ()
    assert found.speaker
    first = pid_of(examiner)
    assert examiner._process
    examiner._process.terminate()
    with pytest.raises(Failed, match="SIGKILL"):
        examiner.examine(sound, EXPECTED, None, ["words"])
    other = Expected(speech.LINES[5], speech.LINES[5], "en")
    again = examiner.examine(sound, other, None, ["words"])
    assert again.words
    assert again.words.differences
    second = pid_of(examiner)
    assert second != first
    examiner.close()
    assert not alive(first)
    assert not alive(second)


def test_what_breaks_on_a_clip_says_why_and_goes_on(examiner: Examiner) -> None:
    sound = speech.spoken(TEXT)
    examiner._started().write({"examine": {}, "rate": 1})
    with pytest.raises(Failed, match="KeyError"):
        examiner._answer(examiner._started(), sound)
    first = pid_of(examiner)
    assert examiner.examine(sound, EXPECTED, None, ["speaker"]).speaker
    assert pid_of(examiner) == first


def test_a_recognizer_that_cannot_be_loaded_is_a_problem_of_this_machine() -> None:
    examiner = Examiner(Source("/nowhere/whisper"), {})
    with pytest.raises(EnvironmentProblem, match="what listens cannot be loaded") as raised:
        examiner.examine(speech.spoken(TEXT), EXPECTED, None, ["words"])
    assert raised.value.where == "/nowhere/whisper"
    assert "--asr-model" in raised.value.hint
    assert examiner._process is None


def test_one_that_was_ended_starts_no_other_process(examiner: Examiner) -> None:
    sound = speech.spoken(TEXT)
    examiner.examine(sound, EXPECTED, None, ["speaker"])
    pid = pid_of(examiner)
    examiner.terminate()
    with pytest.raises(Ended):
        examiner.examine(sound, EXPECTED, None, ["speaker"])
    examiner.close()
    assert not alive(pid)
    with pytest.raises(Ended):
        examiner.examine(sound, EXPECTED, None, ["speaker"])


def test_one_that_is_ended_while_it_starts_ends(
    examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Process] = []

    class Starting(Process):
        def __init__(self, *args: str) -> None:
            super().__init__(*args)
            started.append(self)
            examiner.terminate()

    monkeypatch.setattr(module, "Process", Starting)
    with pytest.raises(Ended):
        examiner.examine(speech.spoken(TEXT), EXPECTED, None, ["speaker"])
    assert not alive(started[0]._popen.pid)
