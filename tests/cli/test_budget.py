"""A run says which scenes are over their budgets, with their real lengths."""

from __future__ import annotations

from narrate.cli.budget import OverBudget
from support.project import Narrate


def project(tone: Narrate) -> None:
    tone.write(
        "script.json",
        {
            "scenes": [
                {"id": "long", "budget": 1.5, "segments": [{"text": "One. #seconds=2"}]},
                {"id": "brief", "budget": 9, "segments": [{"text": "Two. #seconds=2"}]},
                {"id": "free", "segments": [{"text": "Three. #seconds=2"}]},
            ]
        },
    )


def over(lines: str) -> list[str]:
    return [line for line in lines.splitlines() if line.startswith("over budget")]


def test_every_run_says_so(tone: Narrate) -> None:
    project(tone)
    expected = ["over budget: long takes 2.4 s, 0.9 s more than its budget of 1.5 s"]
    for _ in range(3):
        ran = tone("run")
        assert (ran.code, over(ran.err)) == (0, expected)
    assert over(tone("run", "-q").err) == []


def test_the_json_object_has_it(tone: Narrate) -> None:
    project(tone)
    for _ in range(2):
        found = tone("run", "--json").json["over_budget"]
        assert found == [{"scene": "long", "seconds": 2.4, "budget": 1.5}]


def test_the_line_has_all_figures() -> None:
    said = str(OverBudget("intro", 4.21, 1.0))
    assert said == "over budget: intro takes 4.2 s, 3.2 s more than its budget of 1.0 s"
