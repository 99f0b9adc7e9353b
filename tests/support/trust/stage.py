"""The voices of the bench with their clips, and the cases that are made of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from support.trust import faults
from support.trust.clips import Clip, Line, Word
from support.trust.faults import Case, Hand, Say, Unfit


@dataclass(frozen=True)
class Voice:
    """A voice with its clips. `say` is None for a recording; the last clip is its reference."""

    name: str
    sex: str
    say: Say | None
    clips: Sequence[Clip]

    @property
    def reference(self) -> Clip:
        return self.clips[-1]


def good_cases(voices: Sequence[Voice], most: int) -> Iterator[Case]:
    """The clips of each voice as they are, but for its reference."""
    for voice in voices:
        yield from map(faults.good, voice.clips[:-1][:most])


def bad_cases(
    voices: Sequence[Voice], most: int, kinds: Sequence[str] = tuple(faults.KINDS)
) -> Iterator[Case]:
    """Up to `most` cases of each kind and voice, on clips that differ from kind to kind."""
    for voice in voices:
        for kind in kinds:
            yield from _cases(voice, voices, most, kind)


def _cases(voice: Voice, voices: Sequence[Voice], most: int, kind: str) -> Iterator[Case]:
    """Cases of a kind. A clip that cannot have the fault is passed over."""
    clips = list(voice.clips[:-1])
    random.Random(f"{voice.name}/{kind}").shuffle(clips)
    made = 0
    for place, clip in enumerate(clips):
        if made == most:
            return
        try:
            yield faults.make(kind, clip, _hand(voice, voices, clips[place - 1]))
        except Unfit:
            continue
        made += 1


def _hand(voice: Voice, voices: Sequence[Voice], donor: Clip) -> Hand:
    others = [each for each in voices if each.name != voice.name]
    same = [each for each in others if each.sex == voice.sex]
    other = [each for each in others if each.sex != voice.sex]
    return Hand(
        chance=random.Random(),
        say=voice.say,
        donor=donor,
        reference=voice.reference,
        same_sex=partial(_same_line, same),
        other_sex=partial(_same_line, other),
    )


def _same_line(voices: Sequence[Voice], clip: Clip) -> Clip | None:
    """The line of a clip, said by the first of these voices that has said it or can say it."""
    for voice in voices:
        for each in voice.clips:
            if each.line.text == clip.line.text:
                return each
        if voice.say is not None:
            return Clip(voice.name, clip.number, clip.line, *voice.say(clip.line), words=())
    return None


def load(folder: Path, number: int) -> Clip:
    """A clip that `save` kept. Raises FileNotFoundError."""
    import soundfile

    about = json.loads((folder / f"{number:03d}.json").read_text(encoding="utf-8"))
    samples, rate = soundfile.read(folder / f"{number:03d}.wav", dtype="float32")
    words = tuple(
        Word(word, round(start * rate), round(end * rate)) for word, start, end in about["words"]
    )
    line = Line(about["written"], about["text"], about["spelled"], about["technical"])
    return Clip(folder.name, number, line, samples, rate, words)


def save(clip: Clip, folder: Path) -> None:
    """Keep a clip as a WAV file, with its line and the times of its words beside it."""
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{clip.number:03d}.wav"
    soundfile.write(path, clip.samples, clip.rate, subtype="FLOAT")
    seconds = [
        [word.text, round(word.start / clip.rate, 5), round(word.end / clip.rate, 5)]
        for word in clip.words
    ]
    about = {
        "text": clip.line.text,
        "written": clip.line.written,
        "spelled": clip.line.spelled,
        "technical": clip.line.technical,
        "words": seconds,
    }
    path.with_suffix(".json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
