"""Hears with any speech-to-text model of mlx-audio, in a worker.

Whisper has been run, with a small model of random weights. Parakeet, Qwen3-ASR, Voxtral and GLM-ASR
have not: only their interface is tested.
"""

from __future__ import annotations

import inspect
import math
import os
import tempfile
import wave
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from narrate.base import languages
from narrate.engines.base import ModelRef, Transcript, Unusable
from narrate.engines.mlx import CAPABILITIES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CAPABILITIES", "Engine"]

RATE = 16_000
"""Hz, that all these models hear."""

TOKENS_PER_SECOND = 25
"""More than any of them needs: speech has 3 to 7 tokens a second, and Voxtral Realtime writes 12.5
whether anybody speaks or not. Some stop at 128 by default, which is less than a minute of speech.
"""

ALWAYS = {
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "word_timestamps": True,
    # As for faster-whisper; see `checks.recognizer.NO_SPEECH`.
    "no_speech_threshold": 0.6,
    "logprob_threshold": None,
    "compression_ratio_threshold": None,
}
"""What a model gets of this if it has such a parameter: the same samples give the same words."""


class Engine:
    """One model, which MLX can use only in the thread that loaded it."""

    def load(self, model: ModelRef) -> None:
        """Load a model from a folder. Raises Unusable if a part of it is missing."""
        os.environ["HF_HUB_OFFLINE"] = "1"
        from mlx_audio.stt import load

        self._model: Any = load(model.name)
        # mlx-audio only warns if Whisper's tokenizer is missing, and fails when it is to listen.
        if getattr(self._model, "_processor", self) is None:
            raise Unusable(f"{model.name} has no tokenizer that mlx-audio can load")
        self._parameters = inspect.signature(self._model.generate).parameters

    def hear(self, samples: NDArray[np.float32], language: str | None) -> Transcript:
        """What is said in mono samples at 16 kHz."""
        # The name of a file is the only kind of input that every model takes.
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "clip.wav")
            _write(path, samples)
            result = self._model.generate(path, **self._options(samples.size / RATE, language))
        return Transcript(
            text=" ".join(str(result.text).split()),
            language=_language(result, language),
            words=list(_words(result)),
        )

    def close(self) -> None:
        """Let go of the model."""
        del self._model

    def _options(self, seconds: float, language: str | None) -> dict[str, Any]:
        """The arguments for a clip, as far as the model has such parameters."""
        wanted: dict[str, Any] = {
            **ALWAYS,
            "max_tokens": 100 + math.ceil(TOKENS_PER_SECOND * seconds),
        }
        if named := self._named(language):
            wanted |= dict.fromkeys(("language", "source_lang", "target_lang"), named)
        return {name: value for name, value in wanted.items() if name in self._parameters}

    def _named(self, language: str | None) -> str | None:
        """A language as the model calls it: Qwen3-ASR lists English names, others take codes."""
        listed = getattr(getattr(self._model, "config", None), "support_languages", None)
        if language is None or not listed:
            return language
        names = {name.lower(): name for name in listed}
        return names.get(languages.NAMES.get(languages.base(language), ""))


def _write(path: str, samples: NDArray[np.float32]) -> None:
    import numpy as np

    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype(np.int16).tobytes())


def _language(result: Any, wanted: str | None) -> str:
    """The code of the language that was heard. Some results name it in English, or chunk by
    chunk.
    """
    found = getattr(result, "language", None)
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, str):
        return wanted or ""
    return languages.CODES.get(first.lower(), first.lower())


def _words(result: Any) -> Iterator[tuple[str, float, float]]:
    """The words with their times, as Whisper gives them in segments, and Parakeet as tokens."""
    for segment in getattr(result, "segments", None) or ():
        for word in segment.get("words") or ():
            yield _timed(str(word["word"]), word["start"], word["end"])
    for sentence in getattr(result, "sentences", None) or ():
        yield from _joined(sentence.tokens)


def _joined(tokens: Any) -> Iterator[tuple[str, float, float]]:
    """The words of a sentence; a token that begins with a space begins a word."""
    word: list[Any] = []
    for token in tokens:
        if word and token.text[:1].isspace():
            yield _word(word)
            word = []
        word.append(token)
    if word:
        yield _word(word)


def _word(tokens: list[Any]) -> tuple[str, float, float]:
    return _timed("".join(token.text for token in tokens), tokens[0].start, tokens[-1].end)


def _timed(text: str, start: float, end: float) -> tuple[str, float, float]:
    return text.strip(), round(float(start), 3), round(float(end), 3)
