"""Which stored findings are good for a check, and which are measured anew."""

from __future__ import annotations

import msgspec
import pytest

from narrate.checks.echo import Echo
from narrate.checks.findings import VERSIONS, Findings
from narrate.checks.quality import Quality
from narrate.checks.speaker import Speaker
from narrate.checks.words import Words
from narrate.thresholds import CHECKS

FOUND = Findings(
    words=Words(VERSIONS["words"]),
    speaker=Speaker(VERSIONS["speaker"], 1.0),
    echo=Echo(VERSIONS["echo"]),
    quality=Quality(VERSIONS["quality"], 3.0, 3.0, 3.0, 3.0),
)


@pytest.mark.parametrize("check", CHECKS)
def test_what_another_version_of_a_check_found_is_measured_anew(check: str) -> None:
    assert not FOUND.lack((check,), hears=True)
    assert Findings().lack((check,), hears=True)
    older = msgspec.structs.replace(getattr(FOUND, check), version=0)
    assert msgspec.structs.replace(FOUND, **{check: older}).lack((check,), hears=True)


@pytest.mark.parametrize("check", ["words", "echo"])
def test_a_recognizer_may_find_more_than_was_found_without_one(check: str) -> None:
    unheard = msgspec.structs.replace(FOUND, missing={check: "no recognizer heard them"})
    assert unheard.lack((check,), hears=True)
    assert not unheard.lack((check,), hears=False)


DEAF = Findings(words=Words(), missing={"words": "no recognizer"})


def test_another_check_does_not_make_words_count_as_heard() -> None:
    later = Findings(echo=FOUND.echo, missing={"quality": "no models"})
    joined = DEAF.joined(later)
    assert joined.missing == {"words": "no recognizer", "quality": "no models"}
    assert joined.lack(["words"], hears=True)
    assert joined.lacking("words") == "no recognizer"


def test_what_is_heard_later_is_no_longer_missing() -> None:
    joined = DEAF.joined(Findings(words=Words(burst=1.0)))
    assert joined == Findings(words=Words(burst=1.0))
