"""Can an engine say every word of a text, and nothing that is not a word?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from narrate.base.text import quoted
from narrate.engines.base import Capabilities
from narrate.errors import ScriptError, ScriptErrors
from narrate.reading.characters import silence
from narrate.reading.problems import Unreadable
from narrate.reading.utterances import Utterance
from narrate.script import Segment

_SHOWN = 5

_PHONEMES = re.compile(r"\[[^\[\]]{1,100}\]\(/[^()]{1,100}/\)")
"""Phonemes inside a text, as some engines take them."""


def problems(
    part: Utterance, segment: Segment, capabilities: Capabilities
) -> Iterator[ScriptError]:
    """The errors for what an engine would leave out of an utterance."""
    for reading in part.readings:
        if unknown := capabilities.spelling.unknown(reading.phonemes):
            yield ScriptError(
                f"the engine {capabilities.name} has no sound for {quoted(min(unknown))} in"
                f" the phonemes {quoted(reading.phonemes)} (segment {quoted(segment.id)})",
                where=segment.where,
                hint=f"it has: {capabilities.spelling.sounds}",
            )
    if found := problem(part.text, segment, capabilities):
        yield found


def problem(text: str, segment: Segment, capabilities: Capabilities) -> ScriptError | None:
    """The error that names the words which an engine would leave out, or phonemes that it would
    read aloud; None if it says all words.
    """
    if not capabilities.spelling.phonemes and (found := _PHONEMES.search(text)):
        return ScriptError(
            f"the engine {capabilities.name} would read {quoted(found[0])} aloud"
            f" (segment {quoted(segment.id)})",
            where=segment.where,
            hint="put `phonemes` in lexicon.toml, which reach only engines that take them",
        )
    words = unspeakable(text, capabilities)
    if not words:
        return None
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    shown = ", ".join(map(quoted, words[:_SHOWN]))
    return ScriptError(
        f"the engine {capabilities.name} cannot say {shown}{more} (segment {quoted(segment.id)})",
        where=segment.where,
        hint="say it with other words or letters in `say`, or use another engine or voice",
    )


def unreadable(error: Unreadable, segment: Segment) -> ScriptErrors:
    """The errors for what cannot be read aloud in a segment."""
    found = [
        ScriptError(
            f"{each.what} (segment {quoted(segment.id)})", where=segment.where, hint=each.hint
        )
        for each in error.problems
    ]
    return ScriptErrors(found, len(found), where=segment.where)


def unspeakable(text: str, capabilities: Capabilities) -> list[str]:
    """The words that an engine would leave out, in whole or in part, each of them once."""
    said, longest = capabilities.characters, capabilities.longest_word
    if said is None and not longest:
        return []
    left_out = {char for char in {*text} if said is not None and not _is_said(char, said)}
    found = [
        word.strip(".,;:!?\"'()“”‘’«»…") or word
        for word in text.split()
        if not left_out.isdisjoint(word) or _is_cut(word, longest)
    ]
    return [*dict.fromkeys(found)]


def _is_said(char: str, said: str) -> bool:
    """Whether an engine says a character, reads it as others, or may skip it: marks that have no
    words, and shapes that decorate.
    """
    if char.isascii() or char in said or char.isdecimal() or silence(char):
        return True
    if "\u2500" <= char <= "\u25ff":
        return True
    plain = unicodedata.normalize("NFKC", char)
    is_raised = unicodedata.decomposition(char).startswith("<super>")
    return not is_raised and _is_one_sign(char, plain) and plain.isascii()


def _is_one_sign(char: str, plain: str) -> bool:
    """Whether a character is another shape of one letter, of a Latin ligature or of a number."""
    is_number = unicodedata.category(char)[0] == "N"
    return plain != char and (len(plain) == 1 or is_number or "\ufb00" <= char <= "\ufb06")


def _is_cut(word: str, letters: int) -> bool:
    """Whether a word has more letters than are read; a capital letter inside it begins another."""
    if not letters or len(word) <= letters:
        return False
    longer = rf"[^\W\d_A-Z]{{{letters + 1}}}|[A-Z]{{{letters + 1}}}"
    return re.search(longer, word) is not None
