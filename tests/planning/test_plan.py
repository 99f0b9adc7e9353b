"""`narrate plan`: what a run would do, said without doing anything."""

from __future__ import annotations

import pytest

from support.project import Narrate, identities, lines


def test_a_plan_says_what_is_there_and_what_is_not_and_writes_nothing(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line.", "The second line."))
    tone.run()
    tone.write("script.json", lines("The first line.", "Another second line."))
    before = identities(tone.root)
    ran = tone("plan", "script.json")
    assert ran.code == 0
    rows = [line.split()[:2] for line in ran.out.splitlines()]
    assert rows[:2] == [["cached", "s1"], ["speak", "s2"]]
    assert "1 of 2 utterances to speak with tone" in ran.out
    assert identities(tone.root) == before


def test_a_dry_run_is_a_plan(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line."))
    before = identities(tone.root)
    assert tone("run", "-n", "script.json") == tone("plan", "script.json")
    assert identities(tone.root) == before


def test_a_plan_as_json_agrees_with_the_run_that_follows(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line.", "The second line.", "The first line."))
    plan = tone("plan", "script.json", "--json").json
    assert (plan["ok"], plan["missing"], plan["cached"], plan["utterances"]) == (True, 2, 0, 3)
    assert plan["eta"] >= 0
    assert tone.run()["spoken"] == plan["missing"]
    keys = [segment["keys"] for segment in plan["segments"]]
    assert keys == [segment["cache_keys"] for segment in tone.manifest["segments"]]
    assert {path.stem for path in tone.clips} == {key for [key] in keys}
    after = tone("plan", "script.json", "--json").json
    assert [segment["cached"] for segment in after["segments"]] == [True, True, True]
    assert after["seconds"] == pytest.approx(tone.manifest["audio"]["duration"], abs=0.1)


def test_a_plan_with_force_counts_what_would_be_spoken_again(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line.", "The second line."))
    tone.run()
    assert tone("run", "script.json", "-n", "--json", "-f", "s2").json["missing"] == 1


def test_a_scene_over_its_budget_is_named(tone: Narrate) -> None:
    scenes = [
        {"id": "long", "budget": 1.5, "segments": lines("One. #seconds=2")},
        {"id": "brief", "budget": 9, "segments": lines("Two. #seconds=2")},
    ]
    tone.write("script.json", {"scenes": scenes, "defaults": {"pause_after": 0}})
    tone.run()
    over = [
        line for line in tone("plan", "script.json").out.splitlines() if line.startswith("over")
    ]
    assert over == ["over    long: about 2.0 s, its budget is 1.5 s"]


def test_a_plan_refuses_what_a_run_would_refuse(tone: Narrate) -> None:
    tone.write("script.json", lines("Bonjour.", language="fr"))
    ran = tone("plan", "script.json")
    assert ran.code == 2
    assert "en, de, ja" in ran.err


def test_hostile_text_is_shown_and_not_obeyed(tone: Narrate) -> None:
    tone.write("script.json", lines("Hello \u202eolleh \u009b31m."))
    assert tone("plan", "script.json").out.replace("\n", "").isprintable()
