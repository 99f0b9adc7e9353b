"""hibari: a small neural English voice that ships inside its package and runs on any CPU."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_letters, ascii_lowercase
from typing import TYPE_CHECKING

from narrate.base.spelling import Spelling
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

if TYPE_CHECKING:
    from hibari import Hibari

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

_IPA = {
    "eɪ": "A",
    "aɪ": "I",
    "aʊ": "W",
    "oʊ": "O",
    "əʊ": "O",
    "ɔɪ": "Y",
    "tʃ": "ʧ",
    "dʒ": "ʤ",
    "ɝ": "ɜɹ",
    "ɚ": "əɹ",
    "ɾ": "T",
    "ː": "",
    "g": "ɡ",
    "r": "ɹ",
}

_SOUNDS = (
    "AIOQSTWYabcdefhijklmnopqrstuvwxyzæçðøŋœɐɑɒɔɕɖəɚɛɜɟɡɣɤɥɨɪɯɰɲɳɴɸɹɻɽɾʁʂʃʈʊʋʌʎʒʔʝʣʤʥʦʧʨʰʲˈˌː"
    "\u0303βθχᵊᵝᵻꭧ"
)
"""The signs of phonemes that its model has; it skips all others."""

_LETTERS_SAID = {"A": "[A](/ˈA/)", "I": "[I](/ˈI/)"}
_IN_LETTERS = {
    f"in {letter}": f"[in](/ˈɪn/) {_LETTERS_SAID.get(letter, letter)}" for letter in ascii_letters
}
"""Without stress, "x is in A" would sound like "x is an A"."""

_WORDS = """
    async ˈAsɪŋk
    asyncio ˈAsɪŋk ˌI ˈO
    banach bˈɑnɑk
    bohr bˈɔɹ
    cauchy kˈOʃi
    cholesky kəlˈɛski
    einsum ˈInsˌʌm
    emacs ˈimæks
    enum ˈinʌm
    env ˈɛnv
    epoch ˈɛpˌɑk
    epochs ˈɛpˌɑks
    euler ˈYləɹ
    fourier fˈʊɹiˌA
    frobenius fɹObˈiniəs
    galois ɡælwˈɑ
    gibibyte ɡˈɪbiˌbIt
    gibibytes ɡˈɪbiˌbIts
    golang ɡˈOlæŋ
    heroku həɹˈOku
    idempotence ˈIdəmpˌOtᵊns
    idempotent ˈIdəmpˌOtᵊnt
    jupyter ʤˈupɪtəɹ
    keras kˈɛɹəs
    kibana kɪbˈɑnə
    kirchhoff kˈɪɹkɔf
    kronecker kɹˈOnɛkəɹ
    kubernetes kˌubəɹnˈɛtiz
    kwargs kwˈɑɹɡz
    lagrange ləɡɹˈɑnʤ
    lagrangian ləɡɹˈɑnʤiən
    laplace ləplˈɑs
    laplacian ləplˈɑsiən
    lebesgue ləbˈɛɡ
    legendre ləʒˈɑndəɹ
    leibniz lˈIbnɪts
    logits lˈOʤɪts
    monorepo mˈɑnOɹˌipO
    poisson pwɑsˈɔn
    postgres pˈOstɡɹɛs
    qwen kwˈɛn
    redis ɹˈɛdɪs
    relu ɹˈɛlu
    schrödinger ʃɹˈOdɪŋəɹ
    scikit sˈIkɪt
    vite vˈit
    webassembly wˌɛb əsˈɛmbli
    webhook wˈɛbhˌʊk
"""
"""Names that it does not know, or says as other words, with its phonemes."""

_ALPHABET = """
    ˈA bˈi sˈi dˈi ˈi ˈɛf ʤˈi ˈAʧ ˈI ʤˈA kˈA ˈɛl ˈɛm ˈɛn ˈO pˈi kjˈu ˈɑɹ ˈɛs tˈi jˈu vˈi dˈʌbᵊlju
    ˈɛks wˈI zˈi
"""


def _words() -> dict[str, str]:
    """The names above, also with 's, and ordinals of letters, whose -th it would spell."""
    names = dict(line.split(maxsplit=1) for line in _WORDS.strip().splitlines())
    endings = dict.fromkeys("szʃʧʤ", "ᵻz") | dict.fromkeys("fkpt", "s")
    owners = {f"{name}'s": said + endings.get(said[-1], "z") for name, said in names.items()}
    letters = zip(ascii_lowercase, _ALPHABET.split(), strict=True)
    return names | owners | {f"{letter}-th": f"{said}θ" for letter, said in letters}


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
    spelling=Spelling(
        letters=_LETTERS_SAID | _IN_LETTERS,
        phonemes="[{spoken}](/{phonemes}/)",
        ipa=_IPA,
        sounds=_SOUNDS,
        words=_words(),
    ),
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
        from hibari import Hibari

        self._model: Hibari = Hibari(voice=CAPABILITIES.model, threads=1)

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Unspeakable]:
        for job in jobs:
            yield self._speak(job.request.text, job.seed)

    def _speak(self, text: str, seed: int) -> Synthesis | Unspeakable:
        try:
            samples = self._model(text, seed=seed)
        except (IndexError, ValueError):
            # Only such texts are spelled, so that all others sound as they did.
            try:
                samples = self._model(spelled(text), seed=seed)
            except (IndexError, ValueError):
                return Unspeakable(f"hibari cannot read {self._unreadable(text)}")
        if samples.size:
            return Synthesis(samples, self._model.sample_rate)
        return Unspeakable("hibari found nothing in it that English can say")

    def _unreadable(self, text: str) -> str:
        """The words that it fails on; the whole text if it reads each of them alone."""
        words = [word for word in text.split() if not self._reads(word)]
        return ", ".join(map(quoted, words[:5] or [text]))

    def _reads(self, word: str) -> bool:
        try:
            self._model.g2p(spelled(word))
        except (IndexError, ValueError):
            return False
        return True

    def close(self) -> None:
        del self._model
