"""Does a clip repeat words of its reference that are not in its text?

There are two ways to tell, besides the check of words, which refuses whatever else is said. By
words: a run of words of the transcript is heard more often than it is written. This needs what a
recognizer heard, and costs nothing. By sound: a stretch of the clip sounds as the recording does,
frame by frame, as when codec frames of the reference leak into the clip. This needs no words, and
costs 0.004 × real time on one core.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import msgspec

from narrate.base.text import quoted
from narrate.checks.mel import RATE, filterbank, frames, power
from narrate.checks.recognizer import split
from narrate.thresholds import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1

HOP, SIZE, BANDS, CEPSTRA = 160, 400, 26, 12
"""Frames of 25 ms every 10 ms, and their cepstra without the level: usual in speech recognition."""

WINDOW = 40
"""Frames that are compared at a time. In 0.4 s, two clips of one voice reach a correlation of 0.75
in different words, and a recording with noise 20 dB below it reaches 0.83 with itself.
"""

LIKE = 0.8
"""The least correlation of windows that are alike."""

LOUD_SHARE = 0.6
"""A window with more silence is like any other silence, and is not compared."""

STEP = 2
"""Windows of the clip are taken every 20 ms, and those of the reference every 10 ms, so that their
grids are never apart by more than 5 ms.
"""

SHARED_LETTERS = 4
SECONDS_PER_LETTER = 0.1
SHARED_SECONDS = 0.1
"""Words that are in the text and in the reference may sound alike as long as they last. That is
slow speech, and a little for the edges; words of three letters are too short to count.
"""

LONGEST = 12
"""Words of a run; a longer one contains it."""


class Echo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of the reference is in a clip and not in its text.

    `words` is the longest run of the transcript's words, as far as a recognizer listened. `seconds`
    is how long the clip sounds as the recording does, and `start` where that begins; they are 0 if
    words in both explain it.
    """

    version: int
    words: str = ""
    seconds: float = 0.0
    start: float = 0.0


def measure(
    samples: NDArray[np.float32],
    reference: NDArray[np.float32],
    text: str,
    transcript: str,
    heard: str | None = None,
) -> Echo:
    """Compare a clip with its reference: mono samples at 16 kHz, what they should say, and what a
    recognizer heard in the clip.
    """
    written, known = _words(text), _words(transcript)
    run = () if heard is None else _longest_run(_words(heard), written, known)
    seconds, start = _alike(samples, reference)
    if seconds < _explained(written, known):
        seconds = start = 0.0
    return Echo(VERSION, " ".join(run), round(seconds, 2), round(start, 2))


def judge(echo: Echo, thresholds: Thresholds) -> tuple[str, ...]:
    """The reasons for refusing a clip, in words; empty if it passes."""
    said = (
        f"it says {quoted(echo.words)}, which is in the transcript of its reference and not in its"
        " text"
    )
    sounds = f"it repeats {echo.seconds:.1f} s of its reference at {echo.start:.1f} s"
    found = (
        (len(echo.words.split()) >= thresholds.echo_words, said),
        (echo.seconds >= thresholds.echo_seconds, sounds),
    )
    return tuple(reason for failed, reason in found if failed)


def worst(echo: Echo, thresholds: Thresholds) -> float:
    """The largest measurement as a share of its threshold: from 1 the clip is refused."""
    words = len(echo.words.split()) / thresholds.echo_words
    return max(words, echo.seconds / thresholds.echo_seconds)


def _words(text: str) -> list[str]:
    """Words without case and punctuation."""
    return ["".join(filter(str.isalnum, word.casefold())) for word in split(text)]


def _longest_run(
    heard: Sequence[str], written: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    """The longest run of known words that was heard more often than it is written."""
    for size in range(min(LONGEST, len(heard), len(known)), 0, -1):
        surplus = Counter(_runs(heard, size)) - Counter(_runs(written, size))
        found = next((run for run in _runs(known, size) if run in surplus), None)
        if found:
            return found
    return ()


def _runs(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def _explained(written: Sequence[str], known: Sequence[str]) -> float:
    """For how many seconds the longest run of words that is in both may sound alike."""
    blocks = SequenceMatcher(None, written, known, autojunk=False).get_matching_blocks()
    letters = max(sum(map(len, written[block.a : block.a + block.size])) for block in blocks)
    return SHARED_SECONDS + SECONDS_PER_LETTER * letters if letters >= SHARED_LETTERS else 0.0


def _alike(samples: NDArray[np.float32], reference: NDArray[np.float32]) -> tuple[float, float]:
    """How long the longest stretch is that sounds the same in both, and where it begins, in
    seconds; a shorter one than a window counts as none.
    """
    import numpy as np

    clip, known = _windows(samples)[::STEP], _windows(reference)
    length = np.zeros(len(known), np.int64)
    longest, end = 0, 0
    for at, window in enumerate(clip):
        # One step on in the clip is one step on in the reference.
        before = np.pad(length, (STEP, 0))[: len(known)]
        length = np.where(known @ window > LIKE, before + 1, 0)
        if length.max(initial=0) > longest:
            longest, end = int(length.max()), at
    step = STEP * HOP / RATE
    if not longest:
        return 0.0, 0.0
    return (longest - 1) * step + WINDOW * HOP / RATE, (end - longest + 1) * step


def _windows(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector of length 1 for each window of a sound; zeros for one that is mostly silent."""
    import numpy as np

    cepstra, loud = _cepstra(samples)
    if len(cepstra) < WINDOW:
        return np.zeros((0, WINDOW * CEPSTRA), np.float32)
    slide = np.lib.stride_tricks.sliding_window_view
    windows = slide(cepstra, WINDOW, axis=0).reshape(-1, WINDOW * CEPSTRA)
    spoken = slide(loud, WINDOW).mean(axis=1) >= LOUD_SHARE
    lengths = np.linalg.norm(windows, axis=1) + 1e-9
    scaled: NDArray[np.float32] = (windows * (spoken / lengths)[:, None]).astype(np.float32)
    return scaled


def _cepstra(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The cepstra of each frame, each with mean 0 and deviation 1 where it is loud and 0 elsewhere;
    and which frames are within 30 dB of the loud ones.
    """
    import numpy as np

    shape = np.hamming(SIZE).astype(np.float32)
    energy = power(frames(samples, SIZE, HOP) * shape, filterbank(BANDS, SIZE))
    top = np.percentile(energy.sum(axis=1), 95)
    loud = energy.sum(axis=1) > top / 1000
    order, band = np.arange(1, 1 + CEPSTRA), np.arange(BANDS) + 0.5
    cepstra = np.log(energy + 1e-4 * top / BANDS + 1e-12) @ np.cos(
        np.pi * np.outer(band, order) / BANDS
    )
    if not loud.any():
        return np.zeros_like(cepstra, dtype=np.float32), loud
    scaled = (cepstra - cepstra[loud].mean(axis=0)) / (cepstra[loud].std(axis=0) + 1e-9)
    return np.where(loud[:, None], scaled, 0).astype(np.float32), loud
