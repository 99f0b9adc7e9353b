"""Is it the right voice? A clip is compared with its reference and with the voice's other clips.

Two measures, stored with the clip. The voiceprint (13 numbers, no model, 0.005 of real time on one
core) is compared with the voice's other clips, which share its channel; against a reference, which
has a channel of its own, only its pitch counts. The embedding (256 numbers, 0.015 of real time) is
measured where its network is installed, and is compared with both.

A clip with less than 0.6 s of voiced sound is not judged. What is usual is the median of
at least five clips, so a clip of another voice among them does no harm. It is computed when a clip
is accepted and stored as a `Likeness`, so a clip never fails because others changed.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from narrate.thresholds import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1

VOICED_SECONDS = 0.6
"""In less, the sounds that happen to be there matter more than the voice. It is about one second
of speech: for clips of 0.7 to 1 s, the embeddings of one voice differ as those of two do.
"""

CLIPS = 5
"""From how many clips a median tells what is usual."""

SPREAD = (0.83, 0.66, 0.51, 0.59, 0.49, 0.36, 0.26, 0.27, 0.25, 0.2, 0.15, 0.17, 0.16)
"""The standard deviation of each number of a voiceprint between long clips of one voice: pitch in
semitones, then the cepstra. The mean over eight synthetic voices and a human reader.
"""

TRUST = 20
"""As many clips as `SPREAD` counts for against a voice's own spread."""

UNLIKE = 5.0
"""How many standard deviations of a voiceprint a cosine of 0 counts for."""

BREVITY = 0.7
"""Seconds of voiced sound at which the variance is twice that of a long clip."""


class Speaker(msgspec.Struct, frozen=True, omit_defaults=True):
    """The voice of one clip or recording.

    `voiced` counts seconds of voiced sound. `print` is the voiceprint, rounded to 0.01. `embedding`
    holds 256 signed bytes in base64; it is empty without the network.
    """

    version: int
    voiced: float
    print: tuple[float, ...] = ()
    embedding: str = ""

    @property
    def enough(self) -> bool:
        """Whether there is enough voiced sound to judge by."""
        return self.voiced >= VOICED_SECONDS


class Likeness(msgspec.Struct, frozen=True, omit_defaults=True):
    """How like its reference and the voice's other clips a clip is; None where it is not known.

    `reference` and `usual` are cosines of embeddings, `pitch` is in semitones above the reference,
    and `distance` is that to the usual voiceprint, in standard deviations.
    """

    version: int
    reference: float | None = None
    pitch: float | None = None
    usual: float | None = None
    distance: float | None = None


class Usual(msgspec.Struct, frozen=True):
    """What is usual for a voice: medians of its clips, and the spread of its voiceprints.

    `embedding` has length 1; it is None if fewer than five clips have one.
    """

    print: tuple[float, ...]
    spread: tuple[float, ...]
    embedding: tuple[float, ...] | None = None


def measure(samples: NDArray[np.float32], model: Path | None = None) -> Speaker:
    """Measure the voice of mono samples at 16 kHz, with the network of `embedder.find` if any."""
    from narrate.checks.speaker.voiceprint import voiceprint

    voiced, numbers = voiceprint(samples)
    if voiced < VOICED_SECONDS:
        return Speaker(VERSION, round(voiced, 2))
    rounded = tuple(round(float(number), 2) for number in numbers)
    return Speaker(VERSION, round(voiced, 2), rounded, _embedding(samples, model))


def centre(speakers: Sequence[Speaker]) -> Usual | None:
    """What is usual for the clips of one voice; None if fewer than five are long enough."""
    known = [speaker for speaker in speakers if speaker.enough]
    return Usual(*_middle(known), _direction(known)) if len(known) >= CLIPS else None


def compare(speaker: Speaker, reference: Speaker | None, usual: Usual | None) -> Likeness:
    """How like its reference and the voice's other clips a clip is."""
    if not speaker.enough:
        return Likeness(VERSION)
    against = reference if reference and reference.enough else None
    return Likeness(
        VERSION,
        reference=_cosine(speaker, _vector(against)) if against else None,
        pitch=round(speaker.print[0] - against.print[0], 2) if against else None,
        usual=_cosine(speaker, usual.embedding) if usual else None,
        distance=_distance(speaker, usual) if usual else None,
    )


def judge(likeness: Likeness, thresholds: Thresholds) -> tuple[str, ...]:
    """The reasons for refusing a clip, in words; empty if it passes or nothing is known."""
    checks = (_unlike_usual, _unlike_reference, _off_pitch)
    reasons = (check(likeness, thresholds) for check in checks)
    return tuple(reason for reason in reasons if reason)


def worst(likeness: Likeness, thresholds: Thresholds) -> float:
    """The largest measurement as a share of its threshold: above 1 the clip is refused."""
    unlike, most = _unlike(likeness, thresholds)
    shares = [
        (unlike or 0) / most,
        abs(likeness.pitch or 0) / thresholds.speaker_pitch,
    ]
    if likeness.reference is not None:
        shares.append((1 - likeness.reference) / (1 - thresholds.speaker_reference))
    return max(shares)


def unchecked(speaker: Speaker, likeness: Likeness) -> str | None:
    """Why a clip could not be checked, in words; None if it was."""
    if not speaker.enough:
        return f"it has less than {VOICED_SECONDS} s of voiced sound"
    if likeness == Likeness(VERSION):
        return f"its voice has no reference and fewer than {CLIPS} clips"
    return None


def _unlike(likeness: Likeness, thresholds: Thresholds) -> tuple[float | None, float]:
    """How unlike the voice's other clips a clip is, and how unlike it may be.

    The voiceprint and the embedding err in different places, so they are added up.
    """
    far, like = likeness.distance, likeness.usual
    if far is None or like is None:
        return far, thresholds.speaker_distance
    return far + UNLIKE * (1 - like), thresholds.speaker_unlike


def _unlike_usual(likeness: Likeness, thresholds: Thresholds) -> str | None:
    unlike, most = _unlike(likeness, thresholds)
    if unlike is None or unlike <= most:
        return None
    return (
        f"it does not sound like the voice's other clips (difference {unlike:.1f},"
        f" at most {most:.1f})"
    )


def _unlike_reference(likeness: Likeness, thresholds: Thresholds) -> str | None:
    """By embedding, if there is one."""
    like, least = likeness.reference, thresholds.speaker_reference
    if like is None or like >= least:
        return None
    return f"it does not sound like its reference (similarity {like:.2f}, at least {least:.2f})"


def _off_pitch(likeness: Likeness, thresholds: Thresholds) -> str | None:
    pitch, most = likeness.pitch, thresholds.speaker_pitch
    if pitch is None or abs(pitch) <= most:
        return None
    return (
        f"its pitch is {abs(pitch):.1f} semitones {'above' if pitch > 0 else 'below'} that of its"
        f" reference (at most {most:.1f})"
    )


def _middle(speakers: Sequence[Speaker]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The median voiceprint of clips, and the standard deviation of each number."""
    import numpy as np

    prints = np.array([speaker.print for speaker in speakers])
    middle = np.median(prints, axis=0)
    # 1.4826 times the median deviation is the standard deviation of a normal distribution.
    own = (1.4826 * np.median(np.abs(prints - middle), axis=0)) ** 2
    variance = (len(prints) * own + TRUST * np.square(SPREAD)) / (len(prints) + TRUST)
    return tuple(middle.tolist()), tuple(np.sqrt(variance).tolist())


def _direction(speakers: Sequence[Speaker]) -> tuple[float, ...] | None:
    """The median embedding of clips."""
    import numpy as np

    vectors = [vector for speaker in speakers if (vector := _vector(speaker)) is not None]
    return tuple(_unit(np.median(vectors, axis=0)).tolist()) if len(vectors) >= CLIPS else None


def _distance(speaker: Speaker, usual: Usual) -> float:
    """The distance of a voiceprint in standard deviations, which are larger for short clips."""
    import numpy as np

    deviation = np.subtract(speaker.print, usual.print) / usual.spread
    return round(float(np.sqrt(np.mean(deviation**2) / (1 + BREVITY / speaker.voiced))), 3)


def _embedding(samples: NDArray[np.float32], model: Path | None) -> str:
    """An embedding as it is stored."""
    import numpy as np

    from narrate.checks.speaker import embedder

    if model is None:
        return ""
    vector = embedder.embed(samples, model)
    steps = np.rint(vector * (127 / np.abs(vector).max())).astype(np.int8)
    return binascii.b2a_base64(steps.tobytes(), newline=False).decode()


def _vector(speaker: Speaker) -> NDArray[np.float64] | None:
    """A stored embedding as a vector of length 1, if there is one."""
    import numpy as np

    stored = np.frombuffer(binascii.a2b_base64(speaker.embedding), np.int8).astype(float)
    return _unit(stored) if stored.size else None


def _cosine(
    speaker: Speaker, direction: NDArray[np.float64] | tuple[float, ...] | None
) -> float | None:
    import numpy as np

    vector = _vector(speaker)
    if vector is None or direction is None:
        return None
    return round(float(np.dot(vector, direction)), 3)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    unit: NDArray[np.float64] = vector / (np.linalg.norm(vector) + 1e-12)
    return unit
