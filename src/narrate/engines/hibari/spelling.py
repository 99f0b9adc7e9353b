"""How hibari is told to say letters, names and phonemes that it would say wrongly."""

from __future__ import annotations

from string import ascii_letters, ascii_lowercase

from narrate.base.spelling import Spelling

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


SPELLING = Spelling(
    letters=_LETTERS_SAID | _IN_LETTERS,
    phonemes="[{spoken}](/{phonemes}/)",
    ipa=_IPA,
    sounds=_SOUNDS,
    words=_words(),
)
