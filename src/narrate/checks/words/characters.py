"""Languages without pronunciations: the characters of a text beside those that were heard."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def errors(text: str, heard: str) -> float:
    """The characters to change, add and remove, as a share of those of the text, without case,
    punctuation and spaces; at most 1.

    >>> errors("Où est-il ?", "ou est il"), errors("Der Weg ist weit.", "der weg weit")
    (0.14285714285714285, 0.23076923076923078)
    """
    written, said = _plain(text), _plain(heard)
    if not written:
        return float(bool(said))
    return min(1.0, _distance(written, said) / len(written))


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _distance(written: str, said: str) -> int:
    """The least number of characters to change, add and remove."""
    import numpy as np

    before = _codes(said)
    gaps = np.arange(before.size + 1)
    row = gaps
    for code in _codes(written):
        step = row + 1
        step[1:] = np.minimum(step[1:], row[:-1] + (before != code))
        row = np.minimum.accumulate(step - gaps) + gaps
    return int(row[-1])


def _codes(text: str) -> NDArray[np.uint32]:
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le"), "<u4")
