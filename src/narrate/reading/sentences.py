"""Where sentences end, in all the languages that engines speak.

One table serves every language: an abbreviation of one language is rarely the last word of a
sentence in another. On the 37 texts of `tests/reading/sentences.tsv`, these rules are right 36
times, pysbd 0.3.4 and sentencex 1.0.32 32 times, and blingfire 0.1.8 31 times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_END = re.compile(r"""([.!?…]+)["'”’»)\]]*|[。！？]+[」』”’）]*""")
_LOOK_BACK = 24
_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"(?<![\w.'’])(?:{_LETTER}{{1,2}}\.\s?){{0,5}}(?:{_LETTER}+|\d+)$")
_NEXT = re.compile(rf"""\s*["'“‘«(\[]*({_LETTER}+)""")

_ROMAN = re.compile(r"[IVXLC]{2,}|[VX]")

_NEVER = _words(
    # English: titles, names of places, references
    "Mr Mrs Ms Mx Dr Drs Prof Gen Capt Lt Sgt Cpl Maj Cmdr Adm Brig Gov Sen Rep Pres Rev Hon Fr "
    "Msgr Supt Mt Mts Ft Messrs Fig Figs Eq Eqs Vol Vols Sec Ch Chap Nos pp cf vs approx viz e.g "
    "i.e "
    # German
    "Hr Frl Abb bzw z.B d.h i.d vgl sog evtl ggf inkl Nr Bd Kap Tab u.a "
    # French
    "M MM Mme Mmes Mlle Mlles Mgr p.ex "
    # Spanish, Portuguese
    "Sr Sra Sres Sras Srta Dra Dras Lic Ing Arq Ud Uds Vd p.ej pág págs núm Exmo Exma Profa "
    # Italian
    "Sig Sigg sig sigg dott prof avv Dott Avv pagg "
    # Russian
    "т.е ул стр рис гл табл проф акад Проф Акад Ул Рис Табл"
)
"""Abbreviations, without their last full stop, that need the words after them."""

_MAYBE = _words(
    "Col Jr Inc Ltd Co Corp Bros St Ave Blvd Rd etc al Jan Feb Aug Sept Sep Oct Nov Dec Mon Tue "
    "Tues Wed Thu Thurs Fri Str ca usw Mio Mrd Sto Sta Av cap ecc pag EE UU им см"
)
"""Abbreviations that may also end a sentence, and that are words: what follows decides."""

_OPENERS = _words(
    "The This That These Those There Then It He She We They You I In On At As A An And But If When "
    "While After Before For From To Let Now Here What Who Why How Where My Our Your His Their Some "
    "Both Many Most Another Nobody Everyone However Because Although Thus "
    "Der Die Das Ein Eine Es Er Sie Wir Ich Dann Danach Und Aber Wenn Im Am Auf Nach Dies Diese "
    "Il Elle Ils Elles On Nous Vous Je Ce Cette Ces Et Mais Puis Dans Pour Alors Ensuite "
    "El Los Las Una Él Ella Pero Luego Entonces En Si Cuando Este Esta Esto Hay Después "
    "Gli Ma Poi Quando Questo Questa È Noi Os As Um Uma Mas Depois Então Ele Ela Eles "
    "Он Она Оно Они Мы Вы Я Это Этот Эта В На И Но А Затем Потом Если Когда Так Там Здесь"
)
"""Words that begin sentences, and hardly ever names."""

_AFTER_ORDINAL = _words(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember "
    "Jahrhundert Jahrhunderts Klasse Kapitel Tag Mal Platz Stock Auflage Weltkrieg Reich"
)
"""German nouns that follow a number with a full stop, as in "am 3. Mai"."""


def ends(text: str) -> Iterator[int]:
    """The positions at which a new sentence starts, in order. Takes linear time."""
    start = 0
    for match in _END.finditer(text):
        if match[1] is None:
            start = match.end()
            yield start
        elif text[match.end() : match.end() + 1].isspace() and _is_end(text, start, match):
            start = match.end() + 1
            yield start


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the sentence that began at `start` ends with the full stop or the like in `match`."""
    after = text[match.end() : match.end() + 40]
    opening = after.lstrip(" \"'“‘«([")[:1]
    if opening.islower() or opening.isdigit():
        return False
    return match[1] != "." or not _is_abbreviated(text, start, match.start(), after)


def _is_abbreviated(text: str, start: int, stop: int, after: str) -> bool:
    word = _WORD.search(text[max(start, stop - _LOOK_BACK) : stop])
    if not word:
        return False
    chain = "".join(word[0].split())
    last = chain.rpartition(".")[2]
    following = _NEXT.match(after)
    follower = following[1] if following else ""
    if last.isdigit():
        return follower in _AFTER_ORDINAL or not text[start : stop - len(last)].strip()
    if last == "No":
        return _ROMAN.fullmatch(follower) is not None
    if chain in _NEVER or last in _NEVER:
        return True
    if "." in chain or len(last) == 1 or last in _MAYBE:
        return bool(follower) and follower not in _OPENERS
    return False
