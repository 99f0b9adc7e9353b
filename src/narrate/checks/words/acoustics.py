"""The acoustic model of American English that comes with pocketsphinx (BSD, 6 MB), read from its
files: how well does each frame of a sound fit each part of a phone?

Only the files are used; pocketsphinx itself is not imported.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.errors import EnvironmentProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PARTS = 3
"""A phone has a beginning, a middle and an end; each has its sound, a *senone*."""

STREAMS, DENSITIES, DIMENSIONS = 3, 128, 13
"""Cepstra, speed and acceleration are three streams; a phone has 128 Gaussians for each of them."""

WEIGHT_UNIT = 0.1024
"""A weight is stored as its negative logarithm in this unit, ln(1.0001) × 1024."""

LEAST_VARIANCE = 1e-4
LEAST_LIKELIHOOD = 1e-12

INSIDE, BEGINS, ENDS, ALONE = 0, 1, 2, 3
"""Where a phone stands in its word: the sound of a phone depends on this and on its neighbours."""

SILENCE, NOISE = "SIL", "+NSN+"


def folder() -> Path | None:
    """Where the model is; None without pocketsphinx."""
    spec = find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model" / "en-us" / "en-us"


class AcousticModel:
    """Loads in 0.1 s and holds 25 MB."""

    def __init__(self, place: Path | None = None) -> None:
        """Raises EnvironmentProblem if the model is not there or cannot be read."""
        place = place or folder()
        try:
            if place is None:
                raise FileNotFoundError("pocketsphinx is not installed")
            self._read(place)
        except (OSError, ValueError, struct.error) as error:
            raise EnvironmentProblem(
                f"the acoustic model for the check of words cannot be loaded ({error})",
                where="checks",
                hint="pip install pocketsphinx",
            ) from error

    def _read(self, place: Path) -> None:
        import numpy as np

        self._phones = _Phones.read(place / "mdef")
        count = len(self._phones.names)
        shape = (count, STREAMS, DENSITIES, DIMENSIONS)
        means = _parameters(place / "means", 28, shape)
        widths = 1 / np.maximum(_parameters(place / "variances", 28, shape), LEAST_VARIANCE)
        # A Gaussian as a product: squares of the features times these, features times those.
        self._factors = np.concatenate([-widths / 2, means * widths], axis=-1)
        self._offsets = (np.log(widths / (2 * np.pi)) - means**2 * widths).sum(axis=-1) / 2
        moves = _parameters(place / "transition_matrices", 16, (count, PARTS, PARTS + 1))
        moves = np.log(np.maximum(moves / moves.sum(axis=-1, keepdims=True), LEAST_LIKELIHOOD))
        part = np.arange(PARTS)
        self._stay, self._go = moves[:, part, part], moves[:, part, part + 1]
        weights = np.fromfile(place / "sendump", np.uint8)[-STREAMS * DENSITIES * self.senones :]
        shaped = weights.reshape(STREAMS, DENSITIES, self.senones)
        self._weights = np.exp(-WEIGHT_UNIT * shaped.astype(np.float32))

    @property
    def senones(self) -> int:
        """How many sounds it knows."""
        return len(self._phones.owners)

    @property
    def plain(self) -> range:
        """The senones of phones without context; among them is one that fits any speech."""
        return range(PARTS * len(self._phones.names))

    def sounds(self, phone: str, left: str, right: str, where: int) -> list[int]:
        """The senones of the parts of a phone between two others; those without context if the
        model has not met it there.
        """
        return self._phones.senones(phone, left, right, where)

    def moves(self, phone: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each part of a phone, the log-likelihoods that it goes on and that it ends."""
        number = self._phones.numbers[phone]
        return self._stay[number], self._go[number]

    def scores(self, vectors: NDArray[np.float32], senones: Sequence[int]) -> NDArray[np.float32]:
        """The log-likelihood of each frame for each of these senones: frames × senones."""
        import numpy as np

        frames = len(vectors)
        streams = vectors.reshape(frames, STREAMS, DIMENSIONS)
        squared = np.concatenate([streams**2, streams], axis=-1)
        wanted = np.asarray(senones)
        owners = self._phones.owners[wanted]
        scores = np.zeros((frames, wanted.size), np.float32)
        for phone in np.unique(owners):
            at = np.nonzero(owners == phone)[0]
            for stream in range(STREAMS):
                weights = self._weights[stream][:, wanted[at]]
                scores[:, at] += self._mixed(phone, stream, squared[:, stream], weights)
        return scores

    def _mixed(
        self, phone: int, stream: int, squared: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The log-likelihood of a mixture of one phone's Gaussians for each column of weights."""
        import numpy as np

        each = squared @ self._factors[phone, stream].T + self._offsets[phone, stream]
        best = each.max(axis=1, keepdims=True)
        mixed: NDArray[np.float32] = best + np.log(np.exp(each - best) @ weights + LEAST_LIKELIHOOD)
        return mixed


@dataclass(frozen=True, slots=True)
class _Phones:
    """What phones there are, and which senones they have in which context."""

    names: list[str]
    numbers: dict[str, int]
    contexts: dict[int, int]
    """Where, phone, left and right neighbour as one number: the row in `rows`."""
    rows: NDArray[np.uint16]
    alone: NDArray[np.int32]
    """The row of each phone without context."""
    owners: NDArray[np.int32]
    """The phone of each senone."""

    @classmethod
    def read(cls, path: Path) -> _Phones:
        import numpy as np

        data = path.read_bytes()
        if data[:4] != b"BMDF":
            raise ValueError(f"{path.name} is not a model definition")
        at = 12 + struct.unpack_from("<i", data, 8)[0]
        count, phones, _, _, senones, _, rows, _, tree, _ = struct.unpack_from("<10i", data, at)
        names, at = _strings(data, at + 40, count)
        at += 8 * tree
        entry = np.dtype([("row", "<i4"), ("moves", "<i4"), ("context", "u1", 4)])
        table = np.frombuffer(data, entry, phones, at)
        found = np.frombuffer(data, "<u2", PARTS * rows, at + 12 * phones + 4).reshape(-1, PARTS)
        context = table["context"][count:].astype(np.int64)
        keys = ((context[:, 0] * count + context[:, 1]) * count + context[:, 2]) * count
        owners = np.zeros(senones, np.int32)
        of = np.concatenate([np.arange(count), context[:, 1]])
        owners[found[table["row"]].ravel()] = np.repeat(of, PARTS)
        contexts = dict(
            zip((keys + context[:, 3]).tolist(), table["row"][count:].tolist(), strict=True)
        )
        numbers = {name: number for number, name in enumerate(names)}
        return cls(names, numbers, contexts, found, table["row"][:count], owners)

    def senones(self, phone: str, left: str, right: str, where: int) -> list[int]:
        key, count = where, len(self.names)
        for name in (phone, left, right):
            key = key * count + self.numbers[name]
        row = self.contexts.get(key, self.alone[self.numbers[phone]])
        return [int(senone) for senone in self.rows[row]]


def _strings(data: bytes, at: int, count: int) -> tuple[list[str], int]:
    """So many strings, each ending in a zero, and where the next multiple of four after them is."""
    start, found = at, []
    for _ in range(count):
        end = data.index(b"\0", at)
        found.append(data[at:end].decode())
        at = end + 1
    return found, start + (at - start + 3) // 4 * 4


def _parameters(path: Path, header: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The numbers of a parameter file, after its text and so many bytes that give its shape."""
    import math

    import numpy as np

    data = path.read_bytes()
    start = data.index(b"endhdr\n") + 7 + 4 + header
    return np.frombuffer(data, "<f4", math.prod(shape), start).reshape(shape)
