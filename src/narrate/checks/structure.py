"""Structural checks: is this sound speech of about the right length? Measured once, judged whenever
it is used.

The measurements are stored with a clip, so that what a lax run let in is judged again by a strict
one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from narrate.engines.base import StopReason, Synthesis
from narrate.sound.pace import bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENT_PEAK = 10 ** (-50 / 20)
"""-50 dBFS: the noise floor asked of audiobooks is -60 dBFS RMS (ACX), and no speech stays 10 dB
above it.
"""

SILENT_SHARE = 0.98
"""More of a clip than this below -50 dBFS is a runaway into silence (sgl-project/sglang-omni#1179).
"""

CLIPPED_SHARE = 0.001
"""One sample in a thousand at full scale is heard as a crackle; a clean engine has none."""


class Measures(msgspec.Struct, frozen=True):
    """What was measured of one synthesis; shares are between 0 and 1, peak is of full scale."""

    stop: str
    seconds: float
    peak: float
    silent: float
    clipped: float


def measure(sound: Synthesis) -> Measures:
    """Measure a synthesis whose samples are finite and at least one."""
    import numpy as np

    level = np.abs(sound.samples)
    return Measures(
        stop=str(sound.stop),
        seconds=round(level.size / sound.rate, 6),
        peak=round(float(level.max()), 6),
        silent=round(_silent_share(level, sound.rate), 4),
        clipped=round(float(np.mean(level >= 0.9995)), 6),
    )


def broken(sound: Synthesis) -> str | None:
    """Why a synthesis is not audio at all, whatever the checks allow; None if it is audio."""
    import numpy as np

    if not sound.samples.size:
        return "it is empty"
    if not np.isfinite(sound.samples).all():
        return "it holds samples that are not finite numbers"
    return None


def judge(measures: Measures, text: str) -> tuple[str, ...]:
    """Every reason for refusing a clip of this text, in words; none means that it passes."""
    shortest, longest = bounds(text)
    verdicts = (
        (measures.stop == StopReason.LENGTH, "the engine ran into its length limit (a runaway)"),
        (measures.peak < SILENT_PEAK, f"it is silent (peak {measures.peak:.4f})"),
        (
            measures.peak >= SILENT_PEAK and measures.silent > SILENT_SHARE,
            f"{measures.silent:.0%} of it is silence",
        ),
        (measures.clipped > CLIPPED_SHARE, f"{measures.clipped:.1%} of its samples are clipped"),
        (
            measures.seconds < shortest,
            f"{measures.seconds:.2f} s is too short for its text (at least {shortest:.2f} s)",
        ),
        (
            measures.seconds > longest,
            f"{measures.seconds:.1f} s is too long for its text (at most {longest:.1f} s)",
        ),
    )
    return tuple(reason for failed, reason in verdicts if failed)


def _silent_share(level: NDArray[np.float32], rate: int) -> float:
    """The share of 20 ms frames whose peak is below -50 dBFS."""
    import numpy as np

    frame = max(1, rate // 50)
    peaks = np.maximum.reduceat(level, np.arange(0, level.size, frame))
    return float(np.mean(peaks < SILENT_PEAK))
