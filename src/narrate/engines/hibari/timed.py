"""hibari's model with one output more: how long it makes each phoneme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.engines.base import Synthesis

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DURATIONS = "/Cast_32_output_0"
"""The node of the model that holds the duration of each phoneme, in units."""

UNIT = 600
"""Samples of a unit, 25 ms."""

EARLY = 3 * UNIT
"""What a model says of a word begins so much before the middle of the space before it, as its
teacher's own word times do.
"""

INT64 = 7
"""The type of the output (ONNX TensorProto.DataType)."""


class Timed:
    """Speaks a text, and says where each of its words lies."""

    def __init__(self, voice: str) -> None:
        from hibari import Hibari
        from hibari.voices import voice_path

        # onnxruntime takes the bytes of a model as well as its path.
        model = with_output(Path(voice_path(voice)).read_bytes(), DURATIONS)
        self.hibari = Hibari(voice=voice, model=model, threads=1)

    def read(self, text: str) -> str:
        """The phonemes of a text. Raises IndexError or ValueError."""
        phonemes: str = self.hibari.g2p(text)
        return phonemes

    def speak(self, text: str, seed: int) -> Synthesis:
        """The sound of a text with its words; the samples are those of hibari itself. Raises as
        `read` does.
        """
        import numpy as np

        chance = np.random.default_rng(seed)
        sounds, words, begin = [], list[tuple[int, int]](), 0
        for phonemes in self.hibari.phonemize(text):
            known = [sign for sign in phonemes if sign in self.hibari.vocab]
            if not known:
                continue
            samples, durations = self._sentence(self.hibari.ids(phonemes), chance)
            words += _words(known, durations, begin, begin + samples.size)
            sounds.append(samples)
            begin += samples.size
        samples = np.concatenate(sounds) if sounds else np.zeros(0, np.float32)
        return Synthesis(samples, self.hibari.sample_rate, words=tuple(words))

    def _sentence(
        self, ids: Sequence[int], chance: np.random.Generator
    ) -> tuple[NDArray[np.float32], list[int]]:
        """The samples of phonemes, and the units of each."""
        import numpy as np
        from hibari import dsp

        speed = np.asarray([1.0], np.float32)
        *outputs, durations = self.hibari.sess.run(
            None, {"ids": np.asarray([ids], np.int64), "speed": speed}
        )
        samples: NDArray[np.float32] = dsp.synth(*(each[0] for each in outputs), chance)
        return samples, [int(each) for each in durations.ravel()]


def _words(
    phonemes: Sequence[str], durations: Sequence[int], begin: int, end: int
) -> Iterator[tuple[int, int]]:
    """Where the words of a sentence lie, in samples from the start of the clip. `durations` have
    one for the silence before and one for that after.
    """
    starts = [begin + UNIT * units for units in accumulate(durations)]
    spaces = [i for i, sign in enumerate(phonemes) if sign == " "]
    for first, last in zip((0, *(i + 1 for i in spaces)), (*spaces, len(phonemes)), strict=True):
        if any(sign.isalpha() for sign in phonemes[first:last]):
            before = starts[first] - UNIT * durations[first] // 2 if first else starts[0]
            after = starts[last] + (UNIT * durations[last + 1] // 2 if last < len(phonemes) else 0)
            yield max(begin, before - EARLY), min(end, after - EARLY)


def with_output(model: bytes, name: str) -> bytes:
    """An ONNX model with one of its nodes among the outputs: protobuf merges what is appended."""
    tensor = _field(1, b"\x08" + _varint(INT64))
    value = _field(1, name.encode()) + _field(2, tensor)
    return model + _field(7, _field(12, value))


def _field(number: int, data: bytes) -> bytes:
    """A field of a protobuf message that holds bytes."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes(encoded) + bytes([number])
