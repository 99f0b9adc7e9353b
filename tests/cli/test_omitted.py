"""What of a script is not spoken is counted by `run` and `plan`, and listed by `plan -v`."""

from __future__ import annotations

import json

from support.project import Narrate

BODY = "Rows meet columns. <!-- one -->\n\n<!-- two -->\n\n```\ncode\n```\n\n### Deep\n"
COUNTED = "not spoken: 2 comments, 1 code block, 1 heading (narrate plan -v lists them)\n"


def test_what_is_not_spoken_is_counted_by_every_run(tone: Narrate) -> None:
    tone.write("a.md", BODY)
    first, second = tone("run", "a.md"), tone("run", "a.md")
    assert first.err.endswith(COUNTED)
    assert second.err.startswith("nothing to do")
    assert second.err.endswith(COUNTED)


def test_plan_counts_and_lists_it(tone: Narrate) -> None:
    tone.write("a.md", BODY)
    assert tone("plan", "a.md").err == COUNTED
    planned = tone("plan", "a.md", "-v")
    assert planned.out.splitlines()[-4:] == [
        "not spoken  a.md:1  comment: one",
        "not spoken  a.md:3  comment: two",
        "not spoken  a.md:5  code block: code",
        "not spoken  a.md:9  heading: Deep",
    ]
    found = json.loads(tone("plan", "a.md", "--json").out)["not_spoken"]
    assert found[0] == {"where": "a.md:1", "kind": "comment", "text": "one"}
    assert len(found) == 4


def test_a_script_that_is_spoken_whole_says_nothing_of_it(tone: Narrate) -> None:
    tone.write("a.md", "Rows meet columns.\n")
    assert tone("plan", "a.md").err == ""
    assert "not spoken" not in tone("run", "a.md").err
