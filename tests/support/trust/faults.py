"""Kinds of fault that engines make, put into real speech.

Words are cut out, repeated and moved at the places where they meet, with crossfades of 5 ms, and
where the voice can speak, faults are also spoken by it, so that no edge tells of a cut. Each case
is the same whenever it is made: its chance depends on its kind, voice and number alone.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from narrate.engines.base import StopReason
from support.trust import clips, places, splices
from support.trust.clips import Clip, Line, Token

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

Say = Callable[[Line], "tuple[Samples, int]"]
"""How a voice says a line: samples and rate."""

BREAK_SECONDS = 0.1
"""The silence that many engines put behind the last sound."""


@dataclass(frozen=True)
class Case:
    """A clip with a fault, or a good one, whose kind is "good". `error` is what the engine raised
    in place of samples; `note` says what was done.
    """

    kind: str
    clip: Clip
    samples: Samples
    rate: int
    stop: StopReason = StopReason.END
    error: str = ""
    note: str = ""


@dataclass(frozen=True)
class Hand:
    """What a fault is made with: chance, the voice (None if it is a recording), another clip of it
    to take words from, its reference, and how to have the line from a voice of the same or of the
    other sex.
    """

    chance: random.Random
    say: Say | None
    donor: Clip
    reference: Clip
    same_sex: Callable[[Clip], Clip | None]
    other_sex: Callable[[Clip], Clip | None]


class Unfit(Exception):
    """A clip that cannot have a fault: it has no number, or its voice cannot speak."""


Fault = Callable[[Clip, Hand], "Samples | Case"]
KINDS: dict[str, Fault] = {}


def kind(name: str) -> Callable[[Fault], Fault]:
    """Register a fault under its name."""

    def register(fault: Fault) -> Fault:
        KINDS[name] = fault
        return fault

    return register


def make(name: str, clip: Clip, hand: Hand) -> Case:
    """A clip with a fault of this kind. Raises Unfit."""
    seed = zlib.crc32(f"{name}/{clip.voice}/{clip.number}".encode())
    made = KINDS[name](clip, replace(hand, chance=random.Random(seed)))
    if isinstance(made, Case):
        return replace(made, kind=name)
    return Case(name, clip, made, clip.rate)


def good(clip: Clip) -> Case:
    """A clip without a fault."""
    return Case("good", clip, clip.samples, clip.rate)


# What needs no words.


@kind("exception")
def _exception(clip: Clip, hand: Hand) -> Case:
    return replace(good(clip), samples=clip.samples[:0], error="the engine failed")


@kind("empty")
def _empty(clip: Clip, hand: Hand) -> Samples:
    return clip.samples[:0]


@kind("silence")
def _silence(clip: Clip, hand: Hand) -> Samples:
    return clip.samples * 0


@kind("not a number")
def _not_a_number(clip: Clip, hand: Hand) -> Samples:
    made = clip.samples.copy()
    at = hand.chance.randrange(len(made) // 2)
    made[at : at + hand.chance.choice((1, 100, 5000))] = float("nan")
    return made


@kind("runaway into noise")
def _runaway_noise(clip: Clip, hand: Hand) -> Samples:
    tail = _noise(splices.seconds(clip, hand.chance.uniform(8, 30)), hand)
    return splices.joined(clip, clip.samples, tail * splices.level(clip.samples) * 0.5)


@kind("runaway into silence")
def _runaway_silence(clip: Clip, hand: Hand) -> Samples:
    tail = _noise(splices.seconds(clip, hand.chance.uniform(8, 30)), hand) * 1e-4
    return splices.joined(clip, clip.samples, tail)


@kind("runaway that repeats itself")
def _runaway_repeats(clip: Clip, hand: Hand) -> Samples:
    last = len(clip.words) - 1
    start, end = clip.bounds(max(0, last - hand.chance.randrange(1, 4)), last)
    times = hand.chance.randrange(3, 9)
    return splices.joined(clip, clip.samples, *[clip.samples[start:end]] * times)


@kind("clipped")
def _clipped(clip: Clip, hand: Hand) -> Samples:
    gain = hand.chance.uniform(8, 30) / float(abs(clip.samples).max())
    return (clip.samples * gain).clip(-1, 1)


@kind("quiet")
def _quiet(clip: Clip, hand: Hand) -> Samples:
    return clip.samples * splices.decibels(-hand.chance.uniform(46, 60))


@kind("hole")
def _hole(clip: Clip, hand: Hand) -> Samples:
    """Silence between two words where the text has no pause."""
    word = _choice(hand, [n for n in places.inner(clip) if clip.words[n].text[-1].isalnum()])
    at = clip.bounds(word, word)[1]
    gap = splices.quiet(splices.seconds(clip, hand.chance.uniform(1.0, 2.5)))
    return splices.joined(clip, clip.samples[:at], gap, clip.samples[at:])


@kind("hole over words")
def _dropout(clip: Clip, hand: Hand) -> Samples:
    """Sound that is lost for a while, as when a buffer was not filled."""
    length = splices.seconds(clip, hand.chance.uniform(0.5, 0.9))
    first, last = clip.words[0].end, clip.words[-1].start
    at = hand.chance.randrange(first, max(first + 1, last - length))
    return splices.without(clip, at, at + length)


@kind("hole inside a word")
def _hole_in_word(clip: Clip, hand: Hand) -> Samples:
    word = clip.words[_choice(hand, places.long(clip, 0.3))]
    length = splices.seconds(clip, hand.chance.uniform(0.1, 0.16))
    at = (word.start + word.end - length) // 2
    return splices.without(clip, at, at + length)


@kind("noise at 0 dB")
def _noise_bed(clip: Clip, hand: Hand) -> Samples:
    bed = _noise(len(clip.samples), hand) * splices.level(clip.samples)
    return (clip.samples + bed).clip(-1, 1)


@kind("rate too high")
def _fast(clip: Clip, hand: Hand) -> Case:
    return _played_at(clip, hand.chance.choice((1.5, 2.0)))


@kind("rate too low")
def _slow(clip: Clip, hand: Hand) -> Case:
    return _played_at(clip, hand.chance.choice((0.5, 0.667)))


@kind("rate of 22.05 for 24 kHz")
def _slightly_off(clip: Clip, hand: Hand) -> Case:
    return _played_at(clip, hand.chance.choice((22.05 / 24, 24 / 22.05)))


@kind("reversed")
def _reversed(clip: Clip, hand: Hand) -> Samples:
    return clip.samples[::-1].copy()


@kind("level jump")
def _level_jump(clip: Clip, hand: Hand) -> Samples:
    at = clip.bounds(len(clip.words) // 2, len(clip.words) // 2)[0]
    before, after = clip.samples[:at], clip.samples[at:]
    gain = splices.decibels(-hand.chance.uniform(15, 25))
    parts = (before * gain, after) if hand.chance.random() < 0.5 else (before, after * gain)
    return splices.joined(clip, *parts)


@kind("DC offset")
def _offset(clip: Clip, hand: Hand) -> Samples:
    return clip.samples + hand.chance.choice((-1, 1)) * hand.chance.uniform(0.1, 0.3)


# Other speech.


@kind("gibberish")
def _gibberish(clip: Clip, hand: Hand) -> Samples:
    """The sounds of the text in another order, in pieces of about a syllable."""
    step = splices.seconds(clip, 0.12)
    parts = [clip.samples[at : at + step] for at in range(0, len(clip.samples) - step, step)]
    hand.chance.shuffle(parts)
    return splices.joined(clip, *parts)


@kind("another text")
def _another_text(clip: Clip, hand: Hand) -> Samples:
    return hand.donor.samples


@kind("another voice of the same sex")
def _same_sex(clip: Clip, hand: Hand) -> Case:
    return _of_another(clip, hand.same_sex(clip))


@kind("another voice of the other sex")
def _other_sex(clip: Clip, hand: Hand) -> Case:
    return _of_another(clip, hand.other_sex(clip))


@kind("echo of the reference before")
def _echo_before(clip: Clip, hand: Hand) -> Samples:
    return splices.joined(clip, _some_words(hand.reference, hand), clip.samples)


@kind("echo of the reference after")
def _echo_after(clip: Clip, hand: Hand) -> Samples:
    return splices.joined(clip, clip.samples, _some_words(hand.reference, hand))


# Words that are missing.


@kind("last word cut")
def _last_word(clip: Clip, hand: Hand) -> Samples:
    return _ended(clip, clip.bounds(len(clip.words) - 1, len(clip.words) - 1)[0], hand)


@kind("half of the last word cut")
def _half_last_word(clip: Clip, hand: Hand) -> Samples:
    word = clip.words[-1]
    return _ended(clip, (word.start + word.end) // 2, hand)


@kind("first word cut")
def _first_word(clip: Clip, hand: Hand) -> Samples:
    return clip.samples[clip.bounds(0, 0)[1] :]


@kind("dropped content word, cut")
def _dropped(clip: Clip, hand: Hand) -> Samples:
    start, end = clip.bounds(word := _choice(hand, places.content(clip)), word)
    return splices.joined(clip, clip.samples[:start], clip.samples[end:])


@kind("dropped content word, said")
def _dropped_said(clip: Clip, hand: Hand) -> Case:
    word = _choice(hand, places.content(clip))
    return _edited(clip, hand, clip.line.tokens[:word] + clip.line.tokens[word + 1 :])


@kind("dropped function word")
def _dropped_function(clip: Clip, hand: Hand) -> Case:
    word = _choice(hand, [n for n in places.inner(clip) if places.function(clip, n)])
    if hand.say:
        return _edited(clip, hand, clip.line.tokens[:word] + clip.line.tokens[word + 1 :])
    start, end = clip.bounds(word, word)
    return replace(
        good(clip), samples=splices.joined(clip, clip.samples[:start], clip.samples[end:])
    )


# Words that are others, elsewhere, or too many.


@kind("swapped content word")
def _swapped(clip: Clip, hand: Hand) -> Case:
    word, other = _choice(hand, places.content(clip)), _choice(hand, places.content(hand.donor))
    if places.plain(clip, word) == places.plain(hand.donor, other):
        raise Unfit
    if hand.say:
        tokens = clip.line.tokens
        tokens[word] = hand.donor.line.tokens[other]
        return _edited(clip, hand, tokens)
    start, end = clip.bounds(word, word)
    part = splices.part(hand.donor, other, other)
    samples = splices.joined(clip, clip.samples[:start], part, clip.samples[end:])
    return replace(good(clip), samples=samples)


@kind("transposed words, cut")
def _transposed(clip: Clip, hand: Hand) -> Samples:
    word = _neighbours(clip, hand)
    first, second = splices.part(clip, word, word), splices.part(clip, word + 1, word + 1)
    start, end = clip.bounds(word, word + 1)
    return splices.joined(clip, clip.samples[:start], second, first, clip.samples[end:])


@kind("transposed words, said")
def _transposed_said(clip: Clip, hand: Hand) -> Case:
    word = _neighbours(clip, hand)
    tokens = clip.line.tokens
    tokens[word], tokens[word + 1] = tokens[word + 1], tokens[word]
    return _edited(clip, hand, tokens)


@kind("repeated word, cut")
def _repeated(clip: Clip, hand: Hand) -> Samples:
    start, end = clip.bounds(word := _choice(hand, places.content(clip)), word)
    return splices.joined(clip, clip.samples[:end], clip.samples[start:])


@kind("repeated word, said")
def _repeated_said(clip: Clip, hand: Hand) -> Case:
    word = _choice(hand, places.content(clip))
    return _edited(clip, hand, clip.line.tokens[: word + 1] + clip.line.tokens[word:])


@kind("repeated phrase")
def _repeated_phrase(clip: Clip, hand: Hand) -> Samples:
    first = hand.chance.randrange(0, max(1, len(clip.words) - 3))
    start, end = clip.bounds(first, min(first + 2, len(clip.words) - 1))
    return splices.joined(clip, clip.samples[:end], clip.samples[start:])


@kind("added words")
def _added(clip: Clip, hand: Hand) -> Samples:
    """Two or three words of another line, between two words or behind the last one."""
    at = clip.bounds(word := hand.chance.randrange(1, len(clip.words)), word)[1]
    part = _some_words(hand.donor, hand, fewest=2)
    return splices.joined(clip, clip.samples[:at], part, clip.samples[at:])


@kind("changed number")
def _changed_number(clip: Clip, hand: Hand) -> Case:
    return _said(clip, hand, _changed(clip.line, hand))


# How they are made.


def _noise(length: int, hand: Hand) -> Samples:
    import numpy as np

    chance = np.random.default_rng(hand.chance.randrange(2**32))
    return chance.standard_normal(length).astype(np.float32)


def _ended(clip: Clip, at: int, hand: Hand) -> Samples:
    """A clip that ends early, in most cases followed by silence."""
    pause = splices.seconds(clip, BREAK_SECONDS) if hand.chance.random() < 0.7 else 0
    return splices.joined(clip, clip.samples[:at], splices.quiet(pause))


def _played_at(clip: Clip, factor: float) -> Case:
    return replace(good(clip), rate=round(clip.rate * factor), note=f"{factor:.3f}")


def _of_another(clip: Clip, other: Clip | None) -> Case:
    if other is None:
        raise Unfit
    return replace(good(clip), samples=other.samples, rate=other.rate, note=other.voice)


def _some_words(clip: Clip, hand: Hand, fewest: int = 3) -> Samples:
    """A few words in a row of a clip."""
    count = min(hand.chance.randrange(fewest, fewest + 3), len(clip.words))
    first = hand.chance.randrange(len(clip.words) - count + 1)
    return splices.part(clip, first, first + count - 1)


def _edited(clip: Clip, hand: Hand, tokens: Sequence[Token]) -> Case:
    """Words of a line in another order, or with others, spoken by the voice."""
    texts, spelled = zip(*tokens, strict=True)
    return _said(clip, hand, replace(clip.line, text=" ".join(texts), spelled=" ".join(spelled)))


def _said(clip: Clip, hand: Hand, line: Line) -> Case:
    if not hand.say:
        raise Unfit
    samples, rate = hand.say(line)
    return replace(good(clip), samples=samples, rate=rate, note=line.text)


def _choice(hand: Hand, places: Sequence[int]) -> int:
    if not places:
        raise Unfit
    return hand.chance.choice(places)


def _neighbours(clip: Clip, hand: Hand) -> int:
    """The first of two words with no pause between them, of which one carries a meaning."""
    content = set(places.content(clip))
    pairs = [
        n for n in places.inner(clip)[:-1] if {n, n + 1} & content and places.together(clip, n)
    ]
    return _choice(hand, pairs)


def _changed(line: Line, hand: Hand) -> Line:
    """A line with another number."""
    numbers = [*re.finditer(r"\d+", line.written)]
    if not numbers:
        raise Unfit
    at = hand.chance.choice(numbers)
    other = str(int(at[0]) + hand.chance.choice((1, 2, 10)))
    return clips.line(f"{line.written[: at.start()]}{other}{line.written[at.end() :]}", True)
