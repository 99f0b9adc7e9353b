"""Nothing is ever dropped: what is written is said, or is a mark without words, or is an error."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hibari import Hibari
from hypothesis import given, settings
from hypothesis import strategies as st

from narrate.engines import hibari
from narrate.planning.speakable import unspeakable
from narrate.reading import markup, utterances
from narrate.reading.characters import silence
from narrate.reading.problems import Unreadable
from narrate.reading.reader import Reader
from narrate.reading.rules import symbols
from narrate.reading.utterances import Spoken

READER = Reader()
GROUP = 25
CARRIER = "see {} here"


def read(text: str) -> Spoken | Unreadable:
    """What a literal text says, or why it cannot be read."""
    try:
        return utterances.read(markup.escape(text), reader=READER, lenient=True)
    except Unreadable as error:
        return error


def bare(text: str) -> str:
    """The text without white space and invisible signs, and with ligatures as letters."""
    seen = (c for c in text if silence(c) not in ("space", "invisible sign"))
    parts = (unicodedata.normalize("NFKC", c) if "\ufb00" <= c <= "\ufb06" else c for c in seen)
    return unicodedata.normalize("NFC", "".join(parts))


def dropped(spoken: Spoken) -> list[str]:
    """The characters that are shown, and neither said nor without words."""
    shown = spoken.display
    silent = symbols.bullets(shown) | {at for at, c in enumerate(shown) if silence(c)}
    read_at = {at for each in spoken.readings for at in range(each.start, each.end)}
    uttered, end = set[int](), 0
    for part in spoken.utterances:
        start = shown.index(part.shown, end)
        end = start + len(part.shown)
        uttered |= {*range(start, end)}
    left = [at for at in range(len(shown)) if at not in silent]
    return [
        shown[at]
        for at in left
        if at not in uttered or not (at in read_at or symbols.stays(shown[at]))
    ]


def is_whole(text: str) -> bool:
    """Whether a text can be read; if so, nothing of it may be missing."""
    spoken = read(text)
    if isinstance(spoken, Unreadable):
        assert all(problem.what and problem.hint for problem in spoken.problems)
        return False
    if not spoken.warnings:  # A scene break is silence, and says so.
        assert bare(spoken.display) == bare(text)
        assert dropped(spoken) == []
    said = [each for part in spoken.utterances for each in part.readings]
    assert all(reading.spoken.strip() for reading in said)
    return True


def assigned() -> Iterator[str]:
    """Every character that Unicode names, and controls."""
    for point in range(0x110000):
        if unicodedata.category(chr(point)) not in ("Cn", "Co", "Cs"):
            yield chr(point)


def test_every_character_is_said_or_has_no_words_or_is_an_error() -> None:
    characters = [*assigned()]
    refused: list[str] = []
    for first in range(0, len(characters), GROUP):
        group = characters[first : first + GROUP]
        if not is_whole(", ".join(map(CARRIER.format, group))):
            refused += [c for c in group if not is_whole(CARRIER.format(c))]
    assert 5_000 < len(refused) < 9_000
    assert not {unicodedata.category(c) for c in refused} & {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"}


@pytest.mark.parametrize("sign", "⊞※‗ூ؀𝄞⠓")
def test_an_error_names_the_sign(sign: str) -> None:
    error = read(f"This is {sign} here")
    assert isinstance(error, Unreadable)
    assert unicodedata.name(sign).lower() in error.problems[0].what


ANY = st.characters(categories=("L", "M", "N", "P", "S", "Z", "Cc", "Cf"))
NOTATION = st.sampled_from([*"aAxI0195 .,:;-–/*+=%$€#@&^~°²½×→≥'\"()<>|!?\n■•\u0304\ufe0f\u20e3"])
PARTS = st.one_of(ANY, st.characters(categories=("S", "P", "No", "Nl", "Mn")), NOTATION)


@settings(max_examples=500)
@given(st.lists(PARTS, max_size=40).map("".join))
def test_nothing_of_any_text_is_dropped(text: str) -> None:
    is_whole(text)


def test_marks_without_words_are_no_letters_digits_or_signs() -> None:
    classes: dict[str, set[str]] = defaultdict(set)
    for character in assigned():
        classes[silence(character)].add(unicodedata.category(character))
    del classes[""]
    # Some letters that are not seen fill up Korean syllables, and variation selectors are marks.
    assert classes.pop("invisible sign") == {"Cc", "Cf", "Lo", "Mn"}
    assert {category[0] for each in classes.values() for category in each} == {"P", "Z", "C"}
    assert classes.keys() == {"space", "dash", "quotation mark", "bracket", "pause", "bullet"}


@pytest.mark.parametrize("sign", "‱†‡§¶‰※_/*&@#%⁂‗")
def test_punctuation_with_words_is_not_silent(sign: str) -> None:
    assert silence(sign) == ""


@pytest.mark.parametrize("text", ["■ one", "First: ■ one. ■ two", "Home • About", "So:\n● a\n● b"])
def test_a_bullet_is_silent(text: str) -> None:
    spoken = read(text)
    assert isinstance(spoken, Spoken)
    assert "square" not in " ".join(part.text for part in spoken.utterances)


@pytest.mark.parametrize("sign", "‱※†→😀5")
def test_a_sign_alone_reaches_the_engine_in_another_language(sign: str) -> None:
    assert utterances.read(sign, reader=Reader("zh")).utterances[0].text == sign


def test_hibari_says_every_letter_that_it_takes() -> None:
    """A letter that the real voice leaves out sounds as if it were not there."""
    voice = Hibari()

    def sound(text: str) -> str:
        return "".join("".join(voice.phonemize(text)).split())

    without = sound(CARRIER.format(" "))
    letters = (c for c in assigned() if c.isalnum() and not silence(c))
    taken = [c for c in letters if not unspeakable(c, hibari.CAPABILITIES)]
    said = [spoken for c in taken if isinstance(spoken := read(CARRIER.format(c)), Spoken)]
    texts = {part.text for spoken in said for part in spoken.utterances}
    assert len(texts) > 300
    assert [text for text in texts if sound(text) == without] == []
