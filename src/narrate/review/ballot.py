"""A blind comparison: what its page shows, what it seals, and what came out of it."""

from __future__ import annotations

import base64
import math
import zlib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from narrate.base.files import regular
from narrate.base.limits import INDEX_BYTES
from narrate.errors import UsageError
from narrate.review.model import Rendering

Better = Literal["first", "second", "same"]
Z = 1.96
"""Of a normal distribution, 95 % lies within as many standard deviations."""


class Pair(msgspec.Struct, frozen=True):
    """One segment, spoken by both sides, in an order that `Key` holds."""

    id: str
    text: str
    sounds: tuple[Rendering, Rendering]


class Recording(Rendering, frozen=True, omit_defaults=True, kw_only=True):
    """The recording of a voice that was cloned."""

    name: str


class Ballot(msgspec.Struct, frozen=True, kw_only=True):
    """All of the page. With `rated` it asks how much each sound is like the recording; `key` is a
    sealed `Key`.
    """

    title: str
    script: str
    stem: str
    key: str
    rated: bool
    pairs: tuple[Pair, ...]
    references: tuple[Recording, ...] = ()


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison: its name, and what was measured of its sounds.

    `pace` is in characters a second. `speed` is in seconds of sound a second of work. `wrong` is
    the share of words that were heard wrongly, and `similarity` the median to the recording; None
    if that was not measured.
    """

    name: str
    seconds: float
    pace: float
    speed: float | None = None
    wrong: float | None = None
    similarity: float | None = None


class Key(msgspec.Struct, frozen=True):
    """Both sides, and the ids of the pairs in which the second side was heard first."""

    sides: tuple[Side, Side]
    swapped: tuple[str, ...]

    def sealed(self) -> str:
        """The key as text that says nothing to somebody who sees it."""
        return base64.b64encode(zlib.compress(msgspec.json.encode(self))).decode()


class Vote(msgspec.Struct, frozen=True):
    """What a listener said of a pair; `like` is how much each sound is like the recording, from 1
    to 10, or 0 if that was not said.
    """

    id: str
    better: Better | None = None
    like: tuple[Annotated[int, Meta(ge=0, le=10)], Annotated[int, Meta(ge=0, le=10)]] = (0, 0)


class Votes(msgspec.Struct, frozen=True):
    """The results file as the page saves it."""

    schema: Literal["narrate.votes/1"]
    key: str
    votes: tuple[Vote, ...]
    script: str = ""


class Result(msgspec.Struct, frozen=True):
    """What the votes say: how often each side was better, how often none, and how much each is
    like the recording, as ratings from 1 to 10.
    """

    sides: tuple[Side, Side]
    wins: tuple[int, int]
    same: int
    like: tuple[tuple[int, ...], tuple[int, ...]]


def read(path: Path) -> Result:
    """The result in a file that the page saved. Raises UsageError."""
    try:
        votes = msgspec.json.decode(regular.read(path, INDEX_BYTES), type=Votes)
        return _counted(votes, _opened(votes.key))
    except OSError as error:
        what = f"it cannot be read ({error.strerror or error})"
    except (msgspec.MsgspecError, ValueError, zlib.error, RecursionError) as error:
        what = f"it is not a file of results ({str(error).splitlines()[0]})"
    hint = "save the results on the page of `narrate compare`, and name that file"
    raise UsageError(what, where=str(path), hint=hint)


def _opened(sealed: str) -> Key:
    unpacked = zlib.decompressobj()
    return msgspec.json.decode(
        unpacked.decompress(base64.b64decode(sealed, validate=True), INDEX_BYTES), type=Key
    )


def _counted(votes: Votes, key: Key) -> Result:
    wins, same = [0, 0], 0
    like: tuple[list[int], list[int]] = ([], [])
    for vote in votes.votes:
        swapped = vote.id in key.swapped
        same += vote.better == "same"
        if vote.better in ("first", "second"):
            wins[(vote.better == "second") ^ swapped] += 1
        for place, rating in enumerate(vote.like):
            if rating:
                like[place ^ swapped].append(rating)
    return Result(key.sides, (wins[0], wins[1]), same, (tuple(like[0]), tuple(like[1])))


def interval(wins: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson's score.

    >>> low, high = interval(8, 10)
    >>> f"{low:.2f} {high:.2f}"
    '0.49 0.94'
    """
    if not of:
        return 0.0, 1.0
    share, spread = wins / of, Z * Z / of
    middle = share + spread / 2
    half = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)
