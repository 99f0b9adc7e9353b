"""Where a text may be cut, from best to worst."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from narrate.reading import sentences

SENTENCE, CLAUSE, WORD, ABBREVIATION = range(4)
"""After a sentence, a clause, a word, or an abbreviation that needs the word after it."""

_PLACES = {
    CLAUSE: re.compile(r"[,;:]\s|—\s?|[，、；：]"),
    WORD: re.compile(r"(?<!\w\.)\s"),
    ABBREVIATION: re.compile(r"\s"),
}


def places(text: str, rank: int) -> Iterator[int]:
    """The positions of a rank, in order; those of a rank include many of the ranks before it."""
    if rank == SENTENCE:
        yield from sentences.ends(text)
    else:
        yield from (match.end() for match in _PLACES[rank].finditer(text))


def ranks(text: str) -> dict[int, int]:
    """The best rank of each position at which a text may be cut; at its end, a sentence ends."""
    found: dict[int, int] = {len(text): SENTENCE}
    for rank in (SENTENCE, *_PLACES):
        for position in places(text, rank):
            found.setdefault(position, rank)
    return found


def chunks(text: str, limit: int) -> Iterator[str]:
    """Parts of one long word, where possible not cut before the accents of a letter."""
    start = 0
    while start < len(text):
        end = start + limit
        while end > start + 1 and _continues(text[end : end + 1]):
            end -= 1
        end = end if end > start + 1 else start + limit
        yield text[start:end]
        start = end


def _continues(char: str) -> bool:
    return char == "\u200d" or unicodedata.category(char or " ")[0] == "M"
