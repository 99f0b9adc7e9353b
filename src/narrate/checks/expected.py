"""What a clip should say, as the checks of words and the aligner need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """`text` holds the words as they are said, and `spelled` the same with the pronunciation of
    names and letters in hibari's notation, as in `[A](/ˈA/)`. `language` is a code such as "en".
    """

    text: str
    spelled: str
    language: str
