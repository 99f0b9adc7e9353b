"""What a recording says, by speech recognition: words with their times.

Costs 0.14 × real time on one core with Whisper tiny.en and clips of 5 s, and twice that with clips
of 2.5 s, as Whisper always works on 30 s; base costs twice as much as tiny.en.
"""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from narrate.errors import EnvironmentProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz, that every recognizer hears."""

INSTALL = "pip install 'narrate-cli[checks]'"

NO_SPEECH = 0.6
"""Above this probability that 30 s hold no speech, what Whisper makes up for them is left out. On
silence, hum, clicks and noise it is 0.72 to 0.96 (tiny.en and base), on 45 spoken lines, some of
one word, 0.42 at most. After a long silence it may be too low: 0.45 for a "Thank you" that nobody
said.
"""

SILENCE = 10 ** (-50 / 20)
"""-50 dBFS: before the first and after the last sample that is louder, there are no words."""

EDGE_SECONDS = 0.5
"""How much of the silence at the edges Whisper gets."""

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
"""Scripts without spaces between words (Thai, Lao, Burmese, Khmer, Japanese, Chinese): each letter
counts as a word.
"""

WORD = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was heard, and where it begins and ends in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard as one line and word by word, and in which language (a code such as "en").

    Some recognizers give no times; then `timed` is false, and every word begins and ends at 0.
    """

    text: str
    words: tuple[Word, ...]
    language: str
    timed: bool = True


class Hearing(Protocol):
    """Anything that listens: faster-whisper in this process, or a model in another environment."""

    def listen(self, samples16: NDArray[np.float32], language: str | None = None) -> Heard:
        """Transcribe mono samples at 16 kHz in a language that it `hears`, or in a detected one.

        Raises EnvironmentProblem if the recognizer fails; another call may succeed.
        """
        ...

    def hears(self, language: str | None) -> bool:
        """Whether it knows a language; None is one that it may detect."""
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...


class Recognizer:
    """A Whisper model in the format of faster-whisper, ready to listen in this process."""

    def __init__(self, folder: str, threads: int = 1) -> None:
        """Load the model in a folder, for so many threads. Raises EnvironmentProblem."""
        if not installed():
            raise EnvironmentProblem(
                "faster-whisper is not installed", where="speech recognition", hint=INSTALL
            )
        try:
            self._model: Any = _load(folder, threads)
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise EnvironmentProblem(
                f"the model in {folder} cannot be loaded ({reason})",
                where="speech recognition",
                hint="name another one with --asr-model or NARRATE_ASR_MODEL,"
                " or run: narrate models pull recogniser",
            ) from error

    def listen(self, samples16: NDArray[np.float32], language: str | None = None) -> Heard:
        """Transcribe mono samples at 16 kHz, of any length, in a language that the model `hears`,
        or in a detected one.

        Only silence at the edges is left out; voice detection might take words for noise. The same
        samples always give the same words. The word times are 8 % of the cost.
        """
        start, stop = _audible(samples16)
        if start == stop:
            return Heard("", (), language or "")
        found, about = self._model.transcribe(
            samples16[start:stop],
            language=language,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            no_speech_threshold=NO_SPEECH,
            # Without these two, no score makes Whisper keep what it makes up for silence.
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        segments = list(found)
        words = [
            part
            for segment in segments
            for word in segment.words
            for part in timed(word.word, start / RATE + word.start, start / RATE + word.end)
        ]
        text = " ".join("".join(segment.text for segment in segments).split())
        return Heard(text, tuple(words), str(about.language))

    def hears(self, language: str | None) -> bool:
        """Whether the model knows a language; None is one that it may detect."""
        return language is None or language in self._model.supported_languages

    def close(self) -> None:
        """Let go of the model."""
        del self._model


@dataclass(frozen=True, slots=True)
class Comparison:
    """A transcript beside what was heard; words are compared without case and punctuation.

    `errors` is an upper bound on the least number of words to change, add and remove. `unwritten`
    words were heard and are not in the transcript, `unheard` words are in it and were not heard.
    `boundaries` holds the places between two words at which both sides agree: the number of words
    that were heard before it, and the number of words that are written before it.
    """

    words: int
    errors: int
    unwritten: tuple[str, ...]
    unheard: tuple[str, ...]
    boundaries: dict[int, int]

    @property
    def rate(self) -> float:
        """The share of words that are wrong or missing, of the longer of the two sides."""
        return self.errors / max(self.words, 1)


def compare(transcript: list[str], heard: list[str]) -> Comparison:
    """Align the words of a transcript with those that were heard.

    One word of four was heard wrongly, and one more was heard at the end:

    >>> found = compare("We came home late".split(), "We come home late again".split())
    >>> found.errors, found.rate
    (2, 0.4)
    >>> found.unwritten, found.unheard
    (('come', 'again'), ('came',))

    Both sides agree at the beginning and between "home" and "late". At the other boundaries, the
    word before or after differs, so it is not certain what belongs together:

    >>> found.boundaries
    {0: 0, 3: 3}
    """
    written, spoken = [_plain(word) for word in transcript], [_plain(word) for word in heard]
    errors = 0
    unwritten: list[str] = []
    unheard: list[str] = []
    boundaries: dict[int, int] = {}
    if written[:1] == spoken[:1]:
        boundaries[0] = 0
    spans = SequenceMatcher(None, spoken, written, autojunk=False).get_opcodes()
    for kind, heard_from, heard_to, written_from, written_to in spans:
        if kind == "equal":
            # Inside the span only: at its ends, the words on the other side differ.
            for offset in range(1, heard_to - heard_from):
                boundaries[heard_from + offset] = written_from + offset
        else:
            errors += max(heard_to - heard_from, written_to - written_from)
            unwritten += heard[heard_from:heard_to]
            unheard += transcript[written_from:written_to]
    if written[-1:] == spoken[-1:]:
        boundaries[len(spoken)] = len(written)
    words = max(len(written), len(spoken))
    return Comparison(words, errors, tuple(unwritten), tuple(unheard), boundaries)


def places(text: str) -> list[int]:
    """Where the words of a text begin; punctuation on its own is none."""
    return [found.start() for found in WORD.finditer(text) if _plain(found[0])]


def split(text: str) -> list[str]:
    """The words of a text, with the punctuation on them."""
    return [found[0] for found in WORD.finditer(text) if _plain(found[0])]


def installed() -> bool:
    """Whether faster-whisper is there; it is not imported."""
    return find_spec("faster_whisper") is not None


def at_rate(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Mono samples at the rate that every recognizer hears."""
    import soxr

    if rate == RATE:
        return samples
    resampled: NDArray[np.float32] = soxr.resample(samples, rate, RATE, quality="HQ")
    return resampled


def timed(text: str, start: float, end: float) -> list[Word]:
    """The words of a part of a text; if there are several, they share its time equally."""
    parts = split(text)
    step = (end - start) / max(len(parts), 1)
    return [
        Word(part, float(start + n * step), float(start + (n + 1) * step))
        for n, part in enumerate(parts)
    ]


def _plain(word: str) -> str:
    """A word without case and punctuation."""
    return "".join(char for char in word.casefold() if char.isalnum())


def _audible(samples: NDArray[np.float32]) -> tuple[int, int]:
    """Where the sound begins and ends, with some silence around it; the same twice if there is
    none.
    """
    import numpy as np

    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    if not loud.size:
        return 0, 0
    edge = round(EDGE_SECONDS * RATE)
    return max(0, int(loud[0]) - edge), min(samples.size, int(loud[-1]) + edge)


def _load(folder: str, threads: int) -> Any:
    # It brings onnxruntime, which reports to its maker unless it is told not to before it is
    # imported.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    with warnings.catch_warnings():
        # Of the libraries' own imports; nothing that a person could act on.
        warnings.simplefilter("ignore")
        whisper = import_module("faster_whisper").WhisperModel
    return whisper(
        folder, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )
