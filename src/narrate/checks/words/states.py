"""The expected words as a row of states, three a phone, and how well each frame fits each state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from narrate.checks.words.acoustics import (
    ALONE,
    BEGINS,
    ENDS,
    INSIDE,
    NOISE,
    PARTS,
    SILENCE,
    AcousticModel,
)
from narrate.checks.words.features import Features
from narrate.checks.words.pronouncer import Phone, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEFT_OUT = 3.0
"""What it costs to leave out a phone that voices leave out, in nats: as much as a frame that fits
badly.
"""

ACCENT = 2.0
"""What a frame costs that fits a phone but not beside its neighbours, in nats: every voice has such
frames, and another word has more of them.
"""

NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Doors:
    """Each word begins in one of two states and ends in one of two, at a cost: 2 × words. The
    second one passes over its first or last phone, and costs NEVER if that is not optional.
    """

    begins: NDArray[np.int64]
    begin_costs: NDArray[np.float64]
    ends: NDArray[np.int64]
    end_costs: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class States:
    """Log-likelihoods in nats, each less that of the sound of speech that fits its frame best:
    `fits` has a row a frame and a column a state, `silence` a number a frame.

    `stay` and `go` say how likely a state stays and how likely it ends. `doors` says where
    words begin and end, and over the optional phone after the state `jump_from` a way may jump to
    the state `jump_to`.
    """

    fits: NDArray[np.float32]
    silence: NDArray[np.float32]
    stay: NDArray[np.float64]
    go: NDArray[np.float64]
    doors: Doors
    jump_from: NDArray[np.int64]
    jump_to: NDArray[np.int64]


def states(model: AcousticModel, sound: Features, words: Sequence[Word]) -> States:
    """The states of at least one word for a sound."""
    import numpy as np

    phones = [phone for word in words for phone in word.phones]
    sounds = list(chain.from_iterable(_sounds(model, words)))
    plain = list(chain.from_iterable(_plain(model, phone) for phone in phones))
    quiet = sorted({*model.sounds(*_around(SILENCE)), *model.sounds(*_around(NOISE))})
    needed = sorted({*chain.from_iterable(sounds), *model.plain})
    scores = model.scores(sound.vectors, needed)
    best = scores.max(axis=1, keepdims=True)
    scores -= best
    silence = np.where(sound.quiet, 0, scores[:, np.searchsorted(needed, quiet)].max(axis=1))
    moves = [model.moves(phone.names[0]) for phone in phones]
    return States(
        np.maximum(
            _fits(scores, [np.searchsorted(needed, each) for each in sounds]),
            _fits(scores, [np.searchsorted(needed, each) for each in plain]) - ACCENT,
        ),
        silence.astype(np.float32),
        np.concatenate([stay for stay, _ in moves]).astype(np.float64),
        np.concatenate([go for _, go in moves]).astype(np.float64),
        _doors(words),
        *_jumps(words),
    )


def _around(phone: str) -> tuple[str, str, str, int]:
    return phone, SILENCE, SILENCE, INSIDE


def _sounds(model: AcousticModel, words: Sequence[Word]) -> list[list[list[int]]]:
    """For each phone and each of its parts, the senones that count as right."""
    ends = [SILENCE, *(word.phones[-1].names[0] for word in words)]
    starts = [*(word.phones[0].names[0] for word in words[1:]), SILENCE]
    return [
        sound
        for word, left, right in zip(words, ends, starts, strict=False)
        for sound in [
            _of_phone(model, word.phones, at, left, right) for at in range(len(word.phones))
        ]
    ]


def _of_phone(
    model: AcousticModel, phones: Sequence[Phone], at: int, left: str, right: str
) -> list[list[int]]:
    """The senones of a phone's parts; beside another word there may be silence as well."""
    first, last = at == 0, at == len(phones) - 1
    lefts = (left, SILENCE) if first else (phones[at - 1].names[0],)
    rights = (right, SILENCE) if last else (phones[at + 1].names[0],)
    where = ALONE if first and last else BEGINS if first else ENDS if last else INSIDE
    found = [
        model.sounds(name, before, after, where)
        for name in phones[at].names
        for before in lefts
        for after in rights
    ]
    return _parts(found)


def _plain(model: AcousticModel, phone: Phone) -> list[list[int]]:
    """The senones of a phone's parts as it sounds alone."""
    return _parts([model.sounds(*_around(name)) for name in phone.names])


def _parts(sounds: Sequence[Sequence[int]]) -> list[list[int]]:
    return [sorted({sound[part] for sound in sounds}) for part in range(PARTS)]


def _fits(scores: NDArray[np.float32], columns: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
    """For each state, the best of its columns."""
    import numpy as np

    most = max(map(len, columns))
    table = np.array([np.resize(each, most) for each in columns])
    fits = scores[:, table[:, 0]]
    for column in range(1, most):
        np.maximum(fits, scores[:, table[:, column]], out=fits)
    return fits


def _doors(words: Sequence[Word]) -> Doors:
    import numpy as np

    lengths = np.array([PARTS * len(word.phones) for word in words])
    ends = np.cumsum(lengths) - 1
    begins = ends + 1 - lengths
    late = np.array([len(word.phones) > 1 and word.phones[0].optional for word in words])
    early = np.array([len(word.phones) > 1 and word.phones[-1].optional for word in words])
    none = np.zeros(len(words))
    return Doors(
        np.stack([begins, np.where(late, begins + PARTS, begins)]),
        np.stack([none, np.where(late, LEFT_OUT, NEVER)]),
        np.stack([ends, np.where(early, ends - PARTS, ends)]),
        np.stack([none, np.where(early, LEFT_OUT, NEVER)]),
    )


def _jumps(words: Sequence[Word]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Over optional phones inside of words."""
    import numpy as np

    over, at = list[int](), 0
    for word in words:
        inside = range(1, len(word.phones) - 1)
        over += [at + PARTS * phone for phone in inside if word.phones[phone].optional]
        at += PARTS * len(word.phones)
    first = np.array(over, np.int64)
    return first - 1, first + PARTS
