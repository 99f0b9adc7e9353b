"""What is refused, spoken again and stored, with an engine and an examiner that a test plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from narrate.checks import provenance
from narrate.checks.expected import Expected
from narrate.checks.findings import Findings
from narrate.checks.words import Words
from narrate.config import Settings
from narrate.engines import tone
from narrate.engines.base import Job, Synthesis
from narrate.errors import CheckError, EnvironmentProblem
from narrate.hearing.examiner import Failed
from narrate.store.entry import Clip
from support import speech
from support.listening import BAD, GOOD, WORDS, Run, hum


def changed(**fields: object) -> Settings:
    return msgspec.structs.replace(WORDS, **fields)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(tmp_path, monkeypatch)


def in_turn(run: Run, *findings: Findings) -> None:
    """Have the examiner find these, one after the other, then the last again and again."""
    left = list(findings)
    run.hear = lambda sound, expected: left.pop(0) if len(left) > 1 else left[0]


def attempt_of(clip: Clip) -> int:
    return provenance.of(clip.origin).attempt


def test_a_refused_sound_is_spoken_again_with_other_randomness(run: Run) -> None:
    in_turn(run, BAD, BAD, GOOD)
    outcome = run("One line.")
    [clip] = outcome.clips.values()
    assert [job.seed for job in run.jobs] == [0, 1, 2]
    assert (attempt_of(clip), outcome.attempts) == (3, 3)
    assert run.kinds("s1") == ["retry", "retry", "spoken"]
    assert [attempt_of(each) for each in run.store.refused(clip.canonical)] == [1, 2]
    assert provenance.of(clip.origin).findings == GOOD


def test_a_sound_that_is_refused_at_every_attempt_fails_its_segment(run: Run) -> None:
    run.hear = lambda sound, expected: BAD if expected.text.startswith("Bad") else GOOD
    outcome = run("Good one.", "Bad one.", settings=changed(max_retries=1))
    [error] = outcome.failures.values()
    assert isinstance(error, CheckError)
    assert error.where.startswith("segment s2 ")
    assert error.what.endswith("heard otherwise, in 2 attempts")
    assert len(outcome.clips) == 1
    assert len(run.plan("Good one.", "Bad one.").misses) == 1


def test_of_several_takes_the_best_is_stored_and_the_others_are_kept_apart(run: Run) -> None:
    ratios = iter((9.0, 2.0, 5.0))
    run.hear = lambda sound, expected: Findings(words=Words(ratio=next(ratios)))
    outcome = run("One line.", settings=changed(takes=3))
    [clip] = outcome.clips.values()
    assert attempt_of(clip) == 2
    assert [attempt_of(each) for each in run.store.refused(clip.canonical)] == [1, 3]
    assert run.kinds("s1") == ["spoken"]


def test_takes_that_pass_cost_no_retries_and_one_of_them_is_better_than_none(run: Run) -> None:
    in_turn(run, GOOD, GOOD, BAD, BAD, BAD)
    outcome = run("One line.", settings=changed(takes=3))
    [clip] = outcome.clips.values()
    assert [job.attempt for job in run.jobs] == [1, 2, 3, 4, 5]
    assert attempt_of(clip) in (1, 2)
    assert outcome.failures == {}


@pytest.mark.parametrize("fault", ["#silence", "#empty"])
def test_what_is_no_speech_is_not_listened_to(run: Run, fault: str) -> None:
    outcome = run(f"One line. {fault}")
    assert (len(outcome.failures), run.heard) == (1, [])


def test_without_checks_there_is_no_examiner(run: Run) -> None:
    assert len(run("One line.", settings=changed(qa="off")).clips) == 1
    assert run.examiners == []


def test_a_clip_that_breaks_its_examiner_twice_is_refused(run: Run) -> None:
    def hear(sound: Synthesis, expected: Expected) -> Findings:
        if expected.text.startswith("Bad"):
            raise Failed("it died")
        return GOOD

    run.hear = hear
    outcome = run("Good one.", "Bad one.", settings=changed(max_retries=0))
    [error] = outcome.failures.values()
    assert error.what == "it could not be checked (it died)"
    assert run.heard.count("Bad one.") == 2
    assert [attempt_of(each) for each in run.store.refused(next(iter(outcome.failures)))] == [1]
    assert [examiner.closed for examiner in run.examiners] == [True]


def test_a_clip_that_breaks_its_examiner_once_passes(run: Run) -> None:
    def hear(sound: Synthesis, expected: Expected) -> Findings:
        if len(run.heard) == 1:
            raise Failed("it died")
        return GOOD

    run.hear = hear
    assert len(run("One line.").clips) == len(run.jobs) == 1


def test_a_clip_that_cannot_be_checked_is_kept_if_checks_only_warn(run: Run) -> None:
    def hear(sound: Synthesis, expected: Expected) -> Findings:
        raise Failed("it died")

    run.hear = hear
    [clip] = run("One line.", settings=changed(qa="warn")).clips.values()
    missing = provenance.of(clip.origin).findings.missing
    assert missing == {"words": "it could not be checked (it died)"}


def test_what_listens_but_cannot_be_loaded_ends_the_run(run: Run) -> None:
    def hear(sound: Synthesis, expected: Expected) -> Findings:
        raise EnvironmentProblem("it cannot be loaded")

    run.hear = hear
    with pytest.raises(EnvironmentProblem, match="it cannot be loaded"):
        run("One line.", "Another line.")
    assert [examiner.closed for examiner in run.examiners] == [True]


@pytest.fixture
def voice(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run in a voice that clips are compared with; its first sound is too fast."""
    one_voice = replace(tone.CAPABILITIES, for_tests=False)
    monkeypatch.setattr(tone, "CAPABILITIES", one_voice)

    def say(job: Job) -> Synthesis:
        sound = speech.spoken(job.request.text)
        fast = job.request.text == speech.LINES[0] and job.attempt == 1
        return quicker(sound) if fast else sound

    run.say = say
    return run


def quicker(sound: Synthesis) -> Synthesis:
    place = np.arange(0, sound.samples.size - 1, 1.3)
    samples = np.interp(place, np.arange(sound.samples.size), sound.samples)
    return Synthesis(samples.astype(np.float32), sound.rate)


def test_the_first_clips_of_a_voice_are_judged_again_and_one_is_replaced(voice: Run) -> None:
    outcome = voice(*speech.LINES)
    assert voice.kinds("s1") == ["spoken", "withdrawn", "retry", "spoken"]
    assert all(voice.kinds(f"s{number}") == ["spoken"] for number in range(2, 7))
    assert (len(outcome.clips), outcome.attempts, outcome.failures) == (6, 7, {})
    made = [provenance.of(clip.origin) for clip in voice.plan(*speech.LINES).clips.values()]
    assert sorted(each.attempt for each in made) == [1, 1, 1, 1, 1, 2]
    assert all(each.relative for each in made)
    [form] = [form for form, clip in outcome.clips.items() if attempt_of(clip) == 2]
    assert [attempt_of(each) for each in voice.store.refused(form)] == [1]


def test_a_clip_that_is_refused_later_fails_where_there_are_no_retries(voice: Run) -> None:
    outcome = voice(*speech.LINES, settings=changed(max_retries=0))
    assert voice.kinds("s1") == ["spoken", "withdrawn", "failed"]
    [error] = outcome.failures.values()
    assert "times the speed of this voice" in error.what
    assert (len(outcome.clips), outcome.attempts) == (5, 5)
    assert [miss.segment.id for miss in voice.plan(*speech.LINES).misses] == ["s1"]


def test_takes_are_spoken_anew_for_a_clip_that_is_refused_later(voice: Run) -> None:
    outcome = voice(*speech.LINES, settings=changed(takes=2))
    assert voice.kinds("s1") == ["spoken", "withdrawn", "retry", "spoken"]
    assert (len(outcome.clips), len(voice.jobs), outcome.failures) == (6, 7 * 2, {})


def test_a_sound_that_another_run_stored_first_keeps_its_own_measurements(voice: Run) -> None:
    plan = voice.plan(*speech.LINES)
    forms = [miss.utterance.canonical for miss in plan.misses]
    request = plan.misses[2].utterance.request
    assert request
    theirs = hum(Job(request))
    pcm = (theirs.samples * 20_000).astype("<i2").tobytes()

    def hear(sound: Synthesis, expected: Expected) -> Findings:
        if expected.text == speech.LINES[2]:
            voice.store.put(forms[2], pcm, theirs.rate, {"engine": "another run"})
        return GOOD

    voice.hear = hear
    voice(*speech.LINES)
    found = voice.store.find(forms[2])
    assert found
    assert provenance.of(found.origin).engine == "another run"
