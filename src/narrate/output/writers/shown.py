"""Which part of a displayed text each utterance says, so that captions appear with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise

from narrate.reading.cuts import ABBREVIATION, CLAUSE, SENTENCE, WORD, ranks
from narrate.reading.utterances import Utterance
from narrate.sound.pace import weight

_DETOUR = {SENTENCE: 0, CLAUSE: 12, WORD: 30, ABBREVIATION: 60}
"""How many letters farther from its share of the text a better cut may lie."""


def shares(shown: Sequence[Utterance], said: Sequence[Utterance]) -> list[str]:
    """The part of a displayed text that belongs to each utterance; "" if too little is displayed.

    `shown` is the displayed text as utterances, `said` is what is spoken. If both have the same
    number of pauses, the text between two pauses stays between them.
    """
    if _squeezed(shown) == _squeezed(said):
        return [each.text for each in said]
    runs, spoken = list(_runs(shown)), list(_runs(said))
    if len(runs) != len(spoken):
        runs, spoken = [list(shown)], [list(said)]
    pairs = zip(runs, spoken, strict=True)
    return [part for run, each in pairs for part in _divided(run, each)]


def _squeezed(utterances: Sequence[Utterance]) -> str:
    return "".join("".join(each.text.split()) for each in utterances)


def _runs(utterances: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    """The utterances between pauses."""
    numbers = accumulate(each.pause_before > 0 for each in utterances)
    numbered = zip(numbers, utterances, strict=True)
    for _, run in groupby(numbered, key=lambda pair: pair[0]):
        yield [each for _, each in run]


def _divided(shown: Sequence[Utterance], said: Sequence[Utterance]) -> list[str]:
    """A displayed text, cut near the share of each utterance."""
    text = " ".join(each.text for each in shown)
    places = ranks(text)
    heard = list(accumulate(map(weight, text), initial=0))
    shares = list(accumulate(weight(each.text) for each in said))
    ends = [0]
    for share in shares[:-1]:
        wanted = heard[-1] * share / max(1, shares[-1])
        allowed = {ends[-1]: WORD, **{at: rank for at, rank in places.items() if at >= ends[-1]}}
        ends.append(min(allowed, key=lambda at: abs(heard[at] - wanted) + _DETOUR[allowed[at]]))
    return [text[start:end].strip() for start, end in pairwise([*ends, len(text)])]
