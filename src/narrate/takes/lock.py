"""The takes that a person approved for a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated

import msgspec
from msgspec import Meta

from narrate.request import Request

Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Number = Annotated[int, Meta(ge=1, le=2**32 - 1)]
Seed = Annotated[int, Meta(ge=0, le=2**32 - 1)]
"""The bounds of `take` and `seed` in a script."""


class Approved(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The approved take of an utterance.

    `text` is what it says. `request` is the key of what the script asks for: if that changes, the
    approval does not hold. `clip` is the key of the take, and `sound` the digest of its samples
    (see `store.entry.sound`), by which another machine knows whether it has this very take. `seed`
    is that of the take, if it has one.
    """

    text: str
    take: Number
    request: Digest
    clip: Digest
    sound: Digest
    seed: Seed | None = None

    def applied(self, request: Request) -> Request:
        """What is asked for instead of what the script asks for."""
        return replace(request, take=self.take, seed=self.seed)


@dataclass(frozen=True)
class Lock:
    """The approved takes of a script by segment id, those of a segment in the order of its
    utterances.
    """

    segments: Mapping[str, tuple[Approved, ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[str, Approved]]:
        """Every segment id with each of its approved takes."""
        return ((id, each) for id, several in self.segments.items() for each in several)

    def find(self, segment: str, request: str) -> Approved | None:
        """The approved take for what a script asks for, by its key.

        The same words may be approved under another id: a segment that is renamed, or counted
        otherwise, keeps its take, as it keeps its clip.
        """
        own = (each for each in self.segments.get(segment, ()) if each.request == request)
        return next(own, None) or self._by_request.get(request)

    @cached_property
    def _by_request(self) -> dict[str, Approved]:
        found: dict[str, Approved] = {}
        for _, each in self:
            found.setdefault(each.request, each)
        return found
