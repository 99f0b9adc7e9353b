"""Where the words of a clip are that a fault may befall."""

from __future__ import annotations

from support.trust.clips import Clip
from support.trust.splices import seconds as samples_in

_FUNCTION = """
    a an the of to in on at is it its we and or but so by for from into that this than then when
    where which they are be was with as if what you your their has have had not no does i he she his
    her my our one up out who all were before after there would will can could every some over under
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())


def inner(clip: Clip) -> range:
    """All but the first and the last."""
    return range(1, len(clip.words) - 1)


def plain(clip: Clip, place: int) -> str:
    """A word in lower-case letters."""
    return "".join(filter(str.isalpha, clip.words[place].text.lower()))


def content(clip: Clip) -> list[int]:
    """Where the words are that carry the meaning; neither the first nor the last."""
    return [n for n in inner(clip) if len(plain(clip, n)) > 3 and not function(clip, n)]


def function(clip: Clip, place: int) -> bool:
    """Whether a word carries no meaning."""
    return plain(clip, place) in FUNCTION_WORDS


def long(clip: Clip, seconds: float) -> list[int]:
    """Where the words are that last so long."""
    words = enumerate(clip.words)
    return [n for n, word in words if word.end - word.start >= samples_in(clip, seconds)]


def together(clip: Clip, place: int) -> bool:
    """Whether a word and the next one differ, and no pause is between them."""
    return clip.words[place].text[-1].isalnum() and plain(clip, place) != plain(clip, place + 1)
