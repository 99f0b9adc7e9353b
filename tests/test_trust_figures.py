"""Faults in real speech: the checks refuse them, and a run with them ends without an output."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import soundfile

from support.harness import Figures
from support.project import Narrate
from support.trust import bench, cast, faults, playback
from support.trust.faults import Case
from support.trust.figures import Tally
from support.trust.judges import Narrate as Checks
from support.trust.stage import Voice, bad_cases, hand

CERTAIN = (
    *("exception", "empty", "silence", "not a number", "clipped", "quiet", "hole", "reversed"),
    *("runaway into noise", "runaway into silence", "runaway that repeats itself"),
    *("noise at 0 dB", "gibberish", "another text", "last word cut", "added words"),
)
"""Kinds of fault of which none may pass."""


@pytest.fixture(scope="module")
def voices() -> list[Voice]:
    return cast.small(24)


@pytest.mark.slow
def test_the_checks_tell_faults_from_good_clips(voices: list[Voice], figures: Figures) -> None:
    wrong: list[str] = []

    def show(name: str, case: Case, reasons: Sequence[str]) -> None:
        if bool(reasons) == (case.kind == "good"):
            wrong.append(f"{case.kind}: {case.clip.voice} {case.clip.number}: {reasons}")

    found = bench.run(voices, {"narrate": Checks()}, 1, show=show)
    bad, good = found.all_bad("narrate"), found.all_good("narrate")
    figures.report(
        "trust",
        kinds=len(found.bad),
        caught=f"{bad.refused}/{bad.clips}",
        good_refused=f"{good.refused}/{good.clips}",
        cost=f"{found.cost('narrate'):.3f}",
    )
    assert good.refused == 0, wrong
    assert [kind for kind in CERTAIN if found.bad[kind]["narrate"].share < 1] == []
    assert bad.share >= 0.85, wrong


def _script(clips: Sequence[tuple[str, Case]]) -> list[dict[str, str]]:
    return [{"id": name, "text": case.clip.line.written} for name, case in clips]


SPOKEN = tuple(kind for kind in CERTAIN if kind != "exception")
"""An engine that raises is another failure, with an exit code of its own."""


def _cases(voice: Voice) -> list[tuple[str, Case]]:
    """A good clip and one with a fault by turns, each of another line."""
    cases = []
    clips = iter(voice.clips)
    made_with = hand(voice, [voice], voice.clips[-2])
    for number, (kind, one, other) in enumerate(zip(SPOKEN, clips, clips, strict=False)):
        cases.append((f"good-{number}", faults.good(one)))
        cases.append((f"bad-{number}", faults.make(kind, other, made_with)))
    return cases


@pytest.mark.slow
def test_a_run_names_the_bad_segments_and_writes_nothing(narrate: Narrate) -> None:
    cases = _cases(cast.small(2 * len(SPOKEN) + 2)[0])
    site, clips = narrate.root / "site", narrate.root / "clips"
    playback.install(site)
    clips.mkdir()
    for _, case in cases:
        path = playback.file(clips, case.clip.line.text)
        soundfile.write(path, case.samples, case.rate, subtype="FLOAT")
    narrate.write("script.json", _script(cases))
    narrate.env |= {"PYTHONPATH": str(site), playback.FOLDER: str(clips)}
    narrate.env |= {"NARRATE_ENGINE": "playback", "NARRATE_MAX_RETRIES": "0"}
    narrate.env["NARRATE_CHECKS"] = "auto"
    ran = narrate("run", "script.json", "--keep-going", "--json")
    failed = [each["id"] for each in ran.json["failures"]]
    assert ran.code == 4, ran.err
    assert sorted(failed) == sorted(name for name, _ in cases if name.startswith("bad"))
    assert not narrate.out.exists()


def test_bounds_of_shares_are_those_of_clopper_and_pearson() -> None:
    assert Tally(120, 0).at_most == pytest.approx(1 - 0.05 ** (1 / 120), abs=1e-6)
    assert Tally(300, 0).at_most == pytest.approx(0.00994, abs=1e-5)
    assert Tally(100, 100).at_least == pytest.approx(0.05 ** (1 / 100), abs=1e-6)
    # From tables of the beta distribution.
    assert Tally(20, 18).at_least == pytest.approx(0.7174, abs=1e-4)
    assert Tally(20, 2).at_most == pytest.approx(0.2826, abs=1e-4)


def test_a_fault_is_the_same_whenever_it_is_made(voices: list[Voice]) -> None:
    for kind in faults.KINDS:
        made = [[*bad_cases(voices[1], voices, kind, 1)] for _ in range(2)]
        assert [len(each) for each in made][0] == len(made[1])
        for one, other in zip(*made, strict=True):
            assert one.samples.tobytes() == other.samples.tobytes()
