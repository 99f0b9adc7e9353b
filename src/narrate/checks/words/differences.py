"""What is said otherwise than it is written, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from narrate.checks.words.measures import AGAIN, CUT, INSTEAD, LEFT_OUT, OTHER, Difference
from narrate.checks.words.pronouncer import Word
from narrate.checks.words.search import ELSE, SILENT, Step


def differences(words: Sequence[Word], steps: Sequence[Step]) -> list[Difference]:
    """The differences of a way through the words, in the order of time; nothing is `written`."""
    found: list[Difference] = []
    for each in _differences(steps, len(words)):
        if found and (joined := _joined(found[-1], each)):
            found[-1] = joined
        else:
            found.append(each)
    return [_placed(each, words) for each in found]


def _differences(steps: Sequence[Step], count: int) -> Iterator[Difference]:
    """The differences, with the numbers of spoken words."""
    reached = 0
    for word, start, end, cut in [*steps, Step(count, steps[-1].end, steps[-1].end)]:
        if word == SILENT:
            continue
        if word == ELSE:
            yield Difference(OTHER, reached, reached, start, end)
            continue
        if word > reached:
            yield Difference(LEFT_OUT, reached, word, start, start)
        if word < reached:
            yield Difference(AGAIN, word, word + 1, start, end)
        elif cut:
            yield Difference(CUT, word, word + 1, start, end)
        reached = max(reached, word + 1)


def _joined(one: Difference, two: Difference) -> Difference | None:
    """Two differences as one: words said again in a row, or something else and what it replaces."""
    kinds = {one.kind, two.kind}
    if kinds == {AGAIN} and one.end == two.first:
        return Difference(AGAIN, one.first, two.end, one.since, two.until)
    gone = one if one.kind == LEFT_OUT else two
    replaced = kinds in ({OTHER, LEFT_OUT}, {INSTEAD, OTHER}, {INSTEAD, LEFT_OUT})
    if replaced and two.first in (one.first, one.end):
        return Difference(
            INSTEAD, min(one.first, gone.first), max(one.end, gone.end), one.since, two.until
        )
    return None


def _placed(found: Difference, words: Sequence[Word]) -> Difference:
    """The same with the numbers of written words."""
    last = words[-1].place + 1
    first = words[found.first].place if found.first < len(words) else last
    end = words[found.end - 1].place + 1 if found.end > found.first else first
    return Difference(found.kind, first, end, found.since, found.until)


def times(words: Sequence[Word], steps: Sequence[Step]) -> list[int]:
    """When each written word begins and ends, in centiseconds: two numbers a word. A word that is
    not said begins and ends where the next one begins.
    """
    said: dict[int, tuple[int, int]] = {}
    for word, start, end, _ in steps:
        if word >= 0:
            place = words[word].place
            since, until = said.get(place, (start, end))
            said[place] = since, end if start <= until else until
    return list(_in_order(said, words[-1].place + 1, steps[-1].end))


def _in_order(said: dict[int, tuple[int, int]], count: int, last: int) -> Iterator[int]:
    for place in range(count):
        later = (said[each][0] for each in range(place, count) if each in said)
        start = next(later, last)
        yield from said.get(place, (start, start))
