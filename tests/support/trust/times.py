"""When each word of a clip is said: pocketsphinx aligns the phonemes of hibari with the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from support.trust.clips import RATE, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ARPABET = """
    A:EY I:AY W:AW Y:OY O:OW Q:OW ə:AH ᵊ:AH ɐ:AH ɪ:IH ᵻ:IH i:IY u:UW ʊ:UH ʌ:AH ɛ:EH æ:AE a:AE ɑ:AA
    ɔ:AO ɒ:AA ɜ:ER T:D ɾ:D ŋ:NG ʃ:SH ʒ:ZH ʧ:CH ʤ:JH θ:TH ð:DH j:Y ɹ:R ɡ:G h:HH b:B d:D f:F k:K l:L
    m:M n:N p:P s:S t:T v:V w:W z:Z x:K ʔ:T
"""
_SIGNS = dict(part.split(":") for part in _ARPABET.split())
"""The phonemes of the acoustic model of pocketsphinx for those of hibari."""


PAUSE = 0.02
"""A level that is 34 dB below the loudest sounds ends a word."""


def phones(phonemes: str) -> str:
    """A word of hibari's phonemes in those of pocketsphinx."""
    plain = phonemes.replace("ɜɹ", "ɜ").replace("əɹ", "ɜ")
    return " ".join(_SIGNS[sign] for sign in plain if sign in _SIGNS)


def aligned(
    samples: NDArray[np.float32], rate: int, words: Sequence[str], phonemes: Sequence[str]
) -> tuple[Word, ...]:
    """The words of a clip with their times. Raises ValueError if they cannot be found in it."""
    import numpy as np
    import soxr

    heard = samples if rate == RATE else soxr.resample(samples, rate, RATE, quality="HQ")
    raw = (np.clip(heard, -1, 1) * 32767).astype("<i2").tobytes()
    decoder = _decoder()
    decoder.set_align_text(" ".join(_name(decoder, phones(each)) for each in phonemes))
    decoder.start_utt()
    decoder.process_raw(raw, full_utt=True)
    decoder.end_utt()
    found = [part for part in decoder.seg() or () if part.word.startswith("w")]
    if len(found) != len(words):
        raise ValueError(f"{len(found)} of {len(words)} words were found")
    frame = rate // 100
    return tuple(
        Word(word, part.start_frame * frame, min((part.end_frame + 1) * frame, len(samples)))
        for word, part in zip(words, found, strict=True)
    )


def tightened(samples: NDArray[np.float32], rate: int, word: Word) -> Word:
    """A word without the pause behind it."""
    import numpy as np

    frame = rate // 200
    level = np.abs(samples[word.start : word.end])
    peaks = np.maximum.reduceat(level, np.arange(0, level.size, frame))
    sounding = np.flatnonzero(peaks > PAUSE * np.percentile(np.abs(samples), 99))
    if not sounding.size:
        return word
    return replace(word, end=min(word.end, word.start + int(sounding[-1] + 1) * frame))


@cache
def _decoder() -> Any:
    import pocketsphinx

    model = pocketsphinx.get_model_path("en-us/en-us")
    options = {"hmm": model, "dict": None, "lm": None, "samprate": RATE, "loglevel": "FATAL"}
    return pocketsphinx.Decoder(pocketsphinx.Config(**options))


def _name(decoder: Any, said: str) -> str:
    """A word of its dictionary with this pronunciation."""
    name = "w" + said.replace(" ", "")
    if decoder.lookup_word(name) is None:
        decoder.add_word(name, said, True)
    return name
