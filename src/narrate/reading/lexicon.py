"""Words that a person wants to be said in a certain way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from narrate.base.text import quoted
from narrate.reading.maths import Span
from narrate.reading.words import Reading

NAME = "lexicon"

_PHONEMES = re.compile(r"[^\s\[\]()/0-9]+(?: [^\s\[\]()/0-9]+)*")


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a word is said: in words (`say`), in IPA (`phonemes`), or letter by letter (`spell`).

    Engines that take no phonemes get `say`, or else the word as it is written. It holds for one
    `language` and one `voice` if these are given.
    """

    say: str = ""
    phonemes: str = ""
    spell: bool = False
    ignore_case: bool = False
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
    """The entries of a file that was decoded. Raises ValueError that names the word."""
    made: list[Entry] = []
    for word, value in document.items():
        try:
            [(_, said)] = msgspec.convert({word: value}, Written).items()
        except msgspec.ValidationError as error:
            raise ValueError(f"{quoted(word)}: {str(error).partition(' - at')[0]}") from None
        several = said if isinstance(said, list) else [said]
        made += (Entry(word, Said(each) if isinstance(each, str) else each) for each in several)
    for entry in made:
        if problem := _problem(entry):
            raise ValueError(f"{quoted(entry.word)}: {problem}")
    # What holds for one voice or language comes before what holds for all.
    return tuple(sorted(made, key=lambda each: (not each.said.voice, not each.said.language)))


def _problem(entry: Entry) -> str:
    said = entry.said
    if not entry.word.strip():
        return "the word is empty"
    if said.spell == bool(said.say or said.phonemes):
        return "give `say`, `phonemes` or both, or else `spell = true`"
    if said.phonemes and not _PHONEMES.fullmatch(said.phonemes):
        return "the phonemes have brackets, slashes or digits"
    return ""


def chosen(lexicon: Lexicon, language: str, voice: str | None) -> Lexicon:
    """The entries that hold for a language and a voice."""
    code = language.partition("-")[0]
    return tuple(
        each
        for each in lexicon
        if each.said.voice in ("", voice)
        and each.said.language.lower().partition("-")[0] in ("", code)
    )


def find(text: str, lexicon: Lexicon, code: Sequence[Span] = ()) -> Iterator[Reading]:
    """The words of a lexicon in a text, in order. A word that is all of a piece of `code` takes its
    backticks along; other words in code are left.
    """
    whole = {(start + 1, end - 1): (start, end) for start, end in code}
    taken = [False] * len(text) if code else []
    for start, end in code:
        taken[start:end] = [True] * (end - start)
    by_word, folded, pattern = _compiled(lexicon)
    for match in pattern.finditer(text) if pattern else ():
        span = whole.get(match.span(), match.span())
        if span == match.span() and taken and taken[span[0]]:
            continue
        said = by_word.get(match[0]) or folded.get(match[0].casefold())
        if said:
            yield Reading(*span, _spoken(match[0], said), NAME, said.phonemes)


@lru_cache
def _compiled(
    lexicon: Lexicon,
) -> tuple[dict[str, Said], dict[str, Said], re.Pattern[str] | None]:
    exact, folded = dict[str, Said](), dict[str, Said]()
    for entry in lexicon:
        table, word = exact, entry.word
        if entry.said.ignore_case:
            table, word = folded, word.casefold()
        table.setdefault(word, entry.said)
    pattern = "|".join(filter(None, (_any_of(exact), f"(?i:{_any_of(folded)})" if folded else "")))
    return exact, folded, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)") if pattern else None


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def _spoken(word: str, said: Said) -> str:
    if said.spell:
        from narrate.reading.rules.source import spell

        return spell("".join(filter(str.isalnum, word)))
    return said.say or word
