"""Structural checks: is a clip speech of about the right length?

A clip is measured once and judged whenever it is used. The measurements are stored with it, so a
strict run can refuse a clip that a run with `--qa off` accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from narrate.engines.base import StopReason, Synthesis
from narrate.sound.audio import Recording
from narrate.sound.pace import bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENT_PEAK = 10 ** (-50 / 20)
"""-50 dBFS: audiobooks must have a noise floor below -60 dBFS RMS (ACX), and speech is more than
10 dB above that.
"""

SILENT_SHARE = 0.98
"""A clip with a larger share below -50 dBFS is a runaway (sgl-project/sglang-omni#1179)."""

CLIPPED_SHARE = 0.001
"""One sample in a thousand at full scale is audible as a crackle; good engines have none."""

HEARD_SECONDS = 0.05
"""A recording that is shorter is a click."""


class Measures(msgspec.Struct, frozen=True, omit_defaults=True):
    """Measurements of one synthesis or recording; shares are between 0 and 1, and full scale is a
    peak of 1.

    A recording was turned down by the factor `gain`; with `cancels`, its channels would cancel each
    other out, so only one of them is used.
    """

    stop: str
    seconds: float
    peak: float
    silent: float
    clipped: float
    gain: float = 1.0
    cancels: bool = False


def measure(sound: Synthesis) -> Measures:
    """Measure a synthesis, which must have samples, all of them finite."""
    import numpy as np

    level = np.abs(sound.samples)
    return Measures(
        stop=str(sound.stop),
        seconds=round(level.size / sound.rate, 6),
        peak=round(float(level.max()), 6),
        silent=round(_silent_share(level, sound.rate), 4),
        clipped=round(float(np.mean(level >= 0.9995)), 6),
    )


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


def judge(measures: Measures, text: str) -> tuple[str, ...]:
    """The reasons for refusing a clip with this text, in words; empty if it passes."""
    shortest, longest = bounds(text)
    runaway = measures.stop == StopReason.LENGTH
    return _reasons(
        (
            (runaway, "the engine ran into its length limit (a runaway)"),
            *_sound(measures),
            (
                measures.seconds < shortest,
                f"{measures.seconds:.2f} s is too short for its text (at least {shortest:.2f} s)",
            ),
            (
                measures.seconds > longest,
                f"{measures.seconds:.1f} s is too long for its text (at most {longest:.1f} s)",
            ),
        )
    )


def judge_recording(measures: Measures, text: str) -> tuple[str, ...]:
    """The same for a recording and the text that goes with it, if any.

    It may be as long as it likes, as music and pauses are.
    """
    shortest, click = bounds(text)[0], measures.seconds < HEARD_SECONDS
    return _reasons(
        (
            (measures.cancels, "its channels cancel each other out when they are mixed"),
            *_sound(measures),
            (
                click,
                f"{1000 * measures.seconds:.1f} ms is too short to be heard"
                f" (at least {1000 * HEARD_SECONDS:.0f} ms)",
            ),
            (
                not click and measures.seconds < shortest,
                f"{measures.seconds:.2f} s is too short for its text (at least {shortest:.2f} s)",
            ),
        )
    )


Finding = tuple[bool, str]
"""Whether a check failed, and what it then says."""


def _sound(measures: Measures) -> tuple[Finding, ...]:
    """The checks that need no text."""
    return (
        (measures.peak < SILENT_PEAK, f"it is silent (peak {measures.peak:.4f})"),
        (
            measures.peak >= SILENT_PEAK and measures.silent > SILENT_SHARE,
            f"{measures.silent:.0%} of it is silence",
        ),
        (measures.clipped > CLIPPED_SHARE, f"{measures.clipped:.1%} of its samples are clipped"),
    )


def _reasons(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(reason for failed, reason in findings if failed)


def _silent_share(level: NDArray[np.float32], rate: int) -> float:
    """The share of 20 ms frames whose peak is below -50 dBFS."""
    import numpy as np

    frame = max(1, rate // 50)
    peaks = np.maximum.reduceat(level, np.arange(0, level.size, frame))
    return float(np.mean(peaks < SILENT_PEAK))
