"""Expected words -> the phones that a voice may say for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from narrate.checks.expected import Expected
from narrate.engines.hibari.phonemes import phonemes

STRESS = "ˈˌ"
VOWELS = "əᵊɐɪᵻiuʊʌɛæaɑɔɒɜAIWYOQ"

_PHONES = {
    "A": "EY AE", "I": "AY", "W": "AW", "Y": "OY", "O": "OW AO AH", "Q": "OW AO AH",
    "ə": "AH IH", "ᵊ": "AH IH", "ɐ": "AH EY", "ᵻ": "IH AH", "ɪ": "IH", "i": "IY IH", "u": "UW UH",
    "ʊ": "UH UW AH", "ʌ": "AH", "ɛ": "EH", "æ": "AE EH AA", "a": "AE AA", "ɑ": "AA AO",
    "ɔ": "AO AA OW", "ɒ": "AA AO", "ɜ": "ER", "b": "B", "d": "D", "f": "F",
    "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "p": "P", "s": "S", "t": "T",
    "T": "D T", "ɾ": "D T", "ʔ": "T", "v": "V",
    "w": "W", "z": "Z S", "ð": "DH D", "ŋ": "NG N", "ɡ": "G", "g": "G", "ɹ": "R", "r": "R",
    "ʃ": "SH",
    "ʒ": "ZH JH SH", "ʤ": "JH", "ʧ": "CH", "θ": "TH", "x": "K",
}  # fmt: skip
"""For each sign of hibari's, the phones of the model; voices differ in the ones after the first."""

_REDUCED = ("AH", "IH")
"""What a vowel without stress may become."""

_REDUCED_WORDS = """
    a an and are as at be been but can could do does for from had has have he her him his i if in is
    it its may me must my no not of on or our shall she should so some than that the them then there
    these they this to us was we were what when which who will with would you your
"""
"""Words that a voice may reduce: `and` to `n`, `him` to `im`."""

_WEAK = frozenset(_REDUCED_WORDS.split())

_TWO_WAYS = {
    "bow": "AW OW", "either": "AY IY", "lead": "EH IY", "live": "AY IH", "lives": "AY IH",
    "neither": "AY IY", "read": "EH IY", "route": "AW UW", "routes": "AW UW", "row": "AW OW",
    "tear": "EH IH", "wind": "AY IH", "wound": "AW UW",
}  # fmt: skip
"""Words that are said in two ways, by their meaning or by the voice, and both vowels."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone by its usual name and the others that count as right. An `optional` one may be left
    out.
    """

    names: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word. `place` is the number of the word of the text that it belongs to, counted
    from 0 in `text.split()`: a word such as 3.5 has several.
    """

    place: int
    phonemes: str
    phones: tuple[Phone, ...]


class Pronouncer:
    """Reads English. Loads in about 1 s; a line takes a few milliseconds."""

    def words(self, expected: Expected) -> list[Word]:
        """The spoken words of a line, in order."""
        written = expected.text.split()
        last = max(len(written) - 1, 0)
        return [
            Word(min(place, last), _bare(said), _phones(said, text))
            for place, text, said in self._placed(expected.spelled)
        ]

    def phonemes(self, text: str) -> str:
        """The phonemes of a text in one row, without stress, spaces and punctuation."""
        return "".join(_bare(said) for _, _, said in self._placed(text))

    def _placed(self, text: str) -> Iterator[tuple[int, str, str]]:
        """For each spoken word: the number of its written word, that word, and its phonemes."""
        place = 0
        for written, read in phonemes(text):
            parts = written.split()
            said = [part for part in read.split() if _bare(part)]
            for number, part in enumerate(said):
                offset = min(number, len(parts) - 1)
                yield place + offset, parts[offset] if len(parts) == len(said) else "", part
            place += len(parts)


def _bare(phonemes: str) -> str:
    return "".join(sign for sign in phonemes if sign in _PHONES)


def _phones(phonemes: str, written: str) -> tuple[Phone, ...]:
    """The phones of one word."""
    letters = "".join(filter(str.isalpha, written.lower()))
    weak, others = letters in _WEAK, _TWO_WAYS.get(letters, "").split()
    if weak:
        others += _REDUCED
    signs = [sign for sign in phonemes if sign in _PHONES or sign in STRESS]
    stressed, found = False, list[Phone]()
    for at, sign in enumerate(signs):
        if sign in STRESS:
            stressed = True
            continue
        before = (
            next((each for each in signs[at - 1 :: -1] if each not in STRESS), "") if at else ""
        )
        after = next((each for each in signs[at + 1 :] if each not in STRESS), "")
        if not (sign in "ɹr" and before and before in "ɜə" and found[-1].names[0] == "ER"):
            reduced = () if stressed else _REDUCED
            found.append(_phone(sign, before, after, weak, (*others, *reduced)))
        stressed = False
    return tuple(found)


def _phone(sign: str, before: str, after: str, weak: bool, others: Iterable[str]) -> Phone:
    """A phone between two others; of a vowel, `others` count as right as well."""
    if sign in "əɜ" and after in ("ɹ", "r"):
        return Phone(("ER", "AH"))
    names = _PHONES[sign].split()
    if sign in VOWELS:
        names += others
    return Phone(tuple(dict.fromkeys(names)), _optional(sign, before, after, weak))


def _optional(sign: str, before: str, after: str, weak: bool) -> bool:
    """Whether voices leave a phone out: `r` in British, `d` at the end of `find`."""
    if not before:
        return weak and sign == "h"
    closed = before not in VOWELS
    return (
        sign == "ᵊ"
        or sign in "ɹr"
        and after not in VOWELS
        or sign in "ɹr"
        and not after
        or sign in "td"
        and not after
        and (closed or weak)
        or sign == "j"
        and after == "u"
        and before in "tdnszlθ"
    )
