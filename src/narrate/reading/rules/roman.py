"""Roman numerals, where the word before them says so: `Chapter IV`, `Louis XIV`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import Form

NAME = "roman"

_PARTS = (
    "Chapter|Part|Volume|Vol\\.|Book|Act|Scene|Section|Phase|Stage|Type|Class|Level|War|Appendix"
    "|Article|Title|Figure|Table|Lesson|Unit|Episode|Season|Mark|Rocky|Fantasy|Bowl|Symphony|Apollo"
    "|Schedule|Tier|Group|Day|Module|Theorem|Lemma|Case|Step|Problem|Exercise"
    "|Quarter|Quadrant|Round|Grade"
    "|quadrant|chapter|part|volume|book|act|scene|section|phase|stage|type|class"
    "|appendix|article|lesson|module"
)
_RULERS = (
    "Louis|Henry|George|Elizabeth|Charles|Edward|James|William|Richard|Philip|Napoleon|Pius|Paul"
    "|Benedict|Leo|Frederick|Nicholas|Catherine|Peter|Ivan|Alexander|Ramesses|Mary|Wilhelm|Otto"
    "|Gregory|Innocent|Ferdinand|Francis|Joseph|Ptolemy|Thutmose|Margaret|Christian|Gustav"
)
_ROMAN = r"(?=[MDCLXVI])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_AFTER_FIRST = r"(?!I(?! (?:of|was|and|had|ruled|reigned|in|died)\b|[.,;:!?)]|$)(?= ))"


def value(roman: str) -> int:
    """The value of a Roman numeral."""
    total = 0
    for letter, following in zip(roman, [*roman[1:], "I"], strict=True):
        amount = _VALUES[letter]
        total += -amount if amount < _VALUES[following] else amount
    return total


def _counted(match: re.Match[str]) -> str:
    return numerals.cardinal(str(value(match["it"])))


def _ruler(match: re.Match[str]) -> str:
    return f"the {numerals.ordinal(str(value(match['it'])))}"


NEEDED = frozenset("IVXLCDM")

FORMS = (
    Form(NEEDED, rf"(?<!\w)(?:{_PARTS}) (?P<it>{_ROMAN})(?![\w'’])", _counted),
    Form(
        NEEDED,
        rf"(?<!\w)(?:Pope|King|Queen|Emperor|Tsar|Pharaoh) [A-Z][a-z]{{1,20}} {_AFTER_FIRST}"
        rf"(?P<it>{_ROMAN})(?!\w)",
        _ruler,
    ),
    Form(NEEDED, rf"(?<!\w)(?:{_RULERS}) {_AFTER_FIRST}(?P<it>{_ROMAN})(?![\w])", _ruler),
    Form(
        NEEDED,
        rf"(?<!\w)(?P<it>{_ROMAN})(?:th)?(?= [Cc]entury)",
        lambda match: numerals.ordinal(str(value(match["it"]))),
    ),
)
