"""What is measured of the words of a clip, and when that is a reason for refusing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from narrate.base.text import quoted
from narrate.thresholds import Thresholds

VERSION = 1
"""Raise it when the same sound is measured in another way; older measurements are made anew."""

GRAPH, HEARING, CHARACTERS = "graph", "graph+hearing", "characters"
"""How the words were checked; hearing adds a recognizer to the graph."""

ACCENT = 1.0
"""What is heard otherwise by so much, in phonemes, is a matter of accent."""

TOLD = 3
"""So many differences are told as reasons; all are kept."""

LEFT_OUT, AGAIN, OTHER, INSTEAD, CUT = "left out", "again", "other", "instead", "cut"


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """One place where a clip differs from its text, from one time to another in centiseconds.

    Words `first` to before `end` of `text.split()` are left out, said again, or `cut`: said only in
    part; or something else is said `instead` of them. Where something is added (`other`), none are,
    and it comes before `first`.
    `written` is these words, and `heard` what a recognizer heard, if one listened.
    """

    kind: str
    first: int
    end: int
    since: int
    until: int
    written: str = ""
    heard: str = ""


class Words(msgspec.Struct, frozen=True, omit_defaults=True):
    """The measurements of one clip.

    `checked` says how its words were checked; if it is empty, they were not, and `unchecked` says
    why. `ratio` is by how many nats other words are likelier than the expected ones. `burst` is the
    most that a recognizer heard otherwise in one place, in phonemes; `errors` is the share of
    characters that it heard otherwise, in a language without pronunciations. `times` holds where
    each word of `text.split()` begins and ends, two centiseconds a word.
    """

    version: int = VERSION
    checked: str = ""
    unchecked: str = ""
    ratio: float = 0.0
    burst: float = 0.0
    errors: float = 0.0
    differences: tuple[Difference, ...] = ()
    times: tuple[int, ...] = ()


def judge(words: Words, thresholds: Thresholds) -> tuple[str, ...]:
    """The reasons for refusing a clip, in words; empty if it passes or if its words
    were not checked.
    """
    if worst(words, thresholds) <= 1:
        return ()
    if not words.differences:
        return (f"{words.errors:.0%} of its characters are heard otherwise",)
    return tuple(_told(words.differences))


def worst(words: Words, thresholds: Thresholds) -> float:
    """The measurements as a share of their thresholds. What the sound shows and what a recognizer
    heard are two witnesses of the same fault, so their shares add up.
    """
    other = words.burst if words.burst > ACCENT else 0.0
    sound, heard = words.ratio / thresholds.words_ratio, other / thresholds.words_burst
    return max(sound + heard, words.errors / thresholds.words_errors)


def _told(differences: Sequence[Difference]) -> Iterator[str]:
    for each in differences[:TOLD]:
        yield _reason(each)
    if len(differences) > TOLD:
        yield f"it differs from its text in {len(differences) - TOLD} more places"


def _reason(found: Difference) -> str:
    words = quoted(found.written)
    at = f"at {found.since / 100:.2f} s"
    heard = quoted(found.heard) if found.heard else "something else"
    match found.kind:
        case kind if kind == LEFT_OUT:
            return f"it leaves out {words} {at}"
        case kind if kind == AGAIN:
            return f"it says {words} again {at}"
        case kind if kind == CUT:
            return f"it breaks off in {words} at {found.until / 100:.2f} s"
        case kind if kind == INSTEAD:
            return f"it says {heard} instead of {words} {at}"
    assert found.kind == OTHER
    return f"it says {heard} {at}, which is not in its text"
