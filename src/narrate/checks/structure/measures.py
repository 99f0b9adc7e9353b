"""What is measured of a clip. It is stored with the clip, and judged whenever the clip is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from narrate.checks.structure import edges, repeats, silences, spectrum
from narrate.checks.structure.frames import Frames
from narrate.engines.base import Synthesis
from narrate.sound.audio import Recording

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 2
"""Version 1 had nothing below `cancels`."""

SILENT_PEAK = 10 ** (-50 / 20)
"""-50 dBFS: audiobooks must have a noise floor below -60 dBFS RMS (ACX), and speech is more than
10 dB above that.
"""

SILENT_SHARE = 0.98
"""A clip with a larger share below -50 dBFS is a runaway (sgl-project/sglang-omni#1179)."""

CLIPPED_SHARE = 0.001
"""One sample in a thousand at full scale is audible as a crackle; good engines have none."""

SHORTEST = 0.2
"""Seconds: in less, there is nothing but one sound."""


class Measures(msgspec.Struct, frozen=True, omit_defaults=True):
    """Measurements of one synthesis or recording; shares are between 0 and 1, and full scale is a
    peak of 1.

    A recording was turned down by the factor `gain`; with `cancels`, its channels would cancel each
    other out, so only one of them is used.

    From version 2 on: `rate` is in Hz, `offset` the mean of the samples, and `level` that of the
    loud frames in dBFS. All other levels are in dB against `level`: the noise (`floor`) and the
    first 6 ms of sound (`start`). `spread` is how far quiet and loud frames are apart in dB.

    Seconds are `lead` and `tail` (before and after the speech), `spoken` (the speech without its
    pauses), `steady` (the longest sound that does not change) and `repeated` (sound that comes
    again as it is). `gaps` holds pauses: the thousandths of the speech before each, and its
    milliseconds. `dropout` is the height in dB of the edges of a silence that no mouth makes.

    `decay` is how many milliseconds the end takes to fall by 30 dB, `ending` the level of the last
    sound, and `fall` the dB by which it falls at once. `jump` is the greatest change of level in dB
    between two stretches of speech. `skew` is above 0 where sounds begin faster than they end.
    `pitch` is in Hz, 0 if there is none. `shape` is the spectrum: the level in dB of 36 bands
    between 100 Hz and 12 kHz.

    A clip of less than SHORTEST seconds, or with no sound in it, has version 2 and `spoken` 0.
    """

    stop: str
    seconds: float
    peak: float
    silent: float
    clipped: float
    gain: float = 1.0
    cancels: bool = False
    version: int = 1
    rate: int = 0
    offset: float = 0.0
    level: float = 0.0
    floor: float = 0.0
    spread: float = 0.0
    lead: float = 0.0
    tail: float = 0.0
    spoken: float = 0.0
    gaps: tuple[tuple[int, int], ...] = ()
    dropout: float = 0.0
    start: float = 0.0
    decay: int = 0
    ending: float = 0.0
    fall: float = 0.0
    jump: float = 0.0
    skew: float = 0.0
    steady: float = 0.0
    repeated: float = 0.0
    pitch: float = 0.0
    shape: tuple[int, ...] = ()


def measure(sound: Synthesis) -> Measures:
    """Measure a synthesis, which must have samples, all of them finite."""
    import numpy as np

    level = np.abs(sound.samples)
    measures = Measures(
        stop=str(sound.stop),
        seconds=round(level.size / sound.rate, 6),
        peak=round(float(level.max()), 6),
        silent=round(_silent_share(level, sound.rate), 4),
        clipped=round(float(np.mean(level >= 0.9995)), 6),
        version=VERSION,
        rate=sound.rate,
        offset=round(float(sound.samples.mean(dtype=np.float64)), 4),
    )
    if measures.seconds < SHORTEST or measures.peak < SILENT_PEAK:
        return measures
    return _closely(measures, Frames(_stored(sound.samples), sound.rate))


def measure_recording(recording: Recording) -> Measures:
    """Measure a recording as it is used."""
    measures = measure(Synthesis(recording.samples, recording.rate))
    return msgspec.structs.replace(measures, gain=recording.gain, cancels=recording.cancels)


def broken(sound: Synthesis) -> str | None:
    """Why a synthesis is not usable as audio, whatever the checks allow; None if it is."""
    import numpy as np

    if not sound.samples.size:
        return "it is empty"
    if not np.isfinite(sound.samples).all():
        return "it holds samples that are not finite numbers"
    return None


def _closely(measures: Measures, frames: Frames) -> Measures:
    """With what speech alone has."""
    first, last = frames.span
    decay, ending = edges.ending(frames)
    windows = spectrum.bands(frames)
    return msgspec.structs.replace(
        measures,
        level=round(frames.loud, 1),
        floor=round(frames.floor, 1),
        spread=round(frames.spread, 1),
        lead=round(first * frames.step, 3),
        tail=round((frames.relative.size - last) * frames.step, 3),
        spoken=round(silences.spoken(frames), 3),
        gaps=tuple(silences.gaps(frames)),
        dropout=round(silences.dropout(frames), 1),
        start=round(edges.rise(frames), 1),
        decay=decay,
        ending=round(ending, 1),
        fall=round(edges.fall(frames), 1),
        jump=round(edges.jump(frames), 1),
        skew=round(edges.skew(frames), 2),
        steady=spectrum.steady(frames, windows),
        repeated=repeats.repeated(frames.samples, frames.rate),
        pitch=spectrum.pitch(frames),
        shape=tuple(spectrum.shape(windows)),
    )


def _stored(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples as 16 bits hold them, so that a stored clip measures as the synthesis did."""
    import numpy as np

    whole: NDArray[np.float32] = np.rint(np.clip(samples, -1, 32767 / 32768) * np.float32(32768))
    return whole / np.float32(32768)


def _silent_share(level: NDArray[np.float32], rate: int) -> float:
    """The share of 20 ms frames whose peak is below -50 dBFS."""
    import numpy as np

    frame = max(1, rate // 50)
    peaks = np.maximum.reduceat(level, np.arange(0, level.size, frame))
    return float(np.mean(peaks < SILENT_PEAK))
