"""How a text of one line is said: first the lexicon, then code, mathematics and the rules.

The rules are imported for texts that may need them only; most prose does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from narrate.base import languages
from narrate.base.text import printable, quoted, shortened
from narrate.config import Mathematics, ReadingMode
from narrate.reading import lexicon, words
from narrate.reading.lexicon import Lexicon, Search
from narrate.reading.literals import Span
from narrate.reading.passages import TAGGED, Passage, spans
from narrate.reading.problems import Problem, Unreadable
from narrate.reading.words import TAKEN, Reading, is_english, without

BEHAVIOUR = 1
"""Raise it when a text may be read in another way than before. It is in no key: a key holds what is
said, so that only the lines that are read in another way are spoken again.
"""

MOST = 20
"""So many problems of one text are told."""

_AROUND = 12
"""Characters shown on either side of what cannot be read."""

_NOTATION = re.compile(
    r"""
    [^\sA-Za-z,;:.!?'"‘’“”()—-]            # digits, signs, letters with accents
    | [A-Z][A-Z] | [a-z][A-Z]              # acronyms, camel case
    | (?<!['’])\b[B-HJ-Zb-z]\b | \bA\b    # single letters
    | \ba\b(?![ ][a-z]{3})
    | \ba[ ](?:equals|times|plus|minus|squared|cubed|sub|over|prime|hat|bar)\b
    | \b[A-Z][a-z]+[ ]I\b | \b(?:[ijklmpqr]|I-)th\b
    | \b(?:vs|iff|wrt|aka|approx|npm|et[ ]al)\b
    | \b(?:ffmpeg|json|kubectl|nginx|numpy|psql|pytorch|scipy|sqlite|systemctl|systemd|wget|yaml)\b
    | \b(?:std(?:err|in|out)|Ctrl|Cmd)\b
    | \b(?:eg|ie|cf|viz|ca|resp|incl|excl|est|max|min|avg|temp|[Dd]ept|govt|misc|esp|etc)\.
    | \b(?:Inc|Ltd|Corp|Co|Jr|Sr|Prof|Capt|Mrs?|Ms|Gen|Sgt|Col|Rev|Hon|Sen|Gov|Dr|Lt|St|Mt|Ft)\.
    | \b(?:Blvd|Ave|Hwy|Rd|Ln|Sq)\.
    | \.(?=[\w.]*\w) | :(?=\S) | \w\( | [A-Z][a-z]+-[A-Z] | (?<!\w)-|-(?!\w)
    """,
    re.VERBOSE,
)
"""What may be notation in English; `tests/reading/test_reader.py` compares it with the rules."""


@dataclass(frozen=True)
class Reader:
    """Reads texts in a language, as the setting `reading` says."""

    language: str = "en"
    mode: ReadingMode = "full"
    lexicon: Lexicon = ()
    style: Mathematics = "teacher"
    commands: str = ""
    """A pattern of what the engine gets as it is written."""

    languages: tuple[str, ...] = ()
    """The codes of the languages that the engine speaks; none if it speaks any."""

    @cached_property
    def _searches(self) -> list[Search]:
        return lexicon.searches(self.lexicon, self.language)

    @cached_property
    def _others(self) -> dict[str, Reader]:
        """Readers of other languages."""
        return {}

    def speaks(self, language: str) -> str | None:
        """The engine's code for the language of a tag, which is empty if it is the reader's own;
        None if the engine does not speak it.
        """
        code = languages.among(language, self.languages)
        return "" if code and languages.base(code) == languages.base(self.language) else code

    def __call__(
        self, text: str, passages: Sequence[Passage] = (), language: str = ""
    ) -> list[Reading]:
        """What is said otherwise than it is written, in order. `language` is given if it is another
        than the reader's. Raises Unreadable with all that cannot be read.
        """
        if language:
            other = self._others.setdefault(language, replace(self, language=language))
            return other(text, passages)
        tagged = [_tagged(text, each, self.language) for each in passages if each.kind in TAGGED]
        if self.mode == "off":
            return tagged
        kept = [each.span() for each in re.finditer(self.commands, text)] if self.commands else []
        free = without(text, sorted([*kept, *spans(passages, "formula", *TAGGED)]))
        own = tagged + lexicon.find(free, self._searches, spans(passages, "code"))
        if not (passages or may_be_notation(free, self.language)):
            return own
        line = _Line(text, self, own, kept)
        line.code = [*spans(passages, "code")]
        return line.read([*spans(passages, "formula")])

    def leaves_numbers(self, text: str) -> bool:
        """Whether a text has numbers in a language in which they cannot be read."""
        if self.mode != "full" or is_english(self.language) or not has_digit(text):
            return False
        from narrate.reading import rules

        return not rules.covers(self.language)


def may_be_notation(text: str, language: str) -> bool:
    """Whether a text may have anything that is said otherwise than it is written."""
    if is_english(language):
        return _NOTATION.search(text) is not None
    return has_digit(text)


def has_digit(text: str) -> bool:
    """Whether a text has a digit of any script."""
    return any(map(str.isdecimal, text))


def _tagged(text: str, passage: Passage, language: str) -> Reading:
    """How a passage is said as its tag says. Raises Unreadable."""
    start, end = passage.start, passage.end
    written = text[start:end]
    if passage.kind == "phoneme":
        return Reading(start, end, written, passage.kind, passage.value)
    if passage.kind == "sub":
        return Reading(start, end, passage.value, passage.kind)
    from narrate.reading.rules import said_as

    said = said_as.say_as(written, passage.value, language)
    if not said:
        what = f"{_shown(written)} cannot be said as {passage.value.partition(' ')[0]}"
        raise Unreadable(Problem(what, "write it in another way, or its words in <sub>"))
    return Reading(start, end, said, passage.kind)


class _Line:
    """A text that is being read, after the lexicon and the tags."""

    def __init__(self, text: str, reader: Reader, own: list[Reading], kept: list[Span]) -> None:
        self.text, self.reader, self.own = text, reader, own
        self.language = reader.language
        self.code: list[Span] = []
        self.taken = sorted([*kept, *((each.start, each.end) for each in own)])
        self.problems: list[Problem] = []

    def read(self, formulas: Sequence[Span]) -> list[Reading]:
        """Read mathematics outside of code and then, if wanted, all the rest."""
        found = self.mathematics(formulas)
        self.taken = sorted([*self.taken, *((each.start, each.end) for each in found)])
        found += self.own
        if self.reader.mode == "full":
            found += self.rules()
        if self.problems:
            raise Unreadable(*self.problems)
        return sorted(found, key=lambda reading: reading.start)

    def mathematics(self, formulas: Sequence[Span]) -> list[Reading]:
        """Formulas between their signs, and plain ones outside of code and of amounts."""
        if not is_english(self.language):
            self.problems += map(self.foreign, formulas[:MOST])
            return []
        from narrate.reading import mathematics, rules

        text = without(rules.variants.plain(self.text), self.taken)
        text = without(text, self.code)
        between = without(text, formulas)
        if not (formulas or mathematics.may_be_plain(between)):
            return []
        text = without(text, rules.quantities(between))
        left = list(formulas)
        while len(self.problems) < MOST:
            try:
                return list(mathematics.find(text, self.reader.style, left))
            except words.Unreadable as error:
                self.note(error)
                bad = next(each for each in left if each[0] <= error.start <= each[1])
                left.remove(bad)
                self.taken.append(bad)
                text = without(text, [bad])
        return []

    def rules(self) -> list[Reading]:
        """All that is left."""
        from narrate.reading import rules

        starts = {start for start, _ in self.taken}
        code = [each for each in self.code if each[0] not in starts]
        while len(self.problems) < MOST:
            try:
                return rules.readings(self.text, self.language, self.taken, code)
            except words.Unreadable as error:
                self.note(error)
                if self.text[error.start] == TAKEN:
                    break
                self.taken = sorted([*self.taken, (error.start, error.end)])
        return []

    def note(self, error: words.Unreadable) -> None:
        """Remember a problem, with what stands around it."""
        start, end = max(0, error.start - _AROUND), error.end + _AROUND
        shown = _shown(self.text[start:end])
        self.problems.append(Problem(f"{shown} cannot be read aloud: {error.what}", error.hint))

    def foreign(self, formula: Span) -> Problem:
        """The problem of a formula in a language in which formulas have no words."""
        shown = _shown(self.text[slice(*formula)])
        what = f"the formula {shown} can be read in English only, not in {quoted(self.language)}"
        return Problem(what, 'write its words in `say`, or set reading to "off"')


def _shown(text: str) -> str:
    """A part of a text in quotes, with backslashes as they are written."""
    return f"'{shortened(printable(text.strip()), 60)}'"
