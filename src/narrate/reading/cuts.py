"""Where a text may be cut, from best to worst: after a sentence, a clause or a word."""

from __future__ import annotations

from narrate.reading.utterances import _BOUNDARIES

SENTENCE, CLAUSE, WORD = range(3)


def ranks(text: str) -> dict[int, int]:
    """The rank of each place in a text after which a sentence, a clause or a word ends.

    The end of the text ends a sentence.
    """
    found: dict[int, int] = {len(text): SENTENCE}
    for rank, boundary in enumerate(_BOUNDARIES):
        for match in boundary.finditer(text):
            found.setdefault(match.end(), rank)
    return found
