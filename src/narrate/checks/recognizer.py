"""What a recording says, by speech recognition: words with their times. Needs the asr extra."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from narrate.base import network
from narrate.errors import EnvironmentProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL = "base"
"""145 MB, many languages. On five LibriVox clips it makes no error, and tiny.en 2.9 % (both int8,
beam of 5).
"""

RATE = 16_000
"""Hz, that Whisper hears."""

INSTALL = "pip install 'narrate-cli[asr]'"

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
    """What was heard as one line and word by word, and in which language (a code such as "en")."""

    text: str
    words: tuple[Word, ...]
    language: str


class Recognizer:
    """A Whisper model, ready to listen."""

    def __init__(
        self,
        model: str = MODEL,
        offline: bool = False,
        on_progress: Callable[[str], object] = lambda message: None,
    ) -> None:
        """Load a model: a folder, the name of a Whisper model such as "tiny.en", or owner/name on
        the hub.

        A model that is not on this machine is fetched, which `on_progress` is told first, unless
        `offline`. Raises EnvironmentProblem.
        """
        if not installed():
            raise EnvironmentProblem(
                "speech recognition is not installed", where="asr", hint=INSTALL
            )
        try:
            self._model: Any = _load(model, offline, on_progress)
        except (OSError, ValueError, RuntimeError) as error:
            away = network.unreachable(error)
            first = str(error).strip().partition("\n")[0]
            reason = f"cannot reach {network.hub_host()}: {away}" if away else first
            raise EnvironmentProblem(
                f"the speech recognition model {model!r} cannot be loaded ({reason})",
                where="asr",
                hint="connect to the network once, or set NARRATE_ASR_MODEL to a folder"
                " that holds a Whisper model",
            ) from error

    def listen(self, samples: NDArray[np.float32], rate: int, language: str | None = None) -> Heard:
        """Transcribe mono samples in a language that the model `hears`, or in a detected one."""
        import soxr

        heard = samples if rate == RATE else soxr.resample(samples, rate, RATE, quality="HQ")
        # At temperature 0 the same recording always says the same. Silence is left out by voice
        # detection, as Whisper makes up words for it.
        found, about = self._model.transcribe(
            heard,
            language=language,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=True,
        )
        segments = list(found)
        words = [part for segment in segments for word in segment.words for part in _parts(word)]
        text = " ".join("".join(segment.text for segment in segments).split())
        return Heard(text, tuple(words), str(about.language))

    def hears(self, language: str | None) -> bool:
        """Whether the model knows a language; None is one that it may detect."""
        return language is None or language in self._model.supported_languages


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
    """Whether the asr extra is there."""
    return find_spec("faster_whisper") is not None


def _plain(word: str) -> str:
    """A word without case and punctuation."""
    return "".join(char for char in word.casefold() if char.isalnum())


def _parts(word: Any) -> list[Word]:
    """A word as it was heard; where it is several in a script without spaces, they share its time
    equally.
    """
    parts = split(word.word)
    step = (word.end - word.start) / max(len(parts), 1)
    return [
        Word(part, float(word.start + n * step), float(word.start + (n + 1) * step))
        for n, part in enumerate(parts)
    ]


def _load(model: str, offline: bool, on_progress: Callable[[str], object]) -> Any:
    # It brings onnxruntime, which reports to its maker unless it is told not to before it is
    # imported.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    with warnings.catch_warnings():
        # Of the libraries' own imports; nothing that a person could act on.
        warnings.simplefilter("ignore")
        whisper = import_module("faster_whisper").WhisperModel
    load = partial(
        whisper, model, device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1
    )
    try:
        return load(local_files_only=True)
    except FileNotFoundError:
        if offline:
            raise
    on_progress(f"fetching the speech recognition model {model!r}")
    return load()
