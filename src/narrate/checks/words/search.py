"""The likeliest way of a sound through the expected words, which may not be the expected one.

The words are nodes in a row, with word i between the nodes i and i + 1. At a node there may be
silence. A free way may also go on to the next node without its word (left out), go back to any node
before (said again), pass any other sound (not expected), and leave the last word after any of its
phones (cut). Each of these has its price, so a free way that differs from the expected one is the
better one by more than that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from narrate.checks.words.acoustics import PARTS
from narrate.checks.words.states import LEFT_OUT, NEVER, States

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAVE_OUT = 15.0
SAY_AGAIN = 15.0
OTHER = 15.0
"""Prices in nats. At lower ones, a breath or a creak in a pause may count as another sound."""

OTHER_FRAME = 4.0
"""The price of each frame of another sound."""

CUT = 15.0
"""The price of leaving the last word before its end, after which there is only silence."""

SILENCE_FRAME = 0.05

SILENT, ELSE = -1, -2
"""In place of the number of a word."""

_STAYS, _MOVES, _JUMPS, _BEGINS, _BEGINS_LATE = range(5)
_WORD, _SHORT_WORD, _SILENCE, _ELSE = range(4)


class Step(NamedTuple):
    """A word (or SILENT or ELSE) from one frame to before another; `cut` if it breaks off."""

    word: int
    start: int
    end: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """How likely a way is, in nats a whole, and its steps in time."""

    likelihood: float
    steps: tuple[Step, ...]


def find(states: States, *, free: bool) -> Way:
    """The likeliest way, among all of them if `free`, or else through each word in turn.

    A sound that is too short for its words has the likelihood -NEVER and no steps.
    """
    search = _Search(states, free)
    for frame in range(len(states.fits)):
        search.hear(frame)
    return search.way()


class _Search:
    """Goes through a sound frame by frame, and remembers how it came to each place."""

    def __init__(self, states: States, free: bool) -> None:
        import numpy as np

        frames, count = states.fits.shape
        nodes = states.doors.begins.shape[1] + 1
        self.states, self.free = states, free
        self.numbers = np.arange(nodes)
        self.state = np.full(count, -NEVER)
        self.silence, self.other = np.full(nodes, -NEVER), np.full(nodes, -NEVER)
        self.moved = np.zeros((frames, count), np.uint8)
        self.silence_began = np.zeros((frames, nodes), np.bool_)
        self.other_began = np.zeros((frames, nodes), np.bool_)
        self.kinds = np.zeros((frames, nodes), np.uint8)
        self.origins = np.zeros((frames, nodes), np.int64)
        # Where each phone of the last word ends, but for its last one.
        ends = np.arange(states.doors.begins[0, -1], states.doors.ends[0, -1])
        self.cuts = ends[PARTS - 1 :: PARTS]
        self.cut, self.cut_at = -NEVER, (0, 0)
        self.node, _ = self._leap(np.where(self.numbers == 0, 0.0, -NEVER))

    def hear(self, frame: int) -> None:
        """Go on by one frame."""
        self._in_words(frame)
        self._between_words(frame)
        self._to_nodes(frame)
        if self.free and self.cuts.size:
            self._cut(frame)

    def _in_words(self, frame: int) -> None:
        import numpy as np

        states, moved = self.states, self.moved[frame]
        leaves = self.state + states.go
        state = self.state + states.stay
        moves = np.concatenate([[-NEVER], leaves[:-1]])
        moves[states.doors.begins[0]] = -NEVER
        moved[moves > state] = _MOVES
        state = np.maximum(state, moves)
        _take(state, moved, states.jump_to, leaves[states.jump_from] - LEFT_OUT, _JUMPS)
        for door, kind in enumerate((_BEGINS, _BEGINS_LATE)):
            entered = self.node[:-1] - states.doors.begin_costs[door]
            _take(state, moved, states.doors.begins[door], entered, kind)
        self.state = state + states.fits[frame]

    def _between_words(self, frame: int) -> None:
        import numpy as np

        self.silence_began[frame] = self.node > self.silence
        self.silence = np.maximum(self.node, self.silence)
        self.silence += self.states.silence[frame] - SILENCE_FRAME
        if self.free:
            entered = self.node - OTHER
            self.other_began[frame] = entered > self.other
            self.other = np.maximum(entered, self.other) - OTHER_FRAME

    def _to_nodes(self, frame: int) -> None:
        """Every word, silence and other sound may end here."""
        import numpy as np

        states, leaves = self.states, self.state + self.states.go
        ways = np.full((4, self.numbers.size), -NEVER)
        for door, kind in enumerate((_WORD, _SHORT_WORD)):
            ways[kind, 1:] = leaves[states.doors.ends[door]] - states.doors.end_costs[door]
        ways[_SILENCE], ways[_ELSE] = self.silence, self.other
        kinds = ways.argmax(axis=0)
        self.node, origins = self._leap(ways.max(axis=0))
        self.kinds[frame], self.origins[frame] = kinds[origins], origins

    def _cut(self, frame: int) -> None:
        """The last word may break off here, or before, if there has been silence since."""
        leaves = (self.state + self.states.go)[self.cuts]
        best = int(leaves.argmax())
        self.cut += float(self.states.silence[frame]) - SILENCE_FRAME
        if leaves[best] - CUT > self.cut:
            self.cut, self.cut_at = float(leaves[best]) - CUT, (frame, int(self.cuts[best]))

    def _leap(self, node: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Go back to nodes before and on to later ones where that is better, and from where."""
        import numpy as np

        if not self.free:
            return node, self.numbers
        later, after = _running_best(node[::-1])
        back = np.append(later[::-1][1:] - SAY_AGAIN, -NEVER)
        origins = np.where(back > node, np.append(node.size - 1 - after[::-1][1:], 0), self.numbers)
        node = np.maximum(node, back)
        prices = LEAVE_OUT * self.numbers
        ahead, before = _running_best(node + prices)
        return ahead - prices, origins[before]

    def way(self) -> Way:
        """The best way to the last node at the last frame, or to where the last word is cut."""
        last, frame = int(self.numbers[-1]), len(self.kinds) - 1
        likelihood = max(float(self.node[last]), self.cut)
        if likelihood < -NEVER / 2:
            return Way(-NEVER, ())
        steps = self._cut_steps() if likelihood > self.node[last] else self._steps(last, frame)
        return Way(likelihood, tuple(steps)[::-1])

    def _cut_steps(self) -> Iterator[Step]:
        """The steps to where the last word is cut, from the last one to the first."""
        (frame, state), frames = self.cut_at, len(self.kinds)
        last = int(self.numbers[-1]) - 1
        if frame + 1 < frames:
            yield Step(SILENT, frame + 1, frames)
        began = self._word_began(frame, state)
        yield Step(last, began, frame + 1, cut=True)
        yield from self._steps(last, began - 1)

    def _steps(self, node: int, frame: int) -> Iterator[Step]:
        """The steps to a node at a frame, from the last one to the first."""
        while frame >= 0:
            kind, node = int(self.kinds[frame, node]), int(self.origins[frame, node])
            if kind in (_WORD, _SHORT_WORD):
                node -= 1
                began = self._word_began(frame, int(self.states.doors.ends[kind, node]))
                word = node
            else:
                table = self.silence_began if kind == _SILENCE else self.other_began
                began = _last_true(table[: frame + 1, node])
                word = SILENT if kind == _SILENCE else ELSE
            yield Step(word, began, frame + 1)
            frame = began - 1

    def _word_began(self, frame: int, state: int) -> int:
        """The first frame of a word that is in a state at a frame."""
        back = {_STAYS: 0, _MOVES: 1, _JUMPS: 1 + PARTS}
        while (move := int(self.moved[frame, state])) in back:
            state -= back[move]
            frame -= 1
        return frame


def _take(
    state: NDArray[np.float64],
    moved: NDArray[np.uint8],
    places: NDArray[np.int64],
    offered: NDArray[np.float64],
    kind: int,
) -> None:
    """Put what is offered in these places wherever it is better."""
    better = offered > state[places]
    state[places[better]] = offered[better]
    moved[places[better]] = kind


def _running_best(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The greatest value so far at each place, and where the first of them stands."""
    import numpy as np

    best = np.maximum.accumulate(values)
    new = np.append(True, best[1:] > best[:-1])
    return best, np.maximum.accumulate(np.where(new, np.arange(values.size), 0))


def _last_true(values: NDArray[np.bool_]) -> int:
    import numpy as np

    return int(np.flatnonzero(values)[-1])
