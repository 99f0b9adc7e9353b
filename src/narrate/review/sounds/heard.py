"""The words of a segment's sound: when each is said, and which differ from what is written."""

from __future__ import annotations

from collections.abc import Iterator

from narrate.checks import provenance
from narrate.checks.words import Words
from narrate.checks.words.measures import AGAIN, LEFT_OUT
from narrate.checks.words.measures import Difference as Found
from narrate.review.model import Difference, Word
from narrate.review.sounds.spoken import Spoken
from narrate.store.entry import Clip

ELSE = "something else"
"""What is heard where no recognizer listened."""


def words_of(clip: Clip) -> Words | None:
    """What the check of words found in a clip; None if it did not listen."""
    return provenance.of(clip.origin).findings.words


def words(spoken: Spoken) -> Iterator[Word]:
    """Every word with its times in the sound of the segment; none of an utterance whose words were
    not followed.
    """
    for start, text, found in _placed(spoken):
        times = iter(found.times)
        for word, since, until in zip(text.split(), times, times, strict=False):
            yield word, round(start + since / 100, 2), round(start + until / 100, 2)


def differences(spoken: Spoken) -> Iterator[Difference]:
    """What differs, in the order of time."""
    for start, _, found in _placed(spoken):
        for each in found.differences:
            yield _shown(each, start)


def wrong(spoken: Spoken) -> tuple[int, int]:
    """How many words differ, and how many were checked."""
    checked = [(text, found) for _, text, found in _placed(spoken) if found.checked]
    differ = sum(
        max(each.end - each.first, 1) for _, found in checked for each in found.differences
    )
    return differ, sum(len(text.split()) for text, _ in checked)


def _placed(spoken: Spoken) -> Iterator[tuple[float, str, Words]]:
    """Where each utterance begins in seconds, its text, and what was found in it."""
    start = 0.0
    for utterance, clip in spoken:
        start += utterance.pause_before
        if found := words_of(clip):
            yield start, utterance.text, found
        start += clip.seconds


def _shown(found: Found, start: float) -> Difference:
    heard = "" if found.kind == LEFT_OUT else found.heard or ELSE
    return Difference(
        written=found.written,
        heard=f"{found.written} {found.written}" if found.kind == AGAIN else heard,
        start=round(start + found.since / 100, 2),
    )
