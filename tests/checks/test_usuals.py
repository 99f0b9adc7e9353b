"""A clip is compared with its voice once, when enough is known of it."""

from __future__ import annotations

import msgspec

from narrate.checks import structure
from narrate.checks.provenance import Provenance
from narrate.checks.usuals import Usuals, is_compared
from support import speech


def clip(text: str) -> Provenance:
    return Provenance(measures=structure.measure(speech.spoken(text)))


def test_a_clip_is_compared_when_enough_is_known_and_then_never_again() -> None:
    usuals, texts = Usuals(), speech.LINES
    first = clip(texts[0])
    for text in texts[1:5]:
        assert usuals.compared("me", first, texts[0]) == first
        usuals.add("me", clip(text), text)
    usuals.add("me", first, texts[0])
    compared = usuals.compared("me", first, texts[0])
    assert is_compared(compared)
    assert not is_compared(first)
    assert compared.relative
    # Other clips of the voice change: all are far louder.
    for text in texts * 5:
        made = clip(text)
        assert made.measures
        louder = msgspec.structs.replace(made.measures, level=made.measures.level + 30)
        usuals.add("me", msgspec.structs.replace(made, measures=louder), text)
    assert usuals.compared("me", compared, texts[0]) == compared
    anew = usuals.compared("me", first, texts[0])
    assert anew.relative
    assert anew.relative.level < compared.relative.level - 20


def test_voices_are_apart_and_clips_too_short_to_tell_do_not_count() -> None:
    usuals, text = Usuals(), speech.LINES[0]
    for each in speech.LINES:
        usuals.add("me", clip(each), each)
    made = clip(text)
    assert usuals.compared("you", made, text) == made
    for _ in range(9):
        usuals.add("you", clip("No."), "No.")
    assert usuals.compared("you", made, text) == made
