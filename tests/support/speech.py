"""Real speech for tests: the embedded voice, and a person from LibriVox."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from hibari import Hibari
from numpy.typing import NDArray

from narrate.engines.base import Synthesis

REFERENCE = Path(__file__).parents[2] / "examples/voice_ref"

LINES = (
    "The boy was there when the sun rose over the old harbour.",
    "The loop runs twelve times, and then it stops.",
    "A request that is unchanged and has no clip was pruned or damaged.",
    "The entry C I J equals the sum of A I K times B K J.",
    "Help the woman get back to her feet. She has come a long way.",
    "The server answered with status four hundred four after two seconds.",
)


@cache
def spoken(text: str) -> Synthesis:
    """A text as hibari says it; the samples must not be changed."""
    found = _voice()(text, seed=0)
    found.setflags(write=False)
    return Synthesis(found, 24_000)


@cache
def reader() -> tuple[Synthesis, str]:
    """A person who reads, and the text."""
    samples, rate = soundfile.read(REFERENCE / "ref.wav", dtype="float32")
    return Synthesis(samples, rate), (REFERENCE / "ref.txt").read_text("utf-8").strip()


def speech(sound: Synthesis) -> tuple[int, int]:
    """The samples between which a voice is at a tenth of its peak."""
    loud = np.flatnonzero(np.abs(sound.samples) > 0.1 * np.abs(sound.samples).max())
    return int(loud[0]), int(loud[-1])


def vowel(sound: Synthesis, share: float) -> int:
    """A sample in the middle of a loud sound, the first after a share of the speech."""
    first, last = speech(sound)
    size = sound.rate // 50
    begin = first + int(share * (last - first))
    power = sound.samples[begin : begin + 60 * size].reshape(-1, size).std(1)
    return begin + int(np.argmax(power > 0.8 * power.max())) * size + size // 2


def noise(size: int, level: float) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, level, size).astype("float32")


@cache
def _voice() -> Hibari:
    return Hibari()
