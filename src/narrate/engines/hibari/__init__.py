"""hibari: a small neural English voice that ships inside its package and runs on any CPU."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from narrate.base.text import quoted
from narrate.engines.base import (
    Auto,
    Capabilities,
    Job,
    ModelRef,
    Reference,
    Synthesis,
    Unspeakable,
)
from narrate.engines.hibari.spelling import SPELLING

_LETTERS = (
    "ÀÁÂÃÄÅÆÇÉÊÌÍÎÏÑÒÓÔÕÖØÚÜÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĀāĂăąĆćČčĎďĐđĒēĕĖėęěĝĞğġ"
    "ģīĭİıķļĽľŁłńņňŋŌōŏőŒœŘřŚśŞşŠšţťūŭŮůŰųŵźŻżŽžƒơưǎǐǒǔǚșțɑɒɓəɛʃΒΓΔΚΛΜΟΠΣΥΦΧΨΩάαβγδεη"
    "θκλμνξπρστυφχψωАБВГДЕЖИКЛМНОПРСТФХШЬабвгдезиклмнопрстуфхцчшщыьэюяёṛₗ"
)
"""The letters beyond ASCII that its network for unknown words has; it skips all others."""

_SYMBOLS = "°±×÷½¼¾²³µ¢£¥€₹₩§¶©®™№→₀₁₂₃₄₅₆₇₈₉"
"""Symbols beyond ASCII that it reads, or that nobody reads."""

_LONGEST_NUMBER = 36
"""It has names for numbers of so many digits."""

_NUMBER = re.compile(r"([-−]?)([$£€]?)(\d[\d,]*)")
_CURRENCIES = {"": "", "$": " dollars", "£": " pounds", "€": " euros"}

CAPABILITIES = Capabilities(
    name="hibari",
    behaviour=1,
    model="heart",
    languages=("en", "en-us"),
    speakers=("heart",),
    voices=("speaker",),
    packages=("hibari-tts", "numpy"),
    rtf=0.02,
    characters=_LETTERS + _SYMBOLS,
    longest_word=24,
    spelling=SPELLING,
    auto=Auto.DEFAULT_VOICE,
    loses_words=False,
)


def spelled(text: str) -> str:
    """The text with long numbers digit by digit, and with ordinary digits for ① and ₂."""
    plain = "".join(
        f" {unicodedata.digit(char)} " if char.isdigit() and not char.isdecimal() else char
        for char in text
    )
    return _NUMBER.sub(_digit_by_digit, plain)


def _digit_by_digit(number: re.Match[str]) -> str:
    sign, currency, written = number.groups()
    digits = written.replace(",", "")
    if len(digits) <= _LONGEST_NUMBER:
        return number[0]
    end = "," if written.endswith(",") else ""
    return ("minus " if sign else "") + " ".join(digits) + _CURRENCIES[currency] + end


class Engine:
    """Speaks one job at a time; the same job gives the same samples, whatever else is installed."""

    def load(self, model: ModelRef) -> None:
        # hibari takes its Fourier transform from scipy where there is one, and then its samples
        # differ.
        sys.modules["scipy"] = None  # type: ignore[assignment]
        sys.modules["scipy.fft"] = None  # type: ignore[assignment]
        from narrate.engines.hibari.timed import Timed

        self._model = Timed(CAPABILITIES.model)

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Unspeakable]:
        for job in jobs:
            yield self._speak(job.request.text, job.seed)

    def _speak(self, text: str, seed: int) -> Synthesis | Unspeakable:
        try:
            sound = self._model.speak(text, seed)
        except (IndexError, ValueError):
            # Only such texts are spelled, so that all others sound as they did.
            try:
                sound = self._model.speak(spelled(text), seed)
            except (IndexError, ValueError):
                return Unspeakable(f"hibari cannot read {self._unreadable(text)}")
        if sound.samples.size:
            return sound
        return Unspeakable("hibari found nothing in it that English can say")

    def _unreadable(self, text: str) -> str:
        """The words that it fails on; the whole text if it reads each of them alone."""
        words = [word for word in text.split() if not self._reads(word)]
        return ", ".join(map(quoted, words[:5] or [text]))

    def _reads(self, word: str) -> bool:
        try:
            self._model.read(spelled(word))
        except (IndexError, ValueError):
            return False
        return True

    def close(self) -> None:
        del self._model
