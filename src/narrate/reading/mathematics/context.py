"""The sentence around a formula: "for all x in R", "is at most one", "the limit as x goes to 0"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DETERMINERS = (
    "all|any|each|every|some|no|an?|one|two|three|for|of|with|given|fix|choose|pick|take|consider"
    "|exists|exist"
)
_STATED = (
    "inequality|equation|formula|identity|condition|constraint|claim|case|fact|bound|rule|relation"
    "|statement|hypothesis|assumption|event|line|circle|curve|law|problem|solution|that"
)
_NOUN = re.compile(rf"\b(?i:{_DETERMINERS}) (?:(?!(?:{_STATED})\b)[a-z]{{2,}} )?$")
_BE = re.compile(r"\b(?:is|are|was|were|be|been|being|stays?|remains?) $")
_SPACE = re.compile(r"\b(?:in|into|onto|from|to|maps|spaces?|spans?|[A-Za-z]:) $")
_LET = re.compile(r"\b[Ll]et $")
_WORD = re.compile(r"(?!\b(?:and|or|so|if|when|that|then|thus|hence)\b)\b[^\W\d_]{3,} $")
_INFINITIVES = {"is": "be", "equals": "equal"}
_STATES = re.compile(r"\b(?:is|equals)\b")
_MEASURE = re.compile(
    r"\b(?:sizes?|shapes?|dimensions?|order|resolution)(?: is| of)? $|\b[A-Z]{1,2} is $"
)
_SIZED = re.compile(r" ?(?:sized? )?(?:matri|array|grid|board|image|table|filter|kernel|identity)")
_NAMED = re.compile(
    r"the (?:[a-z]+ by [a-z]+ )?(?:partial |column |row |natural )?"
    r"(?P<noun>matrix|vector|determinant|derivative|integral|limit|sum|product|norm|gradient"
    r"|probability|absolute value|expected value|trace|rank|set|inner product|square root)\b,? "
)
_SQUARE = re.compile(r"\s*(\w)\s*(?:\\times|×)\s*\1\s*")
_LONGEST = 40
"""Characters before a formula that tell how it is said."""


@dataclass(frozen=True, slots=True)
class Place:
    """The text before a formula and the text after it."""

    before: str = ""
    after: str = ""

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Place:
        """The place of a formula in a text."""
        return cls(text[max(0, start - _LONGEST) : start], text[end : end + _LONGEST])

    @property
    def is_noun(self) -> bool:
        """Whether a formula is a thing here and not a statement: `for all $x > 0$`."""
        return bool(_NOUN.search(self.before))

    @property
    def is_space(self) -> bool:
        """Whether a power of R is a space of vectors here, and not a square: `a point in R^2`."""
        return bool(_SPACE.search(self.before))

    def is_size(self, tex: str) -> bool:
        """Whether a product is a size here: `an $m \\times n$ matrix`."""
        after, before = _SIZED.match(self.after), _MEASURE.search(self.before)
        return bool(after or before or _SQUARE.fullmatch(tex))

    def fitted(self, said: str) -> str:
        """What a formula says here, without the words that the text has said already."""
        if _LET.search(self.before):
            return _STATES.sub(lambda verb: _INFINITIVES[verb[0]], said, count=1)
        if said.startswith("is ") and (_BE.search(self.before) or _WORD.search(self.before)):
            return said.removeprefix("is ")
        named = _NAMED.match(said)
        if named and self.before.lower().endswith(f"{named['noun']} "):
            return said[named.end() :] or said
        return said
