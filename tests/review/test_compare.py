"""Two engines heard blindly: the page, what it hides, and what votes mean."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from narrate.errors import UsageError
from narrate.review import ballot, compare
from narrate.review.ballot import Key, Side
from narrate.sound import audio
from support.pages import chromium, data
from support.project import Narrate, lines

SIDES = ("tone", "hibari")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a script in six lines, spoken by two engines."""
    folder = tmp_path_factory.mktemp("compare")
    script = folder / "script.json"
    script.write_text(json.dumps({"segments": lines(*(f"Line {n} here." for n in range(6)))}))
    flags = {"cache_dir": str(folder / "cache")}
    return compare.compare(str(script), flags, SIDES, lambda event: None)[0]


def key(page: Any) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(page["key"])))


def test_each_side_is_first_half_of_the_time_and_the_page_does_not_say_where(made: Path) -> None:
    page = data(made)
    assert len(page["pairs"]) == 6
    assert len(key(page)["swapped"]) == 3
    assert [side["name"] for side in key(page)["sides"]] == list(SIDES)
    shown = made.read_text().replace(page["key"], "")
    assert "hibari" not in shown
    assert "tone" not in shown
    assert made.parent.name == "compare"


def test_both_sounds_of_a_pair_are_equally_loud(made: Path) -> None:
    for pair in data(made)["pairs"]:
        levels = []
        for sound in pair["sounds"]:
            pcm = (made.parent / sound["audio"]).read_bytes()[44:]
            levels.append(float(np.sqrt(np.mean(audio.floats(pcm) ** 2))))
        assert levels[0] == pytest.approx(levels[1], rel=0.01)


def test_sides_that_say_the_same_are_refused(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"segments": lines("One.")}))
    flags = {"cache_dir": str(tmp_path / "cache")}
    with pytest.raises(UsageError, match="say this script in the same way"):
        compare.compare(str(script), flags, ("tone", "tone"), lambda event: None)
    assert not (tmp_path / "cache").exists(), "nothing is spoken"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def test_votes_are_kept_and_counted_for_the_right_side(
    browser: Any, made: Path, tmp_path: Path, narrate: Narrate
) -> None:
    """The listener votes for the first side five times, and once for no difference."""
    sealed = data(made)
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(made.as_uri())
    for number in range(6):
        page.keyboard.press("j")
        swapped = f"s{number + 1}" in key(sealed)["swapped"]
        page.keyboard.press("n" if number == 5 else "s" if swapped else "f")
    page.keyboard.press("1")
    page.reload()
    assert page.locator("#progress").inner_text() == "6 of 6 pairs heard"
    with page.expect_download() as download:
        page.get_by_role("button", name="Save results").click()
    download.value.save_as(tmp_path / "votes.json")
    context.close()
    assert problems == []
    result = ballot.read(tmp_path / "votes.json")
    assert (result.wins, result.same) == ((5, 0), 1)
    said = narrate("compare", "--results", tmp_path / "votes.json")
    assert said.out.startswith(
        "6 votes, 1 of them for no difference\n\ntone:\n"
        "  preferred in 5 of 5: 100% (95 % interval 57% to 100%)\n"
        "  words wrong: not measured\n"
    )


def votes(tmp_path: Path, **fields: Any) -> Path:
    sides = (Side(name="a", seconds=1, pace=15.0), Side(name="b", seconds=1, pace=14.0))
    content = {"schema": "narrate.votes/1", "key": Key(sides, ("two",)).sealed(), "votes": []}
    path = tmp_path / "votes.json"
    path.write_text(json.dumps(content | fields))
    return path


def test_ratings_go_to_the_side_that_was_heard(tmp_path: Path, narrate: Narrate) -> None:
    given = [
        {"id": "one", "better": "first", "like": [9, 3]},
        {"id": "two", "better": "first", "like": [4, 8]},
        {"id": "three", "like": [0, 5]},
    ]
    path = votes(tmp_path, votes=given)
    result = ballot.read(path)
    assert result.wins == (1, 1)
    assert result.like == ((9, 8), (3, 4, 5))
    ran = narrate("compare", "--results", path)
    assert "like the recording: 8.5 of 10 (above 7; median of 2)" in ran.out
    assert "like the recording: 4 of 10 (not above 7; median of 3)" in ran.out


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "%"},
        {"key": base64.b64encode(b"no").decode()},
        {"key": base64.b64encode(zlib.compress(b"{}")).decode()},
        {"schema": "other"},
        {"votes": [{"id": "one", "better": "third"}]},
        {"votes": [{"id": "one", "like": [11, 0]}]},
    ],
)
def test_what_is_not_a_file_of_results_is_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="it is not a file of results"):
        ballot.read(votes(tmp_path, **fields))
