"""Words that a person wants to be said in a certain way."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec

from narrate.base import languages
from narrate.base.text import did_you_mean, quoted
from narrate.reading.characters import has_word
from narrate.reading.literals import Span
from narrate.reading.markup import is_plain
from narrate.reading.problems import Problem, Unreadable
from narrate.reading.words import TAKEN, Reading, are_phonemes, moved, without

NAME = "lexicon"

EXAMPLES = 'write a line such as SQL = "sequel" or kubectl = { spell = true }'


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a word is said: in words (`say`), in IPA (`phonemes`), or letter by letter (`spell`).

    Engines that take no phonemes get `say`, or else the word as it is written. It holds for one
    `language` and one `voice` if these are given. With `regex`, the word is a regular expression
    of Python, and `say` may have its groups, as in `\\1`.
    """

    say: str = ""
    phonemes: str = ""
    spell: bool = False
    ignore_case: bool = False
    regex: bool = False
    language: str = ""
    voice: str = ""


Written: TypeAlias = dict[str, str | Said | list[Said]]
"""A lexicon as its file has it: words, or phrases, and how each is said."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or a phrase, and how it is said."""

    word: str
    said: Said


Lexicon: TypeAlias = tuple[Entry, ...]
"""Entries; of two for one word, the first counts."""


def parse(document: Mapping[str, Any]) -> Lexicon:
    """The entries of a file that was decoded. Raises Unreadable, a ValueError, with all problems,
    each of which names its word.
    """
    made: list[Entry] = []
    problems: list[Problem] = []
    for word, value in document.items():
        try:
            [(_, said)] = msgspec.convert({word: value}, Written).items()
        except msgspec.ValidationError as error:
            problems.append(_unfit(word, str(error).partition(" - at")[0]))
            continue
        several = said if isinstance(said, list) else [said]
        made += (Entry(word, Said(each) if isinstance(each, str) else each) for each in several)
    problems += filter(None, map(_problem, made))
    if problems:
        raise Unreadable(*problems)
    # What holds for one voice or language comes before what holds for all.
    return tuple(sorted(made, key=lambda each: (not each.said.voice, not each.said.language)))


def _unfit(word: str, what: str) -> Problem:
    """The problem of an entry that has another form, from an error of msgspec."""
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        hint = did_you_mean(unknown[1], Said.__struct_fields__)
        return Problem(f"{quoted(word)}: unknown field {quoted(unknown[1])}", hint)
    return Problem(f"{quoted(word)}: it has a value of the wrong type", EXAMPLES)


def _problem(entry: Entry) -> Problem | None:
    said, word = entry.said, quoted(entry.word)
    if not entry.word.strip():
        return Problem(f"{word}: the word is empty", EXAMPLES)
    if said.spell and (said.say or said.phonemes):
        return Problem(f"{word}: it has `spell` and other words", "remove one of them")
    if not (said.spell or said.say or said.phonemes):
        hint = "give `say`, `phonemes` or both, or else `spell = true`"
        return Problem(f"{word}: it does not say how the word is said", hint)
    if said.say and not has_word(said.say):
        return Problem(f"{word}: `say` has no word", "write what is said")
    if said.say and not said.regex and not is_plain(said.say):
        return Problem(f"{word}: `say` has markup in it", "write only the words that are said")
    if said.phonemes and not are_phonemes(said.phonemes):
        what = "the phonemes have brackets, slashes or digits"
        return Problem(f"{word}: {what}", 'write IPA alone, as in phonemes = "ˈdeɪtə"')
    if said.regex and (wrong := _wrong_expression(entry)):
        what = f"the regular expression is wrong: {wrong}"
        return Problem(f"{word}: {what}", "correct it, or remove `regex` to take it literally")
    return None


def _wrong_expression(entry: Entry) -> str:
    """What is wrong with a regular expression or with what it is replaced by."""
    try:
        # By itself first, so that an error has the place in what was written. Python warns of signs
        # that may mean something else in a later version.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(entry.word)
        _expression(entry)
        # The empty alternative always matches, and shows whether `say` has a group too many.
        for match in re.compile(f"(?:{entry.word})|").finditer(""):
            match.expand(entry.said.say)
    except (re.error, IndexError, OverflowError, RecursionError, Warning) as error:
        return str(error)
    return ""


def chosen(lexicon: Lexicon, voice: str | None) -> Lexicon:
    """The entries that hold for a voice."""
    return tuple(each for each in lexicon if each.said.voice in ("", voice))


def find(text: str, searches: Sequence[Search], code: Iterable[Span] = ()) -> list[Reading]:
    """The words of a lexicon in a text, in order; expressions come after words. In code, only a
    word that is all of it counts.
    """
    if not searches:
        return []
    spans = sorted(code)
    found: list[Reading] = []
    for search in searches:
        taken = sorted({*spans, *((each.start, each.end) for each in found)})
        new = list(search.readings(without(text, taken)))
        read = {each.start for each in found}
        for start, end in spans:
            if start not in read:
                new += moved(search.readings(text[start:end], whole=True), start)
        found += new
    return sorted(found, key=lambda reading: reading.start)


@dataclass(frozen=True, slots=True)
class Search:
    """A pattern, and how each match is said: by the word itself, by its folded form, or `said`."""

    pattern: re.Pattern[str]
    exact: Mapping[str, Said] = field(default_factory=dict)
    folded: Mapping[str, Said] = field(default_factory=dict)
    said: Said | None = None

    def readings(self, text: str, *, whole: bool = False) -> Iterator[Reading]:
        """The readings of a text, or, if it counts as a whole only, the one that covers it."""
        matches = [self.pattern.fullmatch(text)] if whole else self.pattern.finditer(text)
        for match in filter(None, matches):
            word = match[0]
            said = self.said or self.exact.get(word) or self.folded.get(word.casefold())
            if said and word.strip() and TAKEN not in word:
                yield Reading(*match.span(), _spoken(match, said), NAME, said.phonemes)


def searches(lexicon: Lexicon, language: str) -> list[Search]:
    """What finds the entries for a language: one search for all words, one for each expression."""
    exact, folded = dict[str, Said](), dict[str, Said]()
    code = languages.base(language)
    held = [each for each in lexicon if _language(each.said) in ("", code)]
    plain = [each for each in held if not each.said.regex]
    for entry in plain:
        if entry.said.ignore_case:
            folded.setdefault(entry.word.casefold(), entry.said)
        else:
            exact.setdefault(entry.word, entry.said)
    words = "|".join(_alternatives(plain))
    found = [Search(_word(words), exact, folded)] if words else []
    expressions = (each for each in held if each.said.regex)
    return found + [Search(_expression(each), said=each.said) for each in expressions]


def _alternatives(entries: Iterable[Entry]) -> Iterator[str]:
    """Patterns of words, the longest first; as few as that allows, which are searched faster."""
    words = {(len(each.word), each.said.ignore_case, re.escape(each.word)) for each in entries}
    for ignore_case, group in groupby(sorted(words, reverse=True), key=itemgetter(1)):
        pattern = "|".join(word for _, _, word in group)
        yield f"(?i:{pattern})" if ignore_case else pattern


def _language(said: Said) -> str:
    """The code of the language for which an entry holds, without its region; empty for all."""
    code = languages.base(said.language)
    return languages.CODES.get(code, code)


def _word(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern that matches whole words only."""
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", flags)


def _expression(entry: Entry) -> re.Pattern[str]:
    return _word(entry.word, re.IGNORECASE if entry.said.ignore_case else 0)


def _spoken(match: re.Match[str], said: Said) -> str:
    if said.spell:
        from narrate.reading.rules.source import spell

        return spell("".join(filter(str.isalnum, match[0])))
    if said.regex:
        return match.expand(said.say) if said.say else match[0]
    return said.say or match[0]
