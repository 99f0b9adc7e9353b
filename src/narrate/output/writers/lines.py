"""Lines of captions: a text in pieces that fit on a screen, cut where a reader expects it.

Widths are columns, as terminals count them: two for a full-width character, one for a Latin letter,
and none for a mark on another character.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from wcwidth import iter_graphemes, width

from narrate.reading.cuts import CLAUSE, SENTENCE, WORD, ranks
from narrate.sound.pace import weight

LINE_COLUMNS = 42
WIDE_LINE_COLUMNS = 32
CUE_LINES = 2
"""Columns of a line and lines of a cue, as Netflix, the BBC and most broadcasters require: 42 Latin
letters or 16 full-width characters.
"""

SHORTEST_SECONDS = 0.8
"""A cue that is shorter cannot be read."""

ORPHAN_COLUMNS = 12
"""A cue that is narrower looks lost after a full one."""

NOT_FIRST = frozenset(
    "、。，．・：；？！‼⁇⁈⁉゛゜ヽヾゝゞ々ー〜～〻‐゠–…‥—％℃°"
    "’”）〕］｝〉》」』】〙〗〟｠»›)]}!?,.:;%"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    "｡｣､･ｧｨｩｪｫｬｭｮｯｰฯๆ"
)
"""What no line begins with, by JIS X 4051: closing punctuation and small kana."""

NOT_LAST = frozenset("‘“（〔［｛〈《「『【〘〖〝｟«‹([{｢￥＄＃เแโใไເແໂໃໄ")
"""What no line ends with: opening punctuation, and vowels that are written before a consonant."""

_INSIDE = WORD + 1
"""The rank of a cut inside a word, or between two characters of a language without spaces."""

_COST = {SENTENCE: 0.0, CLAUSE: 1.0, WORD: 3.0, _INSIDE: 6.0}
_CUE_COST, _UNEVEN_COST, _ORPHAN_COST = 2.0, 3.0, 20.0

_SPACELESS = ("THAI", "LAO", "KHMER", "MYANMAR")
"""Scripts without spaces between words, by the first word of a character's name."""


@dataclass(frozen=True, slots=True)
class Block:
    """The lines that are shown at once, and how long their text sounds (see `pace.weight`)."""

    lines: tuple[str, ...]
    weight: int


def blocks(text: str, seconds: float) -> list[Block]:
    """A text that is said in so many seconds as blocks of at most two lines.

    A block shorter than 0.8 s is made only if the text needs more blocks than there is time for.
    """
    return _Layout(_tokens(text), _limit(text), seconds).blocks() if text else []


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of a text that stays on one line, with the space after it, and how good a cut is
    there.
    """

    text: str
    columns: int
    rank: int


class _Layout:
    """Chooses the cuts of a text by dynamic programming over its tokens."""

    def __init__(self, tokens: Sequence[_Token], limit: int, seconds: float) -> None:
        self._tokens, self._limit = tokens, limit
        self._starts = list(accumulate((token.columns for token in tokens), initial=0))
        self._stops = [0] + [
            start + _columns(token.text.rstrip())
            for start, token in zip(self._starts, tokens, strict=False)
        ]
        weights = (max(1, weight(token.text)) for token in tokens)
        self._heard = list(accumulate(weights, initial=0))
        self._pace = seconds / self._heard[-1]

    def blocks(self) -> list[Block]:
        """The best blocks: first those with the least time missing, then those cut best."""
        last = len(self._tokens)
        if 0 in self._possible_starts(last):
            # By these costs, no two blocks are better than one.
            return [self._block(0, last)]
        best = [(0.0, 0.0)]
        came_from = [0]
        for stop in range(1, last + 1):
            costs = (
                (self._cost(best[start], start, stop), start)
                for start in self._possible_starts(stop)
            )
            cost, start = min(costs)
            best.append(cost)
            came_from.append(start)
        cuts = [last]
        while cuts[-1]:
            cuts.append(came_from[cuts[-1]])
        return [self._block(start, stop) for start, stop in pairwise(reversed(cuts))]

    def _possible_starts(self, stop: int) -> Iterator[int]:
        """Where a block that ends at `stop` may start, the latest first."""
        for start in range(stop - 1, -1, -1):
            if self._columns(start, stop) > CUE_LINES * self._limit:
                return
            if self._columns(self._end_of_line(start), stop) <= self._limit:
                yield start

    def _end_of_line(self, start: int) -> int:
        """The end of the longest line that starts here."""
        return bisect_right(self._stops, self._starts[start] + self._limit) - 1

    def _cost(self, before: tuple[float, float], start: int, stop: int) -> tuple[float, float]:
        """The seconds that are missing so far, and how bad the cuts are."""
        seconds = (self._heard[stop] - self._heard[start]) * self._pace
        columns = self._columns(start, stop)
        bad = _CUE_COST + _COST[self._tokens[stop - 1].rank]
        bad += _UNEVEN_COST * (columns / self._limit / CUE_LINES) ** 2
        if columns < ORPHAN_COLUMNS:
            bad += _ORPHAN_COST
        return before[0] + max(0.0, SHORTEST_SECONDS - seconds), before[1] + bad

    def _block(self, start: int, stop: int) -> Block:
        cuts = [start, stop]
        if self._columns(start, stop) > self._limit:
            cuts.insert(1, self._middle(start, stop))
        lines = tuple(self._text(first, last) for first, last in pairwise(cuts))
        return Block(lines, self._heard[stop] - self._heard[start])

    def _middle(self, start: int, stop: int) -> int:
        """Where the first of two lines ends: lines of about one length, cut well."""
        fitting = [
            cut
            for cut in range(start + 1, self._end_of_line(start) + 1)
            if self._columns(cut, stop) <= self._limit
        ]

        def cost(cut: int) -> float:
            uneven = abs(self._columns(start, cut) - self._columns(cut, stop)) / self._limit
            return _COST[self._tokens[cut - 1].rank] + 3 * _UNEVEN_COST * uneven

        return min(fitting, key=cost)

    def _columns(self, start: int, stop: int) -> int:
        """The width of tokens on one line, without the space at its end."""
        return max(0, self._stops[stop] - self._starts[start])

    def _text(self, start: int, stop: int) -> str:
        return "".join(token.text for token in self._tokens[start:stop]).strip()


def _limit(text: str) -> int:
    """The columns of a line: fewer with full-width letters, which take longer to read."""
    return WIDE_LINE_COLUMNS if any(map(_is_wide, text)) else LINE_COLUMNS


def _tokens(text: str) -> list[_Token]:
    limit, places = _limit(text), ranks(text)
    tokens: list[_Token] = []
    end = 0
    for piece in _unbreakable(_clusters(text)):
        for part in _fitting(piece, limit):
            end += len(part)
            otherwise = WORD if _ends_word(part[-1], text[end : end + 1]) else _INSIDE
            tokens.append(_Token(part, _columns(part), places.get(end, otherwise)))
    return tokens


def _unbreakable(clusters: Sequence[str]) -> Iterator[str]:
    """The text between the places where a line may end."""
    start = 0
    for i in range(1, len(clusters)):
        if _may_break(clusters[max(0, i - 2) : i], clusters[i]):
            yield "".join(clusters[start:i])
            start = i
    yield "".join(clusters[start:])


def _may_break(before: Sequence[str], after: str) -> bool:
    """Whether a line may end between the last two clusters before a place and the one after it."""
    spaced = before[-1] == " "
    last = before[0] if spaced else before[-1]
    if after == " " or after[0] in NOT_FIRST or last[0] in NOT_LAST:
        return False
    return spaced or any(_is_wide(each[0]) or _is_spaceless(each) for each in (last, after))


def _ends_word(last: str, after: str) -> bool:
    """Whether a word ends between two characters: in Japanese, most end in hiragana."""
    return last == " " or (_is_hiragana(last) and not _is_hiragana(after))


def _is_hiragana(char: str) -> bool:
    return "\u3041" <= char <= "\u309f"


def _fitting(piece: str, limit: int) -> Iterator[str]:
    """A piece, cut between clusters if it is longer than a line."""
    if _columns(piece) <= limit:
        yield piece
        return
    line = ""
    columns = 0
    for cluster in _clusters(piece):
        more = _columns(cluster)
        if columns + more > limit and cluster != " ":
            yield line
            line, columns = "", 0
        line += cluster
        columns += more
    yield line


def _clusters(text: str) -> Sequence[str]:
    # Most texts are ASCII, for which wcwidth takes ten times as long.
    return text if text.isascii() else list(iter_graphemes(text))


def _columns(text: str) -> int:
    return len(text) if text.isascii() else max(0, width(text))


def _is_wide(char: str) -> bool:
    """Whether a character is a full-width letter or sign of East Asia, which needs no space."""
    if char < "\u1100":
        return False
    return unicodedata.east_asian_width(char) in "WF" and unicodedata.category(char) != "So"


def _is_spaceless(cluster: str) -> bool:
    return cluster[0] > "\u0dff" and unicodedata.name(cluster[0], "").startswith(_SPACELESS)
