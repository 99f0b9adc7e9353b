"""The tags of SSML that narrate takes, and their attributes."""

from __future__ import annotations

import re

from narrate.base.text import quoted, shortened
from narrate.reading import durations
from narrate.reading.characters import has_word
from narrate.reading.problems import Problem, Unreadable
from narrate.reading.words import are_phonemes

INTERPRETATIONS = ("characters", "cardinal", "ordinal", "date", "time", "telephone")
"""What words can be said as."""

SPELLED = "spell-out"
"""Another name for `characters`."""

EXAMPLES = {
    "break": '<break time="0.6s"/>',
    "bookmark": "<bookmark mark='x'/>",
    "mark": '<mark name="x"/>',
    "sub": '<sub alias="World Wide Web">WWW</sub>',
    "say-as": '<say-as interpret-as="characters">SQL</say-as>',
    "phoneme": '<phoneme alphabet="ipa" ph="ˈdeɪtə">data</phoneme>',
    "lang": '<lang xml:lang="fr">bonjour</lang>',
}
"""Each tag as it is written."""

TAKEN = "<break>, <mark>, <bookmark>, <sub>, <say-as>, <phoneme> and <lang>"

PATTERN = (
    rf"<(?P<tag>{'|'.join(sorted(EXAMPLES, reverse=True))})(?![\w:.-])(?P<attributes>[^<>]*)>"
    r"|</(?P<closing>lang)\s*>"
)
"""A tag that narrate takes, but for the end of those around words."""

_ATTRIBUTE = r"""([\w:.-]+)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')"""
_ATTRIBUTES = re.compile(rf"(?:\s++{_ATTRIBUTE})*+\s*+(?:/\s*+)?")
_NAME = re.compile(r"""[^"']{1,100}""")


def malformed(written: str, name: str) -> Unreadable:
    """The error for a tag that is not written as it should be."""
    shown = f"'{shortened(written, 60)}'"
    return Unreadable(Problem(f"malformed tag {shown}", f"write {EXAMPLES[name]}"))


class Tag:
    """A tag with its attributes. Its methods raise Unreadable where one is wrong or missing."""

    def __init__(self, name: str, attributes: str) -> None:
        # Few texts have tags.
        import html

        self.name = name.lower()
        self.written = f"<{name}{attributes}>"
        if not _ATTRIBUTES.fullmatch(attributes):
            raise malformed(self.written, self.name)
        self._given = {
            each[1].lower(): html.unescape(each[2] or each[3] or "")
            for each in re.finditer(_ATTRIBUTE, attributes)
        }

    def given(self, attribute: str) -> str:
        """The value of an attribute that it must have."""
        if not (value := self._given.get(attribute, "").strip()):
            raise malformed(self.written, self.name)
        return value

    def seconds(self) -> float:
        """How long the silence of a break is."""
        return durations.seconds(self.given("time"))

    def mark(self) -> str:
        """The name of a mark, as SSML or as a bookmark of Azure and manim-voiceover has it."""
        name = self.given("name" if self.name == "mark" else "mark")
        if not _NAME.fullmatch(name):
            raise malformed(self.written, self.name)
        return name

    def value(self) -> str:
        """What it says of the words inside it."""
        if self.name == "sub":
            return self.alias()
        if self.name == "phoneme":
            return self.phonemes()
        if self.name == "lang":
            return self.given("xml:lang")
        how = self.given("interpret-as").lower()
        how = "characters" if how == SPELLED else how
        if how not in INTERPRETATIONS:
            names = ", ".join(INTERPRETATIONS)
            what = f"say-as has no interpretation {how!r}"
            raise Unreadable(Problem(what, f"write one of: {names}"))
        return f"{how} {self._given.get('format', '')}".strip()

    def alias(self) -> str:
        """Words that are said instead of those inside it."""
        alias = self.given("alias")
        if not has_word(alias):
            what = f"the alias {quoted(alias)} has no word"
            raise Unreadable(Problem(what, f"write what is said: {EXAMPLES['sub']}"))
        return alias

    def phonemes(self) -> str:
        """Phonemes in IPA."""
        alphabet = self._given.get("alphabet", "ipa").lower()
        if alphabet != "ipa":
            what = f"phonemes in the alphabet {alphabet!r} are not taken"
            raise Unreadable(Problem(what, f"write them in IPA: {EXAMPLES['phoneme']}"))
        phonemes = self.given("ph")
        if not are_phonemes(phonemes):
            what = f"{quoted(phonemes)} are no phonemes"
            raise Unreadable(Problem(what, f"write IPA, without slashes: {EXAMPLES['phoneme']}"))
        return phonemes
