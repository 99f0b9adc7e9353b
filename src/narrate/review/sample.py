"""A share of a script's lines, drawn by chance, but always the same for the same script."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Sequence

from narrate.errors import UsageError
from narrate.script import Segment

HINT = "write a share such as 5%, or a number of lines such as 20"


def size(written: str, of: int) -> int:
    """How many of a number of lines `5%` or `20` stands for: at least one. Raises UsageError."""
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(%?)", written.strip())
    if not found or float(found[1]) <= 0 or (found[2] and float(found[1]) > 100):
        raise UsageError(f"{written!r} is not a sample", where="--sample", hint=HINT)
    wanted = math.ceil(of * float(found[1]) / 100) if found[2] else math.ceil(float(found[1]))
    return min(wanted, of)


def ids(segments: Sequence[Segment], written: str) -> frozenset[str]:
    """The ids of a sample of segments. Raises UsageError.

    The texts of all of them are the seed, so nobody can draw until a sample is pleasant.
    """
    seed = hashlib.blake2b(digest_size=16)
    for each in segments:
        seed.update(f"{each.id}\0{each.text}\0".encode())
    return drawn([each.id for each in segments], seed.digest(), size(written, len(segments)))


def drawn(ids: Iterable[str], seed: bytes, number: int) -> frozenset[str]:
    """As many of some ids as `number`, always the same ones for a seed of at most 64 bytes."""
    return frozenset(sorted(ids, key=lambda id: _rank(seed, id))[:number])


def _rank(seed: bytes, id: str) -> bytes:
    return hashlib.blake2b(id.encode(), key=seed, digest_size=16).digest()
