"""Ids: which are allowed, and how they are made from a text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from narrate.base import limits

_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"),
}
_SLUG_WORDS, _SLUG_BYTES = 4, 60


def problem(name: str) -> str | None:
    """Why an id cannot be part of a file name on every system; None if it can."""
    if not name or not (name[0].isalnum() or name[0] == "_"):
        return "does not start with a letter or digit"
    if len(name) > limits.ID_BYTES or len(name.encode()) > limits.ID_BYTES:
        return f"is longer than {limits.ID_BYTES} bytes"
    if not all(_in_word(c) or c in ".-" for c in name):
        return "contains more than letters, digits, '_', '.' and '-'"
    if name.endswith("."):
        return "ends in '.'"
    if not unicodedata.is_normalized("NFC", name):
        return "is not in Unicode normal form NFC"
    return "is a device name on Windows" if _is_device(name) else None


def slug(text: str, default: str) -> str:
    """A valid id from the first words of a text."""
    plain = unicodedata.normalize("NFC", text[:1000].lower())
    words = "".join(c if _in_word(c) else " " for c in plain).split()
    joined = "-".join([word for word in words if word[0].isalnum()][:_SLUG_WORDS])
    cut = joined.encode()[:_SLUG_BYTES].decode(errors="ignore").rstrip("-") or default
    return f"{cut}_" if _is_device(cut) else cut


def from_name(name: str, default: str) -> str:
    """A valid id from a name, such as that of a file: `01 - Intro (a)` becomes `01-Intro-a`."""
    plain = unicodedata.normalize("NFC", name[:1000])
    words = "".join(c if _in_word(c) or c in ".-" else " " for c in plain).split()
    joined = re.sub("-{2,}", "-", "-".join(word.strip("-") or "-" for word in words))
    start = next((i for i, c in enumerate(joined) if c.isalnum() or c == "_"), len(joined))
    cut = joined[start:].encode()[: limits.ID_BYTES - 1].decode(errors="ignore").rstrip("-.")
    cut = cut or default
    return f"_{cut}" if _is_device(cut) else cut


def segment_id(text: str, spoken: str) -> str:
    """An id for a segment without one: its first words and a short hash, which distinguishes texts
    that begin alike.
    """
    digest = blake2b(text.encode(), digest_size=2).hexdigest()
    return f"{slug(spoken, 'segment')}-{digest}"


def assign(wanted: Sequence[tuple[str | None, str]]) -> list[str]:
    """Choose an id for each pair of a written id, if any, and a made one.

    Written ids are kept. Made ids are numbered where they repeat.
    """
    taken = {fold(written) for written, _ in wanted if written is not None}
    repeats: Counter[str] = Counter()
    result = []
    for written, made in wanted:
        name = made if written is None else written
        while written is None and fold(name) in taken:
            repeats[made] += 1
            name = f"{made}-{repeats[made] + 1}"
        taken.add(fold(name))
        result.append(name)
    return result


def fold(name: str) -> str:
    """A form that is equal for names that some file systems treat as one."""
    return unicodedata.normalize("NFC", name.casefold())


def _in_word(c: str) -> bool:
    # In most scripts of India and South-East Asia, marks are parts of letters.
    return c.isalnum() or c == "_" or unicodedata.category(c)[0] == "M"


def _is_device(name: str) -> bool:
    return name.partition(".")[0].casefold() in _DEVICES
