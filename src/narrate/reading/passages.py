"""Parts of a text that are read in a way of their own, as a tag or their signs say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from narrate.reading.literals import Span

Kind: TypeAlias = Literal["code", "formula", "sub", "say-as", "phoneme"]

TAGGED: tuple[Kind, ...] = ("sub", "say-as", "phoneme")
"""Kinds of which a tag says how they are said."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a part starts and ends, what it is, and what its tag says of it: the alias of `sub`,
    the interpretation of `say-as`, the phonemes of `phoneme`.
    """

    start: int
    end: int
    kind: Kind
    value: str = ""


def spans(passages: Iterable[Passage], *kinds: Kind) -> Iterator[Span]:
    """Where the passages of these kinds stand; of all kinds, if none is named."""
    for each in passages:
        if not kinds or each.kind in kinds:
            yield each.start, each.end
