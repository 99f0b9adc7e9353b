"""What hibari would say, without its voice."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any


def phonemes(text: str) -> list[tuple[str, str]]:
    """Each word of a text between spaces, in hibari's notation, and its phonemes. The text has no
    numbers or symbols: they are read without hibari's rules for them. The first call loads the
    lexicon, in about 1 s.
    """
    from hibari import Hibari

    g2p = _lexicon()
    words: list[tuple[str, str]] = []
    for sentence in Hibari.split_sentences(text.replace("’", "'")):
        goes_on = False
        for token in g2p.phonemize_tokens(g2p.tokenize(sentence)):
            said = token.phonemes or ""
            if goes_on:
                words[-1] = words[-1][0] + token.text, words[-1][1] + said
            else:
                words.append((token.text, said))
            goes_on = not token.whitespace
    return words


@lru_cache(1)
def _lexicon() -> Any:
    # Its network for unknown words brings onnxruntime, which reports to its maker otherwise.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    from hibari.g2p import G2P

    return G2P()
