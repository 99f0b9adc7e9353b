"""The cases that are made of the clips of voices."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from support.trust import faults
from support.trust.clips import Clip
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


def good_cases(voice: Voice) -> Iterator[Case]:
    """The clips of a voice as they are, but for its reference."""
    yield from map(faults.good, voice.clips[:-1])


def bad_cases(voice: Voice, voices: Sequence[Voice], kind: str, most: int) -> Iterator[Case]:
    """Up to `most` cases of a kind, on clips that differ from kind to kind. A clip that cannot have
    the fault is passed over.
    """
    clips = list(voice.clips[:-1])
    random.Random(f"{voice.name}/{kind}").shuffle(clips)
    made = 0
    for place, clip in enumerate(clips):
        if made == most:
            return
        try:
            yield faults.make(kind, clip, hand(voice, voices, clips[place - 1]))
        except Unfit:
            continue
        made += 1


def hand(voice: Voice, voices: Sequence[Voice], donor: Clip) -> Hand:
    """What a fault of a voice is made with."""
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
